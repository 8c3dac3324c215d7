# What Docker's daemon is told about every container.
package ringwall.controls.docker.daemon

import data.ringwall.lib.docker
import data.ringwall.lib.judge

# METADATA
# title: "Daemon-wide no-new-privileges"
# description: "Set once in the daemon it holds for every new container, also for those that nobody thought about (DKR-002)."
# custom:
#   id: DKR-003
#   severity: medium
#   family: CTR
#   facts: ["daemon.no-new-privileges", "engine"]
#   safe: "true"
#   default: "false"
#   remediation: "\"no-new-privileges\": true in /etc/docker/daemon.json"
#   disable:
#     how: "\"no-new-privileges\": false in daemon.json"
#     restart: "daemon restart; new containers only, existing ones have to be made again"
#     rollback: "\"no-new-privileges\": true; restart docker"
#   messages:
#     safe: "New containers cannot gain privileges"
#     unsafe: "New containers can gain privileges unless each says otherwise"
#     other: "{engine} has no such setting"
#   source: "docker-bench-security ff26d67 (CIS Docker Benchmark 2.14); docs.docker.com, dockerd"
dkr_003 := docker.other if docker.is_other

else := judge.one_of("daemon.no-new-privileges", {true}, false)

# METADATA
# title: "Root of containers remapped (userns-remap)"
# description: "With the remapping root of a container is an ordinary number on the host, so that what breaks out owns nothing there."
# custom:
#   id: DKR-026
#   severity: high
#   family: CTR
#   facts: ["daemon.userns-remap", "rootless", "engine"]
#   safe: "default, or a user; or an engine without root"
#   default: "not set"
#   remediation: "\"userns-remap\": \"default\" in /etc/docker/daemon.json; images and containers are stored anew below another root"
#   disable:
#     how: "remove \"userns-remap\" from daemon.json"
#     restart: >-
#       daemon restart; it looks into another storage root: images and containers made before are not seen until it is set back
#     rollback: "\"userns-remap\": \"default\"; restart docker"
#   messages:
#     safe: "Root of containers is another user of the host ({found})"
#     unsafe: "Root of containers is root of the host"
#     rootless: "The engine itself runs without root"
#     other: "{engine} has no such setting"
#   source: "docker-bench-security ff26d67 (CIS Docker Benchmark 2.9); docs.docker.com, dockerd"
dkr_026 := docker.other if docker.is_other

else := judge.pass("rootless", {}, ["rootless"]) if judge.value("rootless") == true

else := judge.unreadable(["daemon.userns-remap"]) if not judge.readable("daemon.userns-remap")

else := judge.fail("unsafe", {}, ["daemon.userns-remap"]) if judge.empty("daemon.userns-remap")

else := judge.pass("safe", {"found": judge.value("daemon.userns-remap")}, ["daemon.userns-remap"])

# METADATA
# title: "Traffic between containers of the default bridge off"
# description: >-
#   On the default bridge every container reaches every port of every other one. Without icc only links and networks of one's own
#   connect them.
# custom:
#   id: DKR-027
#   severity: medium
#   family: CTR
#   facts: ["daemon.icc", "engine"]
#   safe: "false"
#   default: "true"
#   remediation: "\"icc\": false in /etc/docker/daemon.json; networks of one's own for containers that work together"
#   disable:
#     how: "\"icc\": true in daemon.json"
#     restart: "daemon restart; containers stop with it unless live-restore is on"
#     rollback: "\"icc\": false; restart docker"
#   messages:
#     safe: "Containers of the default bridge do not reach each other"
#     unsafe: "Containers of the default bridge reach each other"
#     other: "{engine} has no such setting"
#   source: "docker-bench-security ff26d67 (CIS Docker Benchmark 2.2); docs.docker.com, dockerd"
dkr_027 := docker.other if docker.is_other

else := judge.one_of("daemon.icc", {false}, true)

