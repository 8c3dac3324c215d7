# Ways into a QEMU: monitors, the gdb stub, displays.
package ringwall.lib.qemu_access

import data.ringwall.lib.judge
import data.ringwall.lib.qemu

monitors := qemu.elements("argv.monitors")

names := {"qmp": "QMP", "hmp": "human monitor", "gdb": "gdb stub", "qtest": "test protocol"}

# Why a way in is open to more than its owner.
open_ways[i] := text if {
	some i, monitor in monitors
	monitor.type in {"tcp", "udp", "vsock"}
	text := sprintf("%s on %s %s", [names[monitor.interface], monitor.type, object.get(monitor, "address", "")])
}

open_ways[i] := text if {
	some i, monitor in monitors
	monitor.abstract
	text := sprintf("%s on the abstract socket %s, which no permission guards", [names[monitor.interface], object.get(monitor, "address", "")])
}

open_ways[i] := text if {
	some i, monitor in monitors
	monitor.interface in {"gdb", "qtest"}
	not monitor.type in {"tcp", "udp", "vsock"}
	not monitor.abstract
	text := sprintf("%s on %s %s", [names[monitor.interface], monitor.type, object.get(monitor, "address", "")])
}

# Sockets of monitors that users outside of QEMU's own group can open.
reachable := [socket.path | some socket in judge.value("process.monitorSockets"); socket.reach == "others"]

unknown_ways := [object.get(monitor, "address", "") | some monitor in monitors; monitor.type == "unresolved"]

has_socket_file if {
	some monitor in monitors
	monitor.type == "unix"
	monitor.mode == "bind"
}

# Ports that the process listens on and that no argument accounts for.
explained(port) if {
	some listener in qemu.elements("argv.listeners")
	listener.port <= port
	port <= object.get(listener, "to", listener.port)
}

unexplained := [sprintf("%s:%d", [listener.address, listener.port]) |
	some listener in judge.value("process.listeners")
	not explained(listener.port)
]

local := qemu.shown([sprintf("%s on %s", [names[monitor.interface], monitor.type]) | some monitor in monitors])

# monitor: cases none, local (args: found), unsafe (args: found), reachable (args: found), unexplained (args: found), unresolved
monitor := judge.unreadable(["argv.monitors"]) if not judge.readable("argv.monitors")

monitor := judge.fail("unsafe", {"found": qemu.shown([text | some text in open_ways])}, qemu.places("argv.monitors", [i | some i, _ in open_ways])) if {
	count(open_ways) > 0
}

monitor := judge.fail("reachable", {"found": qemu.shown(reachable)}, ["process.monitorSockets", "argv.monitors"]) if {
	count(open_ways) == 0
	count(reachable) > 0
}

monitor := unsettled if {
	judge.readable("argv.monitors")
	count(open_ways) == 0
	not reachable_fails
}

reachable_fails if count(reachable) > 0

unsettled := judge.missing("unresolved", {"found": qemu.shown(unknown_ways)}, ["argv.monitors"]) if count(unknown_ways) > 0

unsettled := judge.unreadable(["process.monitorSockets"]) if {
	count(unknown_ways) == 0
	socket_unreadable
}

unsettled := judge.missing("unexplained", {"found": qemu.shown(unexplained)}, ["process.listeners"]) if {
	count(unknown_ways) == 0
	not socket_unreadable
	listens_unexplained
}

unsettled := qemu.settled(judge.pass("none", {}, ["argv.monitors"])) if {
	count(unknown_ways) == 0
	not socket_unreadable
	not listens_unexplained
	count(monitors) == 0
}

unsettled := qemu.settled(judge.pass("local", {"found": local}, ["argv.monitors"])) if {
	count(unknown_ways) == 0
	not socket_unreadable
	not listens_unexplained
	count(monitors) > 0
}

socket_unreadable if {
	has_socket_file
	judge.state("process.monitorSockets") == "unreadable"
}

listens_unexplained if count(unexplained) > 0

# Displays of one type, by position.
displays(type) := {i: display | some i, display in qemu.elements("argv.graphics"); display.type == type}

place(display) := sprintf("%s:%d", [display.address, display.port]) if display.port

place(display) := display.address if {
	display.address
	not display.port
}

place(display) := sprintf("%s, web socket %s", [object.get(display, "path", "no address"), display.websocket]) if {
	not display.address
	display.websocket
}

on_network(display) if display.kind == "address"

on_network(display) if display.websocket

vnc_plain := {i: place(display) | some i, display in displays("vnc"); on_network(display); not display.tls}

vnc_unauthenticated := {i: place(display) | some i, display in displays("vnc"); on_network(display); display.tls; not display.sasl}

# vnc: cases none, local, safe, plain (args: found), unauthenticated (args: found)
vnc := judge.unreadable(["argv.graphics"]) if not judge.readable("argv.graphics")

vnc := qemu.settled(judge.not_applicable("none", {}, ["argv.graphics"])) if {
	judge.readable("argv.graphics")
	count(displays("vnc")) == 0
}

vnc := judge.fail("plain", {"found": qemu.shown([text | some text in vnc_plain])}, qemu.places("argv.graphics", [i | some i, _ in vnc_plain])) if {
	count(vnc_plain) > 0
}

vnc := judge.fail("unauthenticated", {"found": found}, qemu.places("argv.graphics", [i | some i, _ in vnc_unauthenticated])) if {
	count(vnc_plain) == 0
	count(vnc_unauthenticated) > 0
	found := qemu.shown([text | some text in vnc_unauthenticated])
}

vnc := qemu.settled(judge.pass(case, {}, qemu.places("argv.graphics", [i | some i, _ in displays("vnc")]))) if {
	count(displays("vnc")) > 0
	count(vnc_plain) == 0
	count(vnc_unauthenticated) == 0
	case := {true: "safe", false: "local"}[networked("vnc")]
}

networked(type) := count([i | some i, display in displays(type); on_network(display)]) > 0

spice_open := {i: place(display) | some i, display in displays("spice"); on_network(display); not display.ticketing}

spice_plain := {i: place(display) | some i, display in displays("spice"); on_network(display); display.ticketing; not display.tls}

# spice: cases none, local, safe, open (args: found), plain (args: found)
spice := judge.unreadable(["argv.graphics"]) if not judge.readable("argv.graphics")

spice := qemu.settled(judge.not_applicable("none", {}, ["argv.graphics"])) if {
	judge.readable("argv.graphics")
	count(displays("spice")) == 0
}

spice := judge.fail("open", {"found": qemu.shown([text | some text in spice_open])}, qemu.places("argv.graphics", [i | some i, _ in spice_open])) if {
	count(spice_open) > 0
}

spice := judge.fail("plain", {"found": qemu.shown([text | some text in spice_plain])}, qemu.places("argv.graphics", [i | some i, _ in spice_plain])) if {
	count(spice_open) == 0
	count(spice_plain) > 0
}

spice := qemu.settled(judge.pass(case, {}, qemu.places("argv.graphics", [i | some i, _ in displays("spice")]))) if {
	count(displays("spice")) > 0
	count(spice_open) == 0
	count(spice_plain) == 0
	case := {true: "safe", false: "local"}[networked("spice")]
}
