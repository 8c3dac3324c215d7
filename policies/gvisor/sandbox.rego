# What gVisor's runsc is told about its sandbox.
package ringwall.controls.gvisor.sandbox

import data.ringwall.lib.gvisor
import data.ringwall.lib.judge

# METADATA
# title: "No flags for debugging"
# description: >-
#   Debug logs and strace write what programs of the container pass to the kernel, passwords included, into files of the host;
#   profiling loosens the sandbox's own seccomp filter, and TESTONLY flags switch protections off.
# custom:
#   id: GVS-002
#   severity: high
#   family: CTR
#   always: true
#   facts: ["flags"]
#   safe: "no --debug, --strace, --profile, --log-packets or --TESTONLY-*"
#   default: "none"
#   remediation: "Remove them from runtimeArgs in daemon.json and from [runsc_config] in runsc.toml"
#   disable:
#     how: "\"runtimeArgs\": [\"--debug\", \"--debug-log=/tmp/runsc/\"] in a runtime of its own name, used for one container"
#     restart: "daemon reload; containers made from then on; those that run are stopped and run again"
#     rollback: "remove that runtime; reload docker"
#   messages:
#     safe: "runsc has no flag for debugging"
#     unsafe: "runsc is started with {found}"
#   source: "gVisor, runsc/config/flags.go"
gvs_002 := judge.unreadable(["flags"]) if not judge.readable("flags")

else := judge.fail("unsafe", {"found": gvisor.debugging}, ["flags"]) if gvisor.debugging != []

else := judge.pass("safe", {}, ["flags"])

# METADATA
# title: "Containers do not set flags"
# description: >-
#   With the override every annotation dev.gvisor.flag.NAME of a container changes the sandbox it runs in: who may start a
#   container may switch its protections off.
# custom:
#   id: GVS-003
#   severity: high
#   family: CTR
#   always: true
#   facts: ["flag.allow-flag-override"]
#   safe: "false"
#   default: "false"
#   remediation: >-
#     Remove --allow-flag-override from runtimeArgs in daemon.json and allow-flag-override from [runsc_config] in runsc.toml
#   disable:
#     how: "--allow-flag-override in a runtime of its own name, used for debugging"
#     restart: "daemon reload; containers made from then on; those that run are stopped and run again"
#     rollback: "remove it; reload docker"
#   messages:
#     safe: "Annotations of a container do not change the sandbox"
#     unsafe: "Annotations of a container change the sandbox's flags"
#   source: "gVisor, runsc/config/flags.go"
gvs_003 := judge.one_of("flag.allow-flag-override", {false}, false)

# METADATA
# title: "Network stack in the sandbox"
# description: >-
#   With --network=host the container's packets go through the host's network stack, a large part of the kernel that gVisor is
#   there to keep away.
# custom:
#   id: GVS-004
#   severity: high
#   family: CTR
#   always: true
#   facts: ["flag.network"]
#   safe: "sandbox or none"
#   default: "sandbox"
#   remediation: "Remove --network from runtimeArgs in daemon.json and network from [runsc_config] in runsc.toml"
#   disable:
#     how: "--network=host for the named container, by a runtime of its own name"
#     restart: "containers made from then on; those that run are stopped and run again"
#     rollback: "--network=sandbox"
#   messages:
#     safe: "The container's network stack is in the sandbox ({found})"
#     unsafe: "The container uses the host's network stack ({found})"
#   source: "gVisor, runsc/config/flags.go"
gvs_004 := judge.one_of("flag.network", {"sandbox", "none"}, "sandbox")

# METADATA
# title: "Local sockets of the host closed"
# description: >-
#   A mounted folder may hold sockets of the host, the engine's own among them; with host-uds the sandbox connects to them or
#   makes new ones.
# custom:
#   id: GVS-005
#   severity: high
#   family: CTR
#   always: true
#   facts: ["flag.host-uds", "flag.fsgofer-host-uds"]
#   safe: "none"
#   default: "none"
#   remediation: >-
#     Remove --host-uds (in old versions --fsgofer-host-uds) from runtimeArgs in daemon.json and from [runsc_config] in runsc.toml
#   disable:
#     how: "--host-uds=open for the named container, by a runtime of its own name"
#     restart: "containers made from then on; those that run are stopped and run again"
#     rollback: "--host-uds=none"
#   messages:
#     safe: "The sandbox does not use local sockets of the host"
#     unsafe: "The sandbox uses local sockets of the host ({found})"
#   source: "gVisor, runsc/config/flags.go"
gvs_005 := judge.fail("unsafe", {"found": "fsgofer-host-uds"}, ["flag.fsgofer-host-uds"]) if judge.value("flag.fsgofer-host-uds") == true