# METADATA
# title: "Daemon's API only with client certificates"
# description: >-
#   Whoever reaches the API starts a privileged container and is root of the host. Over TCP only the check of a client's
#   certificate says who it is; scanners look for port 2375 all day.
# custom:
#   id: DKR-028
#   severity: critical
#   family: CTR
#   facts: ["conf.hosts", "argv.hosts", "socket.tcp", "daemon.tlsverify", "api.warnings", "daemon.conflicts", "engine"]
#   safe: "no tcp:// listener, or tlsverify true"
#   default: "the local socket only"
#   remediation: "Remove tcp:// from hosts in daemon.json and from -H in the unit; reach the daemon by SSH (docker -H ssh://HOST)"
#   disable:
#     how: >-
#       tcp:// with tlsverify, CA, certificate and key. Set it in a systemd drop-in: a hosts key in daemon.json next to -H in the
#       unit stops the daemon from starting
#     restart: "daemon restart"
#     rollback: "remove the drop-in; systemctl daemon-reload; restart docker; nothing listens on 2375 or 2376"
#   messages:
#     local: "Nothing but local sockets leads to the daemon"
#     verified: "The daemon listens at {found} and asks clients for a certificate"
#     open: "Whoever reaches {found} is root of the host"
#     conflict: >-
#       Nothing but local sockets is named; {found} stands in daemon.json and on the command line, and the daemon will not start
#       with it
#     other: "{engine} has no such setting"
#   source: >-
#     docker-bench-security ff26d67 (CIS Docker Benchmark 2.7); docs.docker.com, dockerd, "Daemon socket option" and "Daemon
#     configuration file"; moby daemon/info.go (warnings)
dkr_028 := docker.other if docker.is_other

else := judge.fail("open", {"found": judge.value("api.warnings")}, ["api.warnings"]) if judge.present("api.warnings")

else := judge.pass("local", {}, ["api.warnings"]) if judge.absent("api.warnings")

else := judge.fail("open", {"found": docker.listeners}, docker.listener_facts) if {
	docker.listeners != []
	judge.readable("daemon.tlsverify")
	not judge.value("daemon.tlsverify") == true
}

else := judge.unreadable(["daemon.tlsverify"]) if {
	docker.listeners != []
	not judge.readable("daemon.tlsverify")
}

else := judge.unreadable(docker.host_facts) if not judge.all_readable(docker.host_facts)

else := judge.pass("verified", {"found": docker.listeners}, docker.listener_facts) if docker.listeners != []

else := judge.pass("conflict", {"found": judge.value("daemon.conflicts")}, ["daemon.conflicts"]) if judge.present("daemon.conflicts")

else := judge.pass("local", {}, docker.host_facts)

# METADATA
# title: "No insecure registries"
# description: >-
#   From a registry without a checked certificate whoever sits between delivers the image, and the daemon runs it as root.
# custom:
#   id: DKR-029
#   severity: high
#   family: CTR
#   facts: ["daemon.insecure-registries", "engine"]
#   safe: "empty"
#   default: "empty"
#   remediation: "Remove \"insecure-registries\" from daemon.json; put the registry's CA into /etc/docker/certs.d/HOST:PORT/ca.crt"
#   disable:
#     how: "\"insecure-registries\": [\"HOST:PORT\"] in daemon.json for the named registry only"
#     restart: "daemon reload (systemctl reload docker)"
#     rollback: "remove the entry; reload docker"
#   messages:
#     safe: "Every registry's certificate is checked"
#     unsafe: "Registries without a check of their certificate: {found}"
#     other: "{engine} has no such setting"
#   source: "docker-bench-security ff26d67 (CIS Docker Benchmark 2.5); docs.docker.com, dockerd"
dkr_029 := docker.other if docker.is_other

else := judge.nothing("daemon.insecure-registries")

# METADATA
# title: "Userland proxy off"
# description: >-
#   For each mapped port the daemon starts a program that copies every byte and hides the client's address. The kernel's own rules
#   do the same without it.
# custom:
#   id: DKR-030
#   severity: low
#   family: CTR
#   facts: ["daemon.userland-proxy", "engine"]
#   safe: "false"
#   default: "true"
#   remediation: "\"userland-proxy\": false in /etc/docker/daemon.json"
#   disable:
#     how: "\"userland-proxy\": true in daemon.json"
#     restart: "daemon restart; containers stop with it unless live-restore is on"
#     rollback: "\"userland-proxy\": false; restart docker"
#   messages:
#     safe: "Ports are mapped by the kernel alone"
#     unsafe: "A program of the daemon stands behind each mapped port"
#     other: "{engine} has no such setting"
#   source: "docker-bench-security ff26d67 (CIS Docker Benchmark 2.16); docs.docker.com, dockerd"
dkr_030 := docker.other if docker.is_other

