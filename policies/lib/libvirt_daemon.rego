# What decides how a libvirt daemon can be reached: its listeners for the network, and who may open its local sockets.
#
# With socket activation the modes and listeners of the systemd units count and the settings unix_sock_*_perms, listen_tcp and
# listen_tls are not read; without it the settings count.
package ringwall.lib.libvirt_daemon

import data.ringwall.lib.judge

# network: the daemon can serve TCP and TLS at all
network if judge.value("daemon.kind") in {"monolithic", "proxy"}

# no_network: daemons of one driver have local sockets only
no_network := judge.not_applicable("local", {"daemon": judge.value("daemon")}, ["daemon.kind"]) if not network

# activated, not_activated: neither holds while nothing is known of the units
activated if judge.value("units.activation") == true

not_activated if judge.value("units.activation") == false

not_activated if judge.absent("units.activation")

# wants: the setting asks for the listener. libvirtd's listen_tls is on by default and counts only with --listen.
wants(listener) if judge.effective(setting(listener), default_wish(listener)) == 1

default_wish(listener) := 1 if {
	listener == "tls"
	judge.value("daemon.kind") == "monolithic"
} else := 0

setting(listener) := concat("", ["conf.listen_", listener])

socket(name) := concat("", ["socket.", name])

live(name) := concat("", ["live.", name])

# starter: the fact that makes the setting count
starter := "service.listen" if judge.value("daemon.kind") == "monolithic"

starter := "units.activation" if judge.value("daemon.kind") == "proxy"

starts if judge.value("service.listen") == true

starts if judge.value("process.listen") == true

starts if {
	judge.value("daemon.kind") == "proxy"
	not_activated
}

# openers: the facts by which a listener ("tcp" or "tls") is open or will be opened
openers(listener) := array.concat(
	array.concat(
		[n | n := live(listener); judge.present(n)],
		[n | n := socket(listener); judge.value(n).enabled],
	),
	[n | n := setting(listener); wants(listener); starts],
)

# blockers: facts that could not be had and that could still open the listener
blockers(listener) := array.concat(
	[n | n := socket(listener); not judge.readable(n)],
	[n |
		can_start
		can_want(listener)
		some n in [setting(listener), starter]
		not judge.readable(n)
	],
)

can_start if starts

can_start if not judge.readable(starter)

can_want(listener) if wants(listener)

can_want(listener) if not judge.readable(setting(listener))

# listening, silent: neither holds while it cannot be decided
listening(listener) if count(openers(listener)) > 0

silent(listener) if {
	count(openers(listener)) == 0
	count(blockers(listener)) == 0
}

# closed: the listener is not open and nothing opens it. Cases: local, listening, unit, configured, off, ignored.
closed(listener) := no_network if not network

else := judge.fail("listening", {"listener": judge.value(live(listener))}, openers(listener)) if live(listener) in openers(listener)

else := judge.fail("unit", {"unit": judge.value(socket(listener)).unit}, openers(listener)) if socket(listener) in openers(listener)

else := judge.fail("configured", {"daemon": judge.value("daemon")}, array.concat(openers(listener), [starter])) if {
	count(openers(listener)) > 0
}

else := judge.unreadable(blockers(listener)) if count(blockers(listener)) > 0

else := judge.pass("ignored", {"daemon": judge.value("daemon")}, [setting(listener), socket(listener), starter]) if {
	judge.value(setting(listener)) == 1
}

else := judge.pass("off", {}, [socket(listener), setting(listener), starter])

# names_listed: names of certificates are listed, and no pattern among them is met by every name
names_listed if {
	judge.present("conf.tls_allowed_dn_list")
	every pattern in judge.value("conf.tls_allowed_dn_list") { not regex.match(`^[*?]*[*][*?]*$`, pattern) }
}

# required: something that a listener needs. facts name what can set it, setters are those that do.
# Cases: local, set, unset, off.
required(listener, setters, facts) := no_network if not network

else := judge.unreadable(facts) if not judge.all_readable(facts)

else := judge.pass("set", {}, setters) if count(setters) > 0

