# What a container's processes may do: privileges, capabilities, filters of system calls, confinement, user.
package ringwall.controls.container.privileges

import data.ringwall.lib.container
import data.ringwall.lib.judge

# METADATA
# title: "No privileged container"
# description: >-
#   A privileged container has every capability and every device of the host and runs without seccomp and AppArmor. Its root is
#   the host's root: mounting the host's disk takes one command.
# custom:
#   id: DKR-001
#   severity: critical
#   family: CTR
#   facts: ["privileged", "object"]
#   safe: "false"
#   default: "false"
#   remediation: "Run the container without --privileged; give it the one capability (--cap-add) or device (--device) that it needs"
#   disable:
#     how: >-
#       docker run --privileged for the named container only; it also drops the seccomp profile, AppArmor and device limits.
#       Narrower: --cap-add X, --device D, --security-opt
#     restart: "stop, remove and run the container again (docker update cannot change it)"
#     rollback: "remove and run again without --privileged; docker inspect shows HostConfig.Privileged false"
#   messages:
#     safe: "The container is not privileged"
#     unsafe: "The container is privileged: its root is the root of the host"
#     image: "An image does not decide this; it is given when a container is made from it"
#   source: >-
#     docker-bench-security ff26d67 (CIS Docker Benchmark 5.5); Docker Engine API, ContainerInspect; of a bundle every device,
#     SYS_ADMIN and no seccomp together count as privileged
#   key50: 49
dkr_001 := container.image if container.is_image

else := judge.one_of("privileged", {false}, false)

# METADATA
# title: "Processes cannot gain privileges (no-new-privileges)"
# description: >-
#   A set-user-ID program in the image, sudo or su among them, makes an ordinary process of the container its root. With
#   no_new_privs the kernel refuses that at every execve.
# custom:
#   id: DKR-002
#   severity: high
#   family: CTR
#   facts: ["no_new_privileges", "object"]
#   safe: "no-new-privileges in the container's security options"
#   default: "not set"
#   remediation: "docker run --security-opt no-new-privileges; for all new containers \"no-new-privileges\": true in daemon.json"
#   disable:
#     how: "docker run without the option, or --security-opt no-new-privileges=false under a daemon that sets it for all"
#     restart: "stop, remove and run the container again (docker update cannot change it)"
#     rollback: "run again with --security-opt no-new-privileges; docker inspect shows it in HostConfig.SecurityOpt"
#   messages:
#     safe: "Processes of the container cannot gain privileges"
#     unsafe: "A set-user-ID program in the container gives root: no-new-privileges is not set"
#     image: "An image does not decide this; it is given when a container is made from it"
#   source: >-
#     docker-bench-security ff26d67 (CIS Docker Benchmark 5.26); Docker Engine API, ContainerInspect; Linux,
#     Documentation/userspace-api/no_new_privs.rst
dkr_002 := container.image if container.is_image

else := judge.one_of("no_new_privileges", {true}, false)

# METADATA
# title: "System calls filtered (seccomp not unconfined)"
# description: >-
#   The usual profile keeps some 40 calls from a container that most escapes from containers to the kernel began with: keyctl,
#   bpf, mount, userfaultfd, new namespaces. Unconfined, each of them is reachable.
# custom:
#   id: DKR-004
#   severity: critical
#   family: CTR
#   facts: ["seccomp", "privileged", "object"]
#   safe: "no seccomp=unconfined; a profile of one's own that filters passes"
#   default: "the engine's default profile"
#   remediation: >-
#     Remove --security-opt seccomp=unconfined; give a profile of your own where the default refuses a call that is needed
#   disable:
#     how: >-
#       --security-opt seccomp=unconfined for the named container. Narrower: --security-opt seccomp=PROFILE.json that adds the
#       missing calls
#     restart: "stop, remove and run the container again"
#     rollback: "remove and run again without the option; SecurityOpt holds no seccomp=unconfined"
#   messages:
#     default: "System calls are filtered by the engine's default profile"
#     profile: "System calls are filtered by the profile {found}"
#     unconfined: "No system call is filtered: seccomp is unconfined"
#     privileged: "No system call is filtered: the container is privileged and names no profile"
#     image: "An image does not decide this; it is given when a container is made from it"
#   source: >-
#     docker-bench-security ff26d67 (CIS Docker Benchmark 5.22); Docker Engine API, ContainerInspect; moby
#     daemon/seccomp_linux.go; a profile whose every action is SCMP_ACT_ALLOW counts as unconfined
#   key50: 50
dkr_004 := container.image if container.is_image