else := judge.one_of("daemon.userland-proxy", {false}, true)

# METADATA
# title: "Live restore on"
# description: "Containers that outlive a restart of the daemon let it be patched at once, in place of at the next quiet night."
# custom:
#   id: DKR-031
#   severity: low
#   family: CTR
#   facts: ["daemon.live-restore", "swarm", "engine"]
#   safe: "true, but for a node of a swarm"
#   default: "false"
#   remediation: "\"live-restore\": true in /etc/docker/daemon.json; reload docker"
#   disable:
#     how: "\"live-restore\": false in daemon.json"
#     restart: "daemon reload (systemctl reload docker)"
#     rollback: "\"live-restore\": true; reload docker"
#   messages:
#     safe: "Containers outlive a restart of the daemon"
#     unsafe: "Containers end when the daemon is restarted"
#     swarm: "The engine is a node of a swarm, which excludes it"
#     other: "{engine} has no such setting"
#   source: "docker-bench-security ff26d67 (CIS Docker Benchmark 2.15); docs.docker.com, dockerd"
dkr_031 := docker.other if docker.is_other

else := judge.not_applicable("swarm", {}, ["swarm"]) if judge.value("swarm") == "active"

else := judge.one_of("daemon.live-restore", {true}, false)

# METADATA
# title: "Log level info"
# description: "Above info the daemon does not say what it was asked to do; debug writes requests with their contents."
# custom:
#   id: DKR-032
#   severity: low
#   family: CTR
#   facts: ["daemon.log-level", "daemon.debug", "engine"]
#   safe: "info, and debug off"
#   default: "info"
#   remediation: "\"log-level\": \"info\" in daemon.json, and no \"debug\": true"
#   disable:
#     how: "\"log-level\": \"error\" in daemon.json"
#     restart: "daemon restart (log-level is not in the reload list)"
#     rollback: "\"log-level\": \"info\"; restart docker"
#   messages:
#     safe: "The daemon records what it is asked to do"
#     unsafe: "The daemon's log level is {found}"
#     debug: "The daemon runs with debug on"
#     other: "{engine} has no such setting"
#   source: "docker-bench-security ff26d67 (CIS Docker Benchmark 2.3); docs.docker.com, dockerd"
dkr_032 := docker.other if docker.is_other

else := judge.fail("debug", {}, ["daemon.debug"]) if judge.value("daemon.debug") == true

else := judge.one_of("daemon.log-level", {"info"}, "info")

# METADATA
# title: "Logs leave the host"
# description: >-
#   With json-file or local the logs of a container lie beside it: whoever breaks out deletes them, and they end with the
#   container.
# custom:
#   id: DKR-033
#   severity: medium
#   family: CTR
#   facts: ["daemon.log-driver", "engine"]
#   safe: "syslog, journald, fluentd, gelf or another driver that sends them on"
#   default: "json-file"
#   remediation: "\"log-driver\": \"journald\" in daemon.json with forwarding, or syslog, fluentd, gelf"
#   disable:
#     how: "\"log-driver\": \"json-file\" in daemon.json"
#     restart: "daemon restart (log-driver is not in the reload list); existing containers keep theirs until they are made again"
#     rollback: "restore the driver; restart docker"
#   messages:
#     safe: "Logs of containers go to {found}"
#     unsafe: "Logs of containers stay beside them or are dropped ({found})"
#     other: "{engine} has no such setting"
#   source: "docker-bench-security ff26d67 (CIS Docker Benchmark 2.13); docs.docker.com, dockerd"
dkr_033 := docker.other if docker.is_other

else := judge.none_of("daemon.log-driver", {"json-file", "local", "none"}, "json-file")

