# What a container engine's facts say together: where its API is reached, who owns its files, which of them are watched.
package ringwall.lib.docker

import data.ringwall.lib.audit_rules
import data.ringwall.lib.judge

# is_other: containerd or podman, which read none of Docker's settings
is_other if judge.value("engine") != "docker"

other := judge.not_applicable("other", {"engine": judge.value("engine")}, ["engine"])

host_facts := ["conf.hosts", "argv.hosts", "socket.tcp"]

# listeners: addresses of the network on which the API is served, in whichever place they were named
listeners := [host |
	some name in host_facts
	some host in judge.value(name)
	of_network(name, host)
]

of_network("socket.tcp", _) := true

of_network(name, host) if {
	name != "socket.tcp"
	startswith(host, "tcp://")
}

# an address without a scheme is one of TCP
of_network(name, host) if {
	name != "socket.tcp"
	trim_space(host) != ""
	not contains(host, "://")
}

listener_facts := array.concat(
	[name |
		some name in host_facts
		some host in judge.value(name)
		of_network(name, host)
	],
	["daemon.tlsverify"],
)

# guarded: a file or socket of root, with a group and a mode. Cases: safe, mode, owner (args: path, owner, found), none.
guarded(name, groups, mode) := judge.unreadable([name]) if not judge.readable(name)

else := judge.not_applicable("none", {}, [name]) if judge.absent(name)

else := judge.fail("owner", guarded_args(name), [name]) if not owned(judge.value(name), groups)

else := judge.fail("mode", guarded_args(name), [name]) if not regex.match(mode, judge.value(name).mode)

else := judge.pass("safe", guarded_args(name), [name])

guarded_args(name) := {"path": judge.value(name).path, "owner": owner(judge.value(name)), "found": judge.value(name).mode}

owned(file, groups) if {
	file.user == "root"
	file.group in groups
}

# by numbers, where names were not looked up
owned(file, _) if {
	file.uid == 0
	file.gid == 0
}

owner(file) := concat(":", [file.user, file.group]) if file.user

else := concat(":", [format_int(file.uid, 10), format_int(file.gid, 10)])

unexpected := [name |
	some name in judge.value("group.docker")
	not name in judge.parameter("docker_admins")
]

# unwatched: the first name of each part that no rule watches under any of its names
unwatched(rules) := [paths[0] |
	some paths in judge.value("audit.paths")
	not watched(judge.effective(rules, []), paths)
]

watched(rules, paths) if {
	some path in paths
	audit_rules.watches(rules, path, {"w"})
}
