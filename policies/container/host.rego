# What of the host a container shares: namespaces, mounts, devices, ports.
package ringwall.controls.container.host

import data.ringwall.lib.container
import data.ringwall.lib.judge

# METADATA
# title: "Engine's socket not in the container"
# description: >-
#   Whoever reaches the engine's socket starts a privileged container with the host's root folder in it: a container with the
#   socket is root of the host, read-only mount or not.
# custom:
#   id: DKR-008
#   severity: critical
#   family: CTR
#   facts: ["mounts", "object"]
#   safe: "no mount of docker.sock, containerd.sock, podman.sock or crio.sock, nor of /run or /var/run"
#   default: "no mount"
#   remediation: "Remove the mount; where a tool must ask the engine, put a proxy with an allow-list of calls between them"
#   disable:
#     how: "mount the socket of a filtering proxy, for the named container only"
#     restart: "stop, remove and run the container again (docker update cannot change it)"
#     rollback: "run again without the mount; docker inspect shows no such Source in Mounts"
#   messages:
#     safe: "The container does not see the engine's socket"
#     unsafe: "The container controls the engine through {found}"
#     image: "An image does not decide this; it is given when a container is made from it"
#   source: "docker-bench-security ff26d67 (CIS Docker Benchmark 5.32); Docker Engine API, ContainerInspect"
dkr_008 := container.image if container.is_image

else := judge.unreadable(["mounts"]) if not judge.readable("mounts")

else := judge.fail("unsafe", {"found": container.sources(container.socket_mounts)}, container.places("mounts", container.socket_mounts)) if container.socket_mounts != []

else := judge.pass("safe", {}, ["mounts"])

# METADATA
# title: "No sensitive folder of the host mounted"
# description: >-
#   With /etc a container writes the host's accounts and timers, with /proc and /sys it sets the kernel, with /dev it reads disks,
#   with / it has all of these. Read-only it still reads keys and password hashes.
# custom:
#   id: DKR-009
#   severity: high
#   family: CTR
#   facts: ["mounts", "object"]
#   safe: "none of /, /boot, /dev, /etc, /lib, /proc, /sys, /usr"
#   default: "no mount"
#   remediation: "Mount the one file or folder that is needed, or copy it into the image or a volume"
#   disable:
#     how: "a read-only bind mount (-v /etc:/host/etc:ro) for the named container only"
#     restart: "stop, remove and run the container again (docker update cannot change it)"
#     rollback: "run again without the mount; docker inspect shows no such Source in Mounts"
#   messages:
#     safe: "No sensitive folder of the host is mounted"
#     unsafe: "Folders of the host are mounted writable: {found}"
#     readOnly: "Folders of the host can be read: {found}"
#     image: "An image does not decide this; it is given when a container is made from it"
#   source: >-
#     docker-bench-security ff26d67 (CIS Docker Benchmark 5.6); Docker Engine API, ContainerInspect; read-only mounts fail too,
#     which docker-bench-security lets pass
dkr_009 := container.image if container.is_image

else := judge.unreadable(["mounts"]) if not judge.readable("mounts")

else := judge.fail("unsafe", {"found": container.sources(container.sensitive_mounts(true))}, container.places("mounts", container.sensitive_mounts(true))) if container.sensitive_mounts(true) != []

else := judge.fail("readOnly", {"found": container.sources(container.sensitive_mounts(false))}, container.places("mounts", container.sensitive_mounts(false))) if container.sensitive_mounts(false) != []

else := judge.pass("safe", {}, ["mounts"])

# METADATA
# title: "Host's process namespace not shared"
# description: >-
#   In the host's process namespace a container sees every process with its arguments and environment, and its root can signal,
#   trace and enter them.
# custom:
#   id: DKR-011
#   severity: high
#   family: CTR
#   facts: ["namespace.pid", "object"]
#   safe: "not host"
#   default: "empty: its own"
#   remediation: "Run the container without --pid host"
#   disable:
#     how: "docker run --pid host for the named container only"
#     restart: "stop, remove and run the container again (docker update cannot change it)"
#     rollback: "run again without --pid host"
#   messages:
#     safe: "The container has processes of its own"
#     unsafe: "The container sees and reaches the host's processes"
#     image: "An image does not decide this; it is given when a container is made from it"
#   source: >-
#     docker-bench-security ff26d67 (CIS Docker Benchmark 5.16); Docker Engine API, ContainerInspect; of a bundle a namespace that
#     is not listed in config.json is the host's
dkr_011 := container.image if container.is_image

else := container.namespace("pid")