else := judge.unreadable(["seccomp"]) if not judge.readable("seccomp")

else := judge.fail("unconfined", {}, ["seccomp"]) if judge.value("seccomp") == "unconfined"

else := judge.pass("profile", {"found": judge.value("seccomp")}, ["seccomp"]) if judge.present("seccomp")

else := judge.unreadable(["privileged"]) if not judge.readable("privileged")

else := judge.fail("privileged", {}, ["privileged"]) if judge.value("privileged") == true

else := judge.pass("default", {}, ["seccomp"])

# METADATA
# title: "AppArmor profile on"
# description: >-
#   The profile docker-default denies a container writes to /proc and /sys, mounts and ptrace of what lies outside, also to its
#   root. Without a profile only capabilities and seccomp stand between a mistake in the kernel's interfaces and the host.
# custom:
#   id: DKR-005
#   severity: high
#   family: CTR
#   facts: ["apparmor", "selinux", "status", "object"]
#   safe: "a profile, not unconfined; where the site says so, SELinux in its place"
#   default: "docker-default where the host has AppArmor"
#   remediation: >-
#     Remove --security-opt apparmor=unconfined; on hosts without AppArmor install it, or confine with SELinux and set
#     container_mac
#   disable:
#     how: >-
#       --security-opt apparmor=unconfined. Narrower: a profile of your own with the one rule that is missing, loaded with
#       apparmor_parser
#     restart: "stop, remove and run the container again (docker update cannot change it)"
#     rollback: "run again without the option; docker inspect shows AppArmorProfile docker-default"
#   messages:
#     profile: "The container runs under the AppArmor profile {found}"
#     unconfined: "AppArmor does not confine the container"
#     none: "The container has no AppArmor profile"
#     notStarted: "The container was never started; its profile is chosen then"
#     selinux: "SELinux confines the container in the place of AppArmor"
#     image: "An image does not decide this; it is given when a container is made from it"
#   source: "docker-bench-security ff26d67 (CIS Docker Benchmark 5.2); Docker Engine API, ContainerInspect"
dkr_005 := container.image if container.is_image

else := judge.unreadable(["apparmor"]) if not judge.readable("apparmor")

else := judge.fail("unconfined", {}, ["apparmor"]) if judge.value("apparmor") == "unconfined"

else := judge.pass("profile", {"found": judge.value("apparmor")}, ["apparmor"]) if judge.present("apparmor")

else := judge.not_applicable("selinux", {}, ["selinux"]) if {
	container.suffices("selinux")
	container.labelled
}

else := judge.missing("notStarted", {}, ["apparmor", "status"]) if judge.value("status") == "created"

else := judge.fail("none", {}, ["apparmor"])

