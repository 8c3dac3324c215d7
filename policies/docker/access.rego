# Who reaches the container engine, and what is recorded of it.
package ringwall.controls.docker.access

import data.ringwall.lib.docker
import data.ringwall.lib.judge

# METADATA
# title: "Docker's socket for root and its group only"
# description: >-
#   The socket is the API: whoever may write to it is root of the host. The same holds for podman's compatible service where it
#   runs as root.
# custom:
#   id: DKR-038
#   severity: high
#   family: CTR
#   facts: ["socket.docker", "rootless", "engine"]
#   safe: "root:docker or root:root, 0660 or less"
#   default: "root:docker, 0660"
#   remediation: "chown root:docker /run/docker.sock; chmod 660 /run/docker.sock; SocketMode=0660 in docker.socket"
#   disable:
#     how: "chmod 666 /run/docker.sock; it lasts until the socket is made again"
#     restart: "none"
#     rollback: "chmod 660 /run/docker.sock"
#   messages:
#     safe: "{path} belongs to {owner} with mode {found}"
#     mode: "{path} is open to others: mode {found}"
#     owner: "{path} belongs to {owner}"
#     none: "There is no socket of Docker"
#     rootless: "The engine runs without root; its socket gives no more than its user's rights"
#     other: "{engine} has no such setting"
#   source: "docker-bench-security ff26d67 (CIS Docker Benchmark 3.15, 3.16)"
dkr_038 := docker.other if judge.value("engine") == "containerd"

else := judge.not_applicable("rootless", {}, ["rootless"]) if judge.value("rootless") == true

else := docker.guarded("socket.docker", {"docker", "root"}, `^0?[0246][0246]0$`)

# METADATA
# title: "containerd's socket for root only"
# description: "Through containerd's socket containers are started past Docker's authorization, its log and its settings."
# custom:
#   id: DKR-039
#   severity: high
#   family: CTR
#   facts: ["socket.containerd", "engine"]
#   safe: "root:root, 0660 or less"
#   default: "root:root, 0660"
#   remediation: >-
#     Remove uid and gid of [grpc] from /etc/containerd/config.toml; chown root:root and chmod 660 /run/containerd/containerd.sock
#   disable:
#     how: "gid of [grpc] in config.toml for the named group"
#     restart: "restart of containerd; containers keep running"
#     rollback: "remove it; restart containerd"
#   messages:
#     safe: "{path} belongs to {owner} with mode {found}"
#     mode: "{path} is open to others: mode {found}"
#     owner: "{path} belongs to {owner}"
#     none: "There is no socket of containerd"
#     podman: "podman runs without containerd"
#   source: "docker-bench-security ff26d67 (CIS Docker Benchmark 3.23, 3.24); containerd, docs/man/containerd-config.toml.5.md"
dkr_039 := judge.not_applicable("podman", {}, ["engine"]) if judge.value("engine") == "podman"

else := docker.guarded("socket.containerd", {"root"}, `^0?[0246][0246]0$`)

# METADATA
# title: "daemon.json written by root only"
# description: "Whoever writes daemon.json names the programs that the daemon starts as root at its next start."
# custom:
#   id: DKR-040
#   severity: medium
#   family: CTR
#   facts: ["file.daemon_json", "engine"]
#   safe: "root:root, 0644 or less"
#   default: "no file; 0644 when made by hand"
#   remediation: "chown root:root /etc/docker/daemon.json; chmod 644 /etc/docker/daemon.json"
#   disable:
#     how: "chmod 664 and a group for the named administrators"
#     restart: "none"
#     rollback: "chown root:root; chmod 644"
#   messages:
#     safe: "{path} belongs to {owner} with mode {found}"
#     mode: "{path} can be written by others than root: mode {found}"
#     owner: "{path} belongs to {owner}"
#     none: "There is no daemon.json"
#     other: "{engine} has no such setting"
#   source: "docker-bench-security ff26d67 (CIS Docker Benchmark 3.17, 3.18)"
dkr_040 := docker.other if docker.is_other

else := docker.guarded("file.daemon_json", {"root"}, `^0?[0246][04][04]$`)

# METADATA
# title: "Group docker holds expected accounts only"
# description: "Members of the group use the socket and are root of the host without a password and without a trace of sudo."
# custom:
#   id: DKR-041
#   severity: high
#   family: CTR
#   facts: ["group.docker", "engine"]
#   safe: "no member beyond docker_admins"
#   default: "no member"
#   remediation: "gpasswd -d USER docker; give people docker by sudo, or the engine without root"
#   disable:
#     how: "usermod -aG docker USER for a named administrator, who is added to docker_admins"
#     restart: "none; the account has to log in again"
#     rollback: "gpasswd -d USER docker"
#   messages:
#     none: "The group docker has no member"
#     safe: "The group docker holds expected accounts only"
#     unsafe: "Accounts in the group docker that are not expected: {found}"
#     other: "{engine} has no such setting"
#   source: "docker-bench-security ff26d67 (CIS Docker Benchmark 1.1.2); docs.docker.com, \"Manage Docker as a non-root user\""
dkr_041 := docker.other if docker.is_other