# METADATA
# title: "Authorization plugin set"
# description: "Without a plugin everybody who may use the API may do everything with it; there is no right to look at logs alone."
# custom:
#   id: DKR-034
#   severity: medium
#   family: CTR
#   facts: ["daemon.authorization-plugins", "engine"]
#   safe: "at least one plugin"
#   default: "none"
#   remediation: "\"authorization-plugins\": [\"PLUGIN\"] in daemon.json; reload docker"
#   disable:
#     how: "remove \"authorization-plugins\" from daemon.json"
#     restart: "daemon reload (systemctl reload docker)"
#     rollback: "\"authorization-plugins\": [\"PLUGIN\"]; reload docker"
#   messages:
#     safe: "Calls of the API are decided by {found}"
#     unsafe: "Whoever may use the API may do everything"
#     other: "{engine} has no such setting"
#   source: "docker-bench-security ff26d67 (CIS Docker Benchmark 2.12); docs.docker.com, dockerd"
dkr_034 := docker.other if docker.is_other

else := judge.unreadable(["daemon.authorization-plugins"]) if not judge.readable("daemon.authorization-plugins")

else := judge.fail("unsafe", {}, ["daemon.authorization-plugins"]) if judge.empty("daemon.authorization-plugins")

else := judge.pass("safe", {"found": judge.value("daemon.authorization-plugins")}, ["daemon.authorization-plugins"])

# METADATA
# title: "Experimental features off"
# description: >-
#   Experimental features change and disappear without notice, and mistakes in them are not always treated as security defects.
# custom:
#   id: DKR-035
#   severity: low
#   family: CTR
#   facts: ["daemon.experimental", "engine"]
#   safe: "false"
#   default: "false"
#   remediation: "Remove \"experimental\" from daemon.json and --experimental from the unit"
#   disable:
#     how: "\"experimental\": true in daemon.json"
#     restart: "daemon restart; containers stop with it unless live-restore is on"
#     rollback: "\"experimental\": false; restart docker"
#   messages:
#     safe: "Experimental features are off"
#     unsafe: "Experimental features are on"
#     other: "{engine} has no such setting"
#   source: "docker-bench-security ff26d67 (CIS Docker Benchmark 2.18); docs.docker.com, dockerd"
dkr_035 := docker.other if docker.is_other

else := judge.one_of("daemon.experimental", {false}, false)

# METADATA
# title: "Firewall rules kept by the daemon"
# description: >-
#   Without its rules ports, networks and icc are separated by nothing, unless somebody writes them all by hand and keeps them
#   right.
# custom:
#   id: DKR-036
#   severity: medium
#   family: CTR
#   facts: ["daemon.iptables", "engine"]
#   safe: "true"
#   default: "true"
#   remediation: "Remove \"iptables\": false from daemon.json and --iptables=false from the unit"
#   disable:
#     how: "\"iptables\": false in daemon.json, with rules of your own"
#     restart: "daemon restart; containers stop with it unless live-restore is on"
#     rollback: "\"iptables\": true; restart docker"
#   messages:
#     safe: "The daemon keeps the rules that separate networks"
#     unsafe: "Nothing but rules written by hand separates networks"
#     other: "{engine} has no such setting"
#   source: "docker-bench-security ff26d67 (CIS Docker Benchmark 2.4); docs.docker.com, dockerd"
dkr_036 := docker.other if docker.is_other

else := judge.one_of("daemon.iptables", {true}, true)

# METADATA
# title: "Daemon's seccomp profile not unconfined"
# description: "The daemon's profile holds for every container that names none; unconfined here is unconfined everywhere (DKR-004)."
# custom:
#   id: DKR-037
#   severity: high
#   family: CTR
#   facts: ["daemon.seccomp-profile", "engine"]
#   safe: "not set, builtin or the path of a profile"
#   default: "builtin"
#   remediation: "Remove \"seccomp-profile\": \"unconfined\" from daemon.json"
#   disable:
#     how: "\"seccomp-profile\": \"unconfined\" in daemon.json. Narrower: the path of a profile that adds the missing calls"
#     restart: "daemon restart; containers stop with it unless live-restore is on"
#     rollback: "remove it; restart docker; docker info shows seccomp with profile builtin"
#   messages:
#     safe: "System calls of containers are filtered by the profile {found}"
#     unsafe: "Containers that name no profile run without a filter of system calls"
#     other: "{engine} has no such setting"
#   source: "docker-bench-security ff26d67 (CIS Docker Benchmark 2.17); docs.docker.com, dockerd"
dkr_037 := docker.other if docker.is_other

else := judge.none_of("daemon.seccomp-profile", {"unconfined"}, "builtin")