# METADATA
# title: "Host's IPC namespace not shared"
# description: >-
#   Shared memory of the host's programs, databases and desktop sessions among them, can be read and written from a container in
#   the same IPC namespace.
# custom:
#   id: DKR-012
#   severity: high
#   family: CTR
#   facts: ["namespace.ipc", "object"]
#   safe: "not host"
#   default: "private"
#   remediation: "Run the container without --ipc host"
#   disable:
#     how: "docker run --ipc host for the named container only"
#     restart: "stop, remove and run the container again (docker update cannot change it)"
#     rollback: "run again without --ipc host"
#   messages:
#     safe: "The container has shared memory of its own"
#     unsafe: "The container reads the host's shared memory"
#     image: "An image does not decide this; it is given when a container is made from it"
#   source: >-
#     docker-bench-security ff26d67 (CIS Docker Benchmark 5.17); Docker Engine API, ContainerInspect; of a bundle a namespace that
#     is not listed in config.json is the host's
dkr_012 := container.image if container.is_image

else := container.namespace("ipc")

# METADATA
# title: "Host's network not shared"
# description: >-
#   In the host's network namespace a container listens on the host's addresses, reaches services that are bound to loopback and
#   abstract sockets, and no rule for containers holds for it.
# custom:
#   id: DKR-013
#   severity: high
#   family: CTR
#   facts: ["namespace.network", "object"]
#   safe: "not host"
#   default: "bridge"
#   remediation: "Run the container without --network host"
#   disable:
#     how: "docker run --network host for the named container only"
#     restart: "stop, remove and run the container again (docker update cannot change it)"
#     rollback: "run again without --network host"
#   messages:
#     safe: "The container's network is {found}"
#     unsafe: "The container is in the host's network"
#     image: "An image does not decide this; it is given when a container is made from it"
#   source: >-
#     docker-bench-security ff26d67 (CIS Docker Benchmark 5.10); Docker Engine API, ContainerInspect; of a bundle a namespace that
#     is not listed in config.json is the host's
dkr_013 := container.image if container.is_image

else := container.namespace("network")

# METADATA
# title: "Host's name not shared"
# description: >-
#   With the UTS namespace of the host a container with SYS_ADMIN changes the host's name, which logs and certificates are matched
#   by.
# custom:
#   id: DKR-014
#   severity: medium
#   family: CTR
#   facts: ["namespace.uts", "object"]
#   safe: "not host"
#   default: "empty: its own"
#   remediation: "Run the container without --uts host"
#   disable:
#     how: "docker run --uts host for the named container only"
#     restart: "stop, remove and run the container again (docker update cannot change it)"
#     rollback: "run again without --uts host"
#   messages:
#     safe: "The container has a host name of its own"
#     unsafe: "The container shares the host's name"
#     image: "An image does not decide this; it is given when a container is made from it"
#   source: >-
#     docker-bench-security ff26d67 (CIS Docker Benchmark 5.21); Docker Engine API, ContainerInspect; of a bundle a namespace that
#     is not listed in config.json is the host's
dkr_014 := container.image if container.is_image

else := container.namespace("uts")

# METADATA
# title: "Host's user namespace not chosen"
# description: >-
#   --userns host takes a container out of the remapping that the daemon gives to all: its root is then the host's root again.
# custom:
#   id: DKR-015
#   severity: high
#   family: CTR
#   facts: ["namespace.user", "object"]
#   safe: "not host"
#   default: "empty: as the daemon says (DKR-026)"
#   remediation: "Run the container without --userns host"
#   disable:
#     how: "docker run --userns host for the named container only"
#     restart: "stop, remove and run the container again (docker update cannot change it)"
#     rollback: "run again without --userns host"
#   messages:
#     safe: "The container is not taken out of the engine's user namespaces"
#     unsafe: "The container's root is the host's root: it is in the host's user namespace"
#     image: "An image does not decide this; it is given when a container is made from it"
#   source: >-
#     docker-bench-security ff26d67 (CIS Docker Benchmark 5.31); Docker Engine API, ContainerInspect; of a bundle a namespace that
#     is not listed in config.json is the host's
dkr_015 := container.image if container.is_image

else := container.namespace("user")

# METADATA
# title: "No devices of the host"
# description: >-
#   A device node is a way around the filesystem: a disk is read and written whole, /dev/mem and /dev/kvm reach into the kernel,
#   and drivers of GPUs are large.
# custom:
#   id: DKR-016
#   severity: high
#   family: CTR
#   facts: ["devices", "privileged", "object"]
#   safe: "none beyond container_devices"
#   default: "none"
#   remediation: >-
#     Run the container without --device, --gpus and --device-cgroup-rule; name devices that a site accepts in container_devices
#   disable:
#     how: "docker run --device PATH:PATH:r for the named container only"
#     restart: "stop, remove and run the container again (docker update cannot change it)"
#     rollback: "run again without the device; docker inspect shows HostConfig.Devices empty"
#   messages:
#     none: "The container has no device of the host"
#     allowed: "Only accepted devices are given: {found}"
#     unsafe: "The container has devices of the host: {found}"
#     privileged: "The container is privileged and has every device of the host"
#     image: "An image does not decide this; it is given when a container is made from it"
#   source: "docker-bench-security ff26d67 (CIS Docker Benchmark 5.18); Docker Engine API, ContainerInspect"
dkr_016 := container.image if container.is_image