# METADATA
# title: "SELinux label on"
# description: >-
#   SELinux keeps a container's processes to files that carry its own label, so that a path out of the container still ends at the
#   label. label=disable lets them reach whatever their user may.
# custom:
#   id: DKR-006
#   severity: high
#   family: CTR
#   facts: ["selinux", "apparmor", "status", "object"]
#   safe: "a label, or AppArmor in its place unless the site confines by SELinux; no label=disable"
#   default: "on where the daemon has selinux-enabled, which Debian and Ubuntu do not"
#   remediation: "\"selinux-enabled\": true in daemon.json on a host with SELinux; remove --security-opt label=disable"
#   disable:
#     how: >-
#       --security-opt label=disable. Narrower: --security-opt label=type:TYPE with a type that has the missing rule, or the z and
#       Z options of a mount
#     restart: "stop, remove and run the container again (docker update cannot change it)"
#     rollback: "run again without the option; docker inspect shows a ProcessLabel"
#   messages:
#     label: "The container runs under the label {found}"
#     disabled: "The label is switched off with label=disable"
#     none: "The container has no SELinux label"
#     notStarted: "The container was never started; its label is chosen then"
#     apparmor: "AppArmor confines the container in the place of SELinux"
#     image: "An image does not decide this; it is given when a container is made from it"
#   source: "docker-bench-security ff26d67 (CIS Docker Benchmark 5.3); Docker Engine API, ContainerInspect"
dkr_006 := container.image if container.is_image

else := judge.unreadable(["selinux"]) if not judge.readable("selinux")

else := judge.fail("disabled", {}, ["selinux"]) if judge.value("selinux").disabled

else := judge.pass("label", {"found": judge.value("selinux").label}, ["selinux"]) if container.labelled

else := judge.not_applicable("apparmor", {}, ["apparmor"]) if {
	container.needs_no_label
	container.profiled
}

else := judge.missing("notStarted", {}, ["selinux", "status"]) if judge.value("status") == "created"

else := judge.fail("none", {}, ["selinux"])

# METADATA
# title: "Capabilities restricted"
# description: >-
#   Each added capability is a part of root. SYS_ADMIN, SYS_MODULE, SYS_PTRACE, NET_ADMIN, BPF and ALL are enough by themselves to
#   leave the container or to take over the host's network.
# custom:
#   id: DKR-007
#   severity: high
#   family: CTR
#   facts: ["capabilities.added", "privileged", "object"]
#   safe: "none added beyond container_capabilities; never ALL, SYS_ADMIN, SYS_MODULE, SYS_PTRACE, NET_ADMIN or BPF"
#   default: "none added; 14 are kept by default"
#   remediation: "docker run --cap-drop ALL --cap-add NEEDED; name capabilities that a site accepts in container_capabilities"
#   disable:
#     how: "docker run --cap-add X for the named container only, with --cap-drop ALL before it"
#     restart: "stop, remove and run the container again (docker update cannot change it)"
#     rollback: "run again without --cap-add; docker inspect shows HostConfig.CapAdd null"
#   messages:
#     none: "No capability is added"
#     allowed: "Only accepted capabilities are added: {found}"
#     unsafe: "Capabilities are added: {found}"
#     privileged: "The container is privileged and has every capability"
#     image: "An image does not decide this; it is given when a container is made from it"
#   source: >-
#     docker-bench-security ff26d67 (CIS Docker Benchmark 5.4); Docker Engine API, ContainerInspect; capabilities(7); of a bundle
#     what lies beyond Docker's 14 usual ones counts as added
dkr_007 := container.image if container.is_image

else := judge.fail("privileged", {}, ["privileged"]) if judge.value("privileged") == true

else := judge.unreadable(["capabilities.added", "privileged"]) if not judge.all_readable(["capabilities.added", "privileged"])

else := judge.pass("none", {}, ["capabilities.added"]) if judge.empty("capabilities.added")

else := judge.fail("unsafe", {"found": container.refused_capabilities}, ["capabilities.added"]) if container.refused_capabilities != []

else := judge.pass("allowed", {"found": judge.value("capabilities.added")}, ["capabilities.added"])

