# What a container's facts say together: mounts, devices, ports and capabilities against what a site accepts.
package ringwall.lib.container

import data.ringwall.lib.judge

is_image if judge.value("object") == "image"

is_bundle if judge.value("object") == "bundle"

image := judge.not_applicable("image", {}, ["object"])

bundle := judge.not_applicable("bundle", {}, ["object"])

# accepted: a list that the site sets; nothing is accepted without one
accepted(name) := list if list := judge.parameter(name)

else := []

# namespace: cases safe, unsafe (args: found). A container that joins another one's namespace is not in the host's.
namespace(type) := result if {
	name := concat("", ["namespace.", type])
	result := of_namespace(name)
}

of_namespace(name) := judge.unreadable([name]) if not judge.readable(name)

else := judge.fail("unsafe", {"found": judge.value(name)}, [name]) if of_host(judge.value(name))

else := judge.pass("safe", {"found": judge.effective(name, "default")}, [name])

of_host(mode) if mode == "host"

# the namespaces of process 1 are the host's own
of_host(mode) if regex.match(`^(path|ns):/+proc/1/ns/`, mode)

# above_zero: cases safe (args: found), unsafe
above_zero(name) := judge.unreadable([name]) if not judge.readable(name)

else := judge.pass("safe", {"found": judge.value(name)}, [name]) if judge.value(name) > 0

else := judge.fail("unsafe", {}, [name])

labelled if judge.value("selinux").label != ""

profiled if {
	judge.present("apparmor")
	judge.value("apparmor") != "unconfined"
}

# suffices: the site says that this security module, or either of the two, confines its containers
suffices(module) if judge.parameter("container_mac") in {module, "any"}

# needs_no_label: a host runs one of the two modules; Docker's own default is no label, and a profile where AppArmor runs
needs_no_label if not judge.parameter("container_mac") == "selinux"

# enough by themselves to leave the container
dangerous := {"ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE", "NET_ADMIN", "BPF"}

refused_capabilities := [name |
	some name in judge.effective("capabilities.added", [])
	refused(name)
]

refused(name) if name in dangerous

refused(name) if not name in accepted("container_capabilities")

# root by name or by number, with or without a group
# a group alone leaves the user at root
is_root(user) if regex.match(`^\s*(root|\+?0+)?\s*(:|$)`, user)

# places: names of elements of a list, by their numbers, so that the evidence is these and no other
places(list, numbers) := [concat("", [list, "[", format_int(i, 10), "]"]) | some i in numbers]

mounts := judge.effective("mounts", [])

sources(numbers) := [mounts[i].source | some i in numbers]

destinations(numbers) := [mounts[i].destination | some i in numbers]

socket_mounts := [i |
	some i, mount in mounts
	reaches_socket(mount.source)
]

reaches_socket(source) if regex.match(`/(docker|containerd|podman|crio)\.sock$`, source)

# folders that hold one
reaches_socket(source) if clean(source) in {"/", "/run", "/run/containerd", "/run/crio", "/run/podman", "/var", "/var/run", "/var/run/containerd", "/var/run/crio", "/var/run/podman"}

reaches_socket(source) if regex.match(`^(/var)?/run/user(/[0-9]+(/podman)?)?$`, clean(source))

# clean: a path without doubled slashes, single dots and a slash at its end
clean(path) := concat("/", array.concat([""], parts(path))) if parts(path) != []

clean(path) := "/" if parts(path) == []

parts(path) := [part | some part in split(path, "/"); not part in {"", "."}] if startswith(path, "/")

# /lib is another name of /usr/lib where the two were merged
sensitive := {"/", "/boot", "/dev", "/etc", "/lib", "/proc", "/sys", "/usr", "/usr/lib"}

is_sensitive(source) if clean(source) in sensitive

# a way up may lead to any of them
is_sensitive(source) if {
	startswith(source, "/")
	".." in split(source, "/")
}

# the root and the working folder of a process of the host, under another name
is_sensitive(source) if regex.match(`^/proc/[^/]+/(root|cwd)(/|$)`, source)

sensitive_mounts(writable) := [i |
	some i, mount in mounts
	mount.type == "bind"
	is_sensitive(mount.source)
	mount.writable == writable
]

shared_mounts := [i |
	some i, mount in mounts
	mount.propagation in {"shared", "rshared"}
]

devices := judge.effective("devices", [])

names(numbers) := [devices[i].host | some i in numbers]

refused_devices := [i |
	some i, device in devices
	not device.host in accepted("container_devices")
]

ports := judge.effective("ports", [])

# the first port of a range
first_port(port) := to_number(split(port.hostPort, "-")[0]) if regex.match(`^[0-9]+`, port.hostPort)

privileged_ports := [i |
	some i, port in ports
	number := first_port(port)
	number < 1024
	not number in accepted("container_privileged_ports")
]

open_ports := [i |
	some i, port in ports
	port.address in {"", "0.0.0.0", "::", "[::]"}
	not first_port(port) in accepted("container_open_ports")
]

shown_ports(numbers) := [shown(ports[i]) | some i in numbers]

shown(port) := port.port if port.hostPort == ""

shown(port) := concat(" to ", [port.hostPort, port.port]) if port.hostPort != ""

# restarts: how often a container is started again; 0 is without end
restarts := 0 if judge.value("restart").policy in {"always", "unless-stopped"}

else := object.get(judge.value("restart"), "retries", 0)

# untrusted: the site says that the container, or every one, needs a kernel of its own
untrusted if "*" in judge.parameter("untrusted_containers")

untrusted if input.asset.name in judge.parameter("untrusted_containers")