else := judge.unreadable(["group.docker"]) if not judge.readable("group.docker")

else := judge.pass("none", {}, ["group.docker"]) if judge.empty("group.docker")

else := judge.parameter_not_set("docker_admins", ["group.docker"]) if not judge.parameter("docker_admins")

else := judge.fail("unsafe", {"found": docker.unexpected}, ["group.docker"]) if docker.unexpected != []

else := judge.pass("safe", {}, ["group.docker"])

# METADATA
# title: "auditd watches Docker's files"
# description: >-
#   Who changed the daemon's settings, its unit or its programs, and when, can be told afterwards only from the kernel's records.
# custom:
#   id: DKR-042
#   severity: medium
#   family: CTR
#   facts: ["audit.loaded", "audit.configured", "audit.paths", "engine"]
#   safe: >-
#     watches on dockerd, /var/lib/docker, /etc/docker, docker.service, docker.socket and on containerd, runc and their files
#     where they exist
#   default: "none"
#   remediation: >-
#     -w /usr/bin/dockerd -k docker, -w /var/lib/docker -k docker, -w /etc/docker -k docker, -w
#     /usr/lib/systemd/system/docker.service -k docker and so on in /etc/audit/rules.d/docker.rules; augenrules --load
#   disable:
#     how: "auditctl -W PATH -k docker with the words of the rule, and delete it from /etc/audit/rules.d"
#     restart: "none; a reboot when the rules are locked with -e 2"
#     rollback: "put the rules back; augenrules --load"
#   messages:
#     safe: "Changes of Docker's files are recorded"
#     configured: "Rules for Docker's files are configured; whether the kernel has them could not be asked"
#     unsafe: "Not recorded: {found}"
#     other: "{engine} has no such setting"
#   source: "docker-bench-security ff26d67 (CIS Docker Benchmark 1.1.3 to 1.1.18); auditctl(8)"
dkr_042 := docker.other if docker.is_other

else := judge.unreadable(["audit.paths"]) if not judge.readable("audit.paths")

else := judge.fail("unsafe", {"found": docker.unwatched("audit.loaded")}, ["audit.loaded"]) if {
	judge.present("audit.loaded")
	docker.unwatched("audit.loaded") != []
}

else := judge.pass("safe", {}, ["audit.loaded"]) if judge.present("audit.loaded")

else := judge.unreadable(["audit.loaded"]) if judge.state("audit.loaded") == "unreadable"

else := judge.unreadable(["audit.loaded", "audit.configured"]) if not judge.readable("audit.configured")

else := judge.fail("unsafe", {"found": docker.unwatched("audit.configured")}, ["audit.configured"]) if docker.unwatched("audit.configured") != []

else := judge.pass("configured", {}, ["audit.configured"])

# METADATA
# title: "Images are verified before they run"
# description: >-
#   A tag names whatever the registry delivers today. Content trust, or a policy of signatures, ties it to who published it.
#   Docker has deprecated its content trust in favour of such policies.
# custom:
#   id: DKR-043
#   severity: low
#   family: CTR
#   facts: ["content_trust", "engine"]
#   safe: "DOCKER_CONTENT_TRUST=1 for every shell, or image_signatures says what verifies images"
#   default: "0"
#   remediation: >-
#     DOCKER_CONTENT_TRUST=1 in /etc/environment; better: signatures checked by policy (cosign, Notary Project) and
#     image_signatures: policy
#   disable:
#     how: "DOCKER_CONTENT_TRUST=0 for the one command"
#     restart: "none; shells started later"
#     rollback: "DOCKER_CONTENT_TRUST=1 in /etc/environment"
#   messages:
#     safe: "Images without a trusted signature are not pulled"
#     unsafe: "Images are run without a check of who published them"
#     policy: "Images are verified by a policy of signatures outside Docker"
#     other: "{engine} has no such setting"
#   source: "docker-bench-security ff26d67 (CIS Docker Benchmark 4.5); docs.docker.com, \"Content trust in Docker\""
dkr_043 := docker.other if docker.is_other

else := judge.not_applicable("policy", {}, ["content_trust"]) if judge.parameter("image_signatures") == "policy"

else := judge.one_of("content_trust", {"1"}, "0")