else := judge.one_of("flag.host-uds", {"none"}, "none")

# METADATA
# title: "Named pipes of the host closed"
# description: "A named pipe in a mounted folder leads to whatever program of the host reads it."
# custom:
#   id: GVS-006
#   severity: medium
#   family: CTR
#   always: true
#   facts: ["flag.host-fifo"]
#   safe: "none"
#   default: "none"
#   remediation: "Remove --host-fifo from runtimeArgs in daemon.json and host-fifo from [runsc_config] in runsc.toml"
#   disable:
#     how: "--host-fifo=open for the named container, by a runtime of its own name"
#     restart: "containers made from then on; those that run are stopped and run again"
#     rollback: "--host-fifo=none"
#   messages:
#     safe: "The sandbox does not open named pipes of the host"
#     unsafe: "The sandbox opens named pipes of the host ({found})"
#   source: "gVisor, runsc/config/flags.go"
gvs_006 := judge.one_of("flag.host-fifo", {"none"}, "none")

# METADATA
# title: "Raw sockets off"
# description: "With raw sockets a container forges packets of its neighbours: answers of ARP and DNS, addresses of senders."
# custom:
#   id: GVS-007
#   severity: medium
#   family: CTR
#   always: true
#   facts: ["flag.net-raw"]
#   safe: "false"
#   default: "false"
#   remediation: "Remove --net-raw from runtimeArgs in daemon.json and net-raw from [runsc_config] in runsc.toml"
#   disable:
#     how: "--net-raw for the named container, by a runtime of its own name"
#     restart: "containers made from then on; those that run are stopped and run again"
#     rollback: "--net-raw=false"
#   messages:
#     safe: "The container makes no packets of its own"
#     unsafe: "The container may forge packets"
#   source: "gVisor, runsc/config/flags.go"
gvs_007 := judge.one_of("flag.net-raw", {false}, false)

# METADATA
# title: "No direct access to filesystems where isolation comes first"
# description: >-
#   With directfs the sandbox opens files itself, which is faster and needs more calls of the host's kernel. Without it a separate
#   process does, and a sandbox that was taken over holds no way to a file.
# custom:
#   id: GVS-008
#   severity: low
#   family: CTR
#   facts: ["flag.directfs"]
#   safe: "false where gvisor_directfs is forbidden"
#   default: "true"
#   remediation: "--directfs=false in runtimeArgs in daemon.json, directfs = \"false\" under [runsc_config] in runsc.toml"
#   disable:
#     how: "--directfs=true for the named container, by a runtime of its own name"
#     restart: "containers made from then on; those that run are stopped and run again"
#     rollback: "--directfs=false"
#   messages:
#     safe: "A process outside the sandbox opens files"
#     unsafe: "The sandbox opens files of the host itself"
#     allowed: "This site accepts direct access to filesystems"
#   source: "gVisor, runsc/config/flags.go; gVisor, g3doc/user_guide/filesystem.md"
gvs_008 := judge.parameter_not_set("gvisor_directfs", ["flag.directfs"]) if not judge.parameter("gvisor_directfs")

else := judge.not_applicable("allowed", {}, ["flag.directfs"]) if judge.parameter("gvisor_directfs") == "allowed"

else := judge.one_of("flag.directfs", {false}, true)

# METADATA
# title: "Set-user-ID programs gain nothing"
# description: "A set-user-ID program in the image is the usual way from an ordinary user of a container to its root."
# custom:
#   id: GVS-009
#   severity: medium
#   family: CTR
#   always: true
#   facts: ["flag.allow-suid"]
#   safe: "false"
#   default: "false"
#   remediation: "Remove --allow-suid from runtimeArgs in daemon.json and allow-suid from [runsc_config] in runsc.toml"
#   disable:
#     how: "--allow-suid for the named container, by a runtime of its own name"
#     restart: "containers made from then on; those that run are stopped and run again"
#     rollback: "--allow-suid=false"
#   messages:
#     safe: "Set-user-ID programs gain nothing in the sandbox"
#     unsafe: "Set-user-ID programs gain their owner's rights in the sandbox"
#   source: "gVisor, runsc/config/flags.go"
gvs_009 := judge.one_of("flag.allow-suid", {false}, false)

