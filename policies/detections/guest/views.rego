# What the kernel knows in one place and not in another.
package ringwall.detections.guest.views

import data.ringwall.lib.guest

# METADATA
# title: "A BPF object, a socket or a mount is hidden"
# description: "What runs or is held is in a table as well: programs, maps and links of BPF by their ids, sockets by their ends, mounts in their namespace. Tools read the tables. What is used and stands in none was taken out of it, and still works."
# custom:
#   id: GST-075
#   compares: [bpf, socket, mount]
#   severity: critical
#   technique: [T1014, T1564]
#   facts: [views]
#   remediation: "Look at what it is (ringwall guest bpf, guest sockets, guest mounts), keep an image of the guest's memory, and rebuild it from a trusted image."
#   messages:
#     bpf: "The BPF {kind} {name} at {address} is missing in: {places}"
#     socket: "The socket {name} at {address} is missing in: {places}"
#     mount: "The mount {name} at {address} is missing in: {places}"
#   source: "kernel/bpf/syscall.c, net/ipv4/inet_hashtables.c, fs/namespace.c"
gst_075 contains guest.hit(case, row.address, args(case, row)) if {
	some row in guest.value("views").hidden
	case := {"program": "bpf", "map": "bpf", "link": "bpf", "socket": "socket", "mount": "mount"}[row.kind]
}

args("bpf", row) := {"kind": row.kind, "name": row.name, "address": row.address, "places": concat(", ", row.missingIn)}

args(case, row) := {"name": row.name, "address": row.address, "places": concat(", ", row.missingIn)} if case != "bpf"

# METADATA
# title: "A mount covers a process in /proc"
# description: "Whoever mounts something over the folder that a process has in /proc hides it from ps and top without touching the kernel. No service mounts there."
# custom:
#   id: GST-076
#   severity: high
#   technique: [T1564.013]
#   facts: [views]
#   remediation: "Look at the process (ringwall guest ps) and at who made the mount; keep an image of the guest's memory if nobody explains it."
#   messages:
#     covered: "In the mount namespace {namespace} {point} is covered by {source} ({type})"
#   source: "MITRE ATT&CK T1564.013; fs/proc/base.c"
gst_076 contains guest.hit("covered", mount.mount, {"namespace": mount.namespace, "point": mount.point, "source": mount.source, "type": mount.type}) if {
	some mount in object.get(guest.value("views"), "covered", [])
}