# METADATA
# title: "Processes are not root"
# description: >-
#   Without user namespaces the root of a container is the root of the host behind the other fences; a file descriptor or mount
#   that leaks is then enough. An ordinary user has little to do with what leaks.
# custom:
#   id: DKR-022
#   severity: high
#   family: CTR
#   always: true
#   facts: ["user", "object"]
#   safe: "not empty, not 0, not root"
#   default: "empty: root"
#   remediation: "USER 10001 in the image, or docker run -u 10001:10001"
#   disable:
#     how: "USER root in the image or docker run -u 0 for the named container"
#     restart: "stop, remove and run the container again (docker update cannot change it)"
#     rollback: "run again with the user; docker inspect shows it in Config.User"
#   messages:
#     safe: "Processes run as {found}"
#     root: "Processes run as root ({found})"
#     unset: "No user is named: processes run as root"
#   source: "docker-bench-security ff26d67 (CIS Docker Benchmark 4.1); Docker Engine API, ContainerInspect and ImageInspect"
dkr_022 := judge.unreadable(["user"]) if not judge.readable("user")

else := judge.fail("unset", {}, ["user"]) if judge.empty("user")

else := judge.fail("root", {"found": judge.value("user")}, ["user"]) if container.is_root(judge.value("user"))

else := judge.pass("safe", {"found": judge.value("user")}, ["user"])

# METADATA
# title: "runsc runs what is not trusted"
# description: >-
#   runc shares the host's kernel with the container, so that one mistake in the kernel is the way out. gVisor's runsc puts a
#   kernel of its own between them. Which containers need that is the site's choice.
# custom:
#   id: GVS-001
#   severity: high
#   family: CTR
#   platform: gvisor
#   facts: ["runtime", "object"]
#   safe: "runsc for each container named in untrusted_containers"
#   default: "runc"
#   remediation: "docker run --runtime=runsc; or \"default-runtime\": \"runsc\" in daemon.json"
#   disable:
#     how: "docker run --runtime=runc for the named container, after it was taken out of untrusted_containers"
#     restart: "stop, remove and run the container again"
#     rollback: "run again with --runtime=runsc; docker inspect shows HostConfig.Runtime runsc"
#   messages:
#     safe: "The container runs in gVisor ({found})"
#     unsafe: "The container is not trusted and runs on the host's kernel ({found})"
#     trusted: "The container is trusted and may run on the host's kernel"
#     image: "An image does not decide this; it is given when a container is made from it"
#     bundle: "An OCI bundle does not hold this; the engine that starts it decides"
#   source: "gVisor, g3doc/user_guide/quick_start/docker.md; Docker Engine API, HostConfig.Runtime"
gvs_001 := container.image if container.is_image

else := container.bundle if container.is_bundle

else := judge.unreadable(["runtime"]) if not judge.readable("runtime")

else := judge.pass("safe", {"found": judge.value("runtime")}, ["runtime"]) if contains(judge.effective("runtime", "runc"), "runsc")

else := judge.parameter_not_set("untrusted_containers", ["runtime"]) if not judge.parameter("untrusted_containers")

else := judge.not_applicable("trusted", {}, ["runtime"]) if not container.untrusted

else := judge.fail("unsafe", {"found": judge.effective("runtime", "runc")}, ["runtime"])

# METADATA
# title: "Root filesystem read-only"
# description: >-
#   Whoever gets into a process of the container brings tools along and changes programs. On a read-only root that does not stay,
#   and much of it does not work.
# custom:
#   id: DKR-010
#   severity: medium
#   family: CTR
#   facts: ["rootfs.readonly", "object"]
#   safe: "true"
#   default: "false"
#   remediation: "docker run --read-only with --tmpfs or volumes for the folders that are written"
#   disable:
#     how: "docker run without --read-only"
#     restart: "stop, remove and run the container again (docker update cannot change it)"
#     rollback: "run again with --read-only; docker inspect shows HostConfig.ReadonlyRootfs true"
#   messages:
#     safe: "The root filesystem is read-only"
#     unsafe: "The root filesystem can be written"
#     image: "An image does not decide this; it is given when a container is made from it"
#   source: "docker-bench-security ff26d67 (CIS Docker Benchmark 5.13); Docker Engine API, ContainerInspect"
dkr_010 := container.image if container.is_image

else := judge.one_of("rootfs.readonly", {true}, false)