# METADATA
# title: "Known platform"
# description: "systrap and kvm are what gVisor's developers test and mend; ptrace is kept for old systems and is slow."
# custom:
#   id: GVS-010
#   severity: info
#   family: CTR
#   always: true
#   facts: ["flag.platform"]
#   safe: "systrap or kvm"
#   default: "systrap"
#   remediation: "Remove --platform from runtimeArgs in daemon.json and platform from [runsc_config] in runsc.toml"
#   disable:
#     how: "--platform=ptrace where neither of the others works"
#     restart: "containers made from then on; those that run are stopped and run again"
#     rollback: "--platform=systrap"
#   messages:
#     safe: "Calls are caught by {found}"
#     unsafe: "Calls are caught by {found}, which is no longer kept up"
#   source: "gVisor, runsc/config/flags.go"
gvs_010 := judge.one_of("flag.platform", {"systrap", "kvm"}, "systrap")

# METADATA
# title: "Limits enforced by control groups"
# description: "With ignore-cgroups memory, processor and process limits of the container hold for nobody (DKR-017 to DKR-019)."
# custom:
#   id: GVS-011
#   severity: medium
#   family: CTR
#   always: true
#   facts: ["flag.ignore-cgroups"]
#   safe: "false"
#   default: "false"
#   remediation: "Remove --ignore-cgroups from runtimeArgs in daemon.json and ignore-cgroups from [runsc_config] in runsc.toml"
#   disable:
#     how: "--ignore-cgroups where no control group can be made"
#     restart: "containers made from then on; those that run are stopped and run again"
#     rollback: "--ignore-cgroups=false"
#   messages:
#     safe: "Limits of the container hold"
#     unsafe: "Limits of the container do not hold"
#   source: "gVisor, runsc/config/flags.go"
gvs_011 := judge.one_of("flag.ignore-cgroups", {false}, false)

# METADATA
# title: "No proxy to the GPU driver"
# description: >-
#   nvproxy hands calls of the container on to NVIDIA's driver in the host's kernel: a large interface that gVisor otherwise keeps
#   away.
# custom:
#   id: GVS-012
#   severity: medium
#   family: CTR
#   always: true
#   facts: ["flag.nvproxy", "flag.nvproxy-allow-unsupported-driver"]
#   safe: "false; a use that is needed is waived by name"
#   default: "false"
#   remediation: "Remove --nvproxy from runtimeArgs in daemon.json and from [runsc_config] in runsc.toml"
#   disable:
#     how: "--nvproxy in a runtime of its own name, for the containers that have a waiver"
#     restart: "containers made from then on; those that run are stopped and run again"
#     rollback: "--nvproxy=false"
#   messages:
#     safe: "No call of the container reaches the GPU's driver"
#     unsafe: "Calls of the container are handed on to the GPU's driver"
#     unsupported: "Calls are handed on to a GPU driver of a version that gVisor does not know"
#   source: "gVisor, runsc/config/flags.go"
gvs_012 := judge.unreadable(["flag.nvproxy", "flag.nvproxy-allow-unsupported-driver"]) if {
	not judge.all_readable(["flag.nvproxy", "flag.nvproxy-allow-unsupported-driver"])
}

else := judge.fail("unsupported", {}, ["flag.nvproxy-allow-unsupported-driver"]) if judge.value("flag.nvproxy-allow-unsupported-driver") == true

else := judge.one_of("flag.nvproxy", {false}, false)

# METADATA
# title: "Writes stay in the sandbox"
# description: >-
#   The overlay keeps what the container writes to its root in a file or in memory. Without it each write is one to the host's
#   filesystem, through its drivers.
# custom:
#   id: GVS-013
#   severity: low
#   family: CTR
#   always: true
#   facts: ["flag.overlay2", "flag.overlay"]
#   safe: "root:self or all:memory (also root:memory, all:self, with or without a size)"
#   default: "root:self"
#   remediation: "Remove --overlay2 from runtimeArgs in daemon.json and from [runsc_config] in runsc.toml"
#   disable:
#     how: "--overlay2=none for the named container, by a runtime of its own name"
#     restart: "containers made from then on; those that run are stopped and run again"
#     rollback: "remove the flag"
#   messages:
#     safe: "Writes to the root stay in the sandbox ({found})"
#     unsafe: "Writes of the container go to the host's filesystem ({found})"
#   source: "gVisor, runsc/config/flags.go"
gvs_013 := judge.pass("safe", {"found": "overlay"}, ["flag.overlay"]) if judge.value("flag.overlay") == true

else := judge.unreadable(["flag.overlay2"]) if not judge.readable("flag.overlay2")

else := judge.pass("safe", {"found": judge.effective("flag.overlay2", "root:self")}, ["flag.overlay2"]) if gvisor.kept(judge.effective("flag.overlay2", "root:self"))

else := judge.fail("unsafe", {"found": judge.value("flag.overlay2")}, ["flag.overlay2"])