else := judge.fail("unset", {}, array.concat(facts, openers(listener))) if listening(listener)

else := judge.not_applicable("off", {}, array.concat(facts, [socket(listener)])) if silent(listener)

else := judge.unreadable(blockers(listener))

# authentication: who may use the read-write socket; libvirt built without polkit has none by default
authentication := judge.value("conf.auth_unix_rw")

authentication := "none" if {
	judge.absent("conf.auth_unix_rw")
	judge.value("daemon.polkit") == false
}

authentication := "polkit" if {
	judge.absent("conf.auth_unix_rw")
	not judge.value("daemon.polkit") == false
}

authenticated if authentication in {"polkit", "sasl"}

# default_mode: what libvirt gives a socket that it creates itself
default_mode("ro") := "0777"

default_mode("admin") := "0700"

default_mode("rw") := "0700" if authentication == "none"

else := "0777"

permissions(name) := concat("", ["conf.unix_sock_", name, "_perms"])

# configured_mode: the mode that will count, with the fact it comes from. Undefined while it cannot be decided.
configured_mode(name) := {"mode": judge.value(fact), "fact": fact} if {
	activated
	fact := concat("", ["socket.", name, ".mode"])
	judge.present(fact)
}

configured_mode(name) := {"mode": judge.effective(permissions(name), default_mode(name)), "fact": permissions(name)} if {
	not_activated
	judge.readable(permissions(name))
}

# no_socket: activated, and the socket's unit is masked or missing
no_socket(name) if {
	activated
	judge.absent(concat("", ["socket.", name, ".mode"]))
}

# modes: every mode that counts or is in force now
modes(name) := array.concat(
	[m | m := configured_mode(name)],
	[{"mode": judge.value(n).mode, "fact": n} | n := live(name); judge.present(n)],
)

digits(mode) := substring(padded, count(padded) - 3, 3) if {
	regex.match(`^[0-7]{1,6}$`, mode)
	padded := concat("", ["000", mode])
}

# for_others: everybody on the host may open the socket; for_group: its group may
for_others(mode) if substring(digits(mode), 2, 1) != "0"

for_group(mode) if substring(digits(mode), 1, 1) != "0"

wide(mode, "others") if for_others(mode)

wide(mode, "owner") if for_others(mode)

wide(mode, "owner") if for_group(mode)

unclear(name) := [m | some m in modes(name); not digits(m.mode)]

# wider: the modes that let more in than the limit ("others": nobody outside the group; "owner": the owner alone)
wider(name, limit) := [m | some m in modes(name); wide(m.mode, limit)]

# mode_facts: what could decide the mode
mode_facts(name) := [n |
	some n in ["units.activation", concat("", ["socket.", name, ".mode"]), permissions(name)]
	not judge.readable(n)
]

# limited: a local socket's mode. Cases: wide (args: mode), narrow (args: mode), none, odd (args: mode).
limited(name, limit) := judge.fail("wide", {"mode": wider(name, limit)[0].mode}, [m.fact | some m in wider(name, limit)]) if {
	count(wider(name, limit)) > 0
}

else := judge.missing("odd", {"mode": unclear(name)[0].mode}, [m.fact | some m in unclear(name)]) if count(unclear(name)) > 0

else := judge.pass("narrow", {"mode": configured_mode(name).mode}, [m.fact | some m in modes(name)]) if configured_mode(name)

else := judge.pass("none", {}, [socket(name)]) if no_socket(name)

else := judge.unreadable(mode_facts(name))

# group_of: whose members may open the read-write socket
group_of := judge.value("socket.rw.group") if activated

group_of := judge.effective("conf.unix_sock_group", "root") if not_activated

# broad groups hold people who were never meant to manage guests
broad_groups := {"users", "nogroup", "nobody", "everyone"}

# opened_by_file: without authentication the file itself opens the socket to everybody, and the distribution's own unit does too
opened_by_file if {
	authentication == "none"
	for_others(judge.value("conf.unix_sock_rw_perms"))
	not judge.readable("units.activation")
}