else := judge.fail("privileged", {}, ["privileged"]) if judge.value("privileged") == true

else := judge.unreadable(["devices", "privileged"]) if not judge.all_readable(["devices", "privileged"])

else := judge.pass("none", {}, ["devices"]) if judge.empty("devices")

else := judge.fail("unsafe", {"found": container.names(container.refused_devices)}, container.places("devices", container.refused_devices)) if container.refused_devices != []

else := judge.pass("allowed", {"found": [device.host | some device in judge.value("devices")]}, ["devices"])

# METADATA
# title: "Mounts not propagated to the host"
# description: "With shared propagation what a container mounts appears on the host, over the host's own folders if it likes."
# custom:
#   id: DKR-021
#   severity: medium
#   family: CTR
#   facts: ["mounts", "object"]
#   safe: "no mount is shared or rshared"
#   default: "rprivate"
#   remediation: "Run the container with propagation rprivate or rslave on its mounts"
#   disable:
#     how: "docker run -v SRC:DST:rshared for the named container only"
#     restart: "stop, remove and run the container again (docker update cannot change it)"
#     rollback: "run again without it; docker inspect shows Propagation rprivate"
#   messages:
#     safe: "No mount of the container reaches the host"
#     unsafe: "What the container mounts appears on the host: {found}"
#     image: "An image does not decide this; it is given when a container is made from it"
#   source: "docker-bench-security ff26d67 (CIS Docker Benchmark 5.20); Docker Engine API, ContainerInspect"
dkr_021 := container.image if container.is_image

else := judge.unreadable(["mounts"]) if not judge.readable("mounts")

else := judge.fail("unsafe", {"found": container.destinations(container.shared_mounts)}, container.places("mounts", container.shared_mounts)) if container.shared_mounts != []

else := judge.pass("safe", {}, ["mounts"])

# METADATA
# title: "Privileged ports not mapped"
# description: >-
#   Clients take a service at a port below 1024 for one that root of the host started. A container that holds it can stand in for
#   it.
# custom:
#   id: DKR-023
#   severity: low
#   family: CTR
#   facts: ["ports", "object"]
#   safe: "host ports from 1024 on, and those of container_privileged_ports"
#   default: "no port is mapped"
#   remediation: >-
#     Map to a port from 1024 on and let a proxy have the low one; name ports that a site accepts in container_privileged_ports
#   disable:
#     how: "docker run -p 443:8443 for the named container only"
#     restart: "stop, remove and run the container again (docker update cannot change it)"
#     rollback: "run again with another port"
#   messages:
#     safe: "No privileged port of the host leads into the container"
#     unsafe: "Privileged ports of the host lead into the container: {found}"
#     image: "An image does not decide this; it is given when a container is made from it"
#     bundle: "An OCI bundle does not hold this; the engine that starts it decides"
#   source: "docker-bench-security ff26d67 (CIS Docker Benchmark 5.8); Docker Engine API, ContainerInspect"
dkr_023 := container.image if container.is_image

else := container.bundle if container.is_bundle

else := judge.unreadable(["ports"]) if not judge.readable("ports")

else := judge.fail("unsafe", {"found": container.shown_ports(container.privileged_ports)}, container.places("ports", container.privileged_ports)) if container.privileged_ports != []

else := judge.pass("safe", {}, ["ports"])

# METADATA
# title: "Ports bound to one address"
# description: >-
#   A port on every address is reached from every network of the host, those added later included, and Docker's rules open it past
#   the host's own firewall.
# custom:
#   id: DKR-024
#   severity: medium
#   family: CTR
#   facts: ["ports", "object"]
#   safe: "an address, not 0.0.0.0 or ::, but for ports of container_open_ports"
#   default: "0.0.0.0 and ::"
#   remediation: >-
#     docker run -p 10.0.0.5:8443:8443, or "ip": "10.0.0.5" in daemon.json for all; name ports that a site accepts in
#     container_open_ports
#   disable:
#     how: "docker run -p 8443:8443 for the named container only"
#     restart: "stop, remove and run the container again (docker update cannot change it)"
#     rollback: "run again with an address; docker inspect shows it as HostIp"
#   messages:
#     safe: "No port of the container is open on every address"
#     unsafe: "Ports are open on every address of the host: {found}"
#     image: "An image does not decide this; it is given when a container is made from it"
#     bundle: "An OCI bundle does not hold this; the engine that starts it decides"
#   source: "docker-bench-security ff26d67 (CIS Docker Benchmark 5.14); Docker Engine API, ContainerInspect"
dkr_024 := container.image if container.is_image

else := container.bundle if container.is_bundle

else := judge.unreadable(["ports"]) if not judge.readable("ports")

else := judge.fail("unsafe", {"found": container.shown_ports(container.open_ports)}, container.places("ports", container.open_ports)) if container.open_ports != []

else := judge.pass("safe", {}, ["ports"])
