# Differences between what is configured, what runs, and how QEMU was started.
package ringwall.controls.domain.drift

import data.ringwall.lib.domain
import data.ringwall.lib.judge

# METADATA
# title: "Configured, running and command-line state agree"
# description: >-
#   A guest that runs otherwise than its file says was changed behind the file, or will change at its next start:
#   neither is what was reviewed. Values that libvirt fills in at start (ports, addresses, paths, labels, the
#   model behind host-model) are not compared.
# custom:
#   id: LVX-900
#   severity: medium
#   family: LOG
#   facts: [configured.document, running.document, configured.type, running.type, configured.arch, running.arch, configured.machine.type, running.machine.type, configured.cpu.model, running.cpu.model, configured.memory.backing, running.memory.backing, configured.memory.dump, running.memory.dump, configured.features.vmport, running.features.vmport, configured.on_crash, running.on_crash, configured.loader, running.loader, configured.launchsecurity, running.launchsecurity, configured.raw, running.raw, configured.nics, running.nics, configured.disks, running.disks, configured.graphics, running.graphics, configured.video, running.video, configured.hostdevs, running.hostdevs, configured.tpm, running.tpm, configured.filesystems, running.filesystems, configured.shmem, running.shmem, configured.sounds, running.sounds, configured.redirections, running.redirections, configured.watchdogs, running.watchdogs, configured.chardevs, running.chardevs, configured.seclabels, running.seclabels, configured.balloon, running.balloon, configured.vsock, running.vsock]
#   safe: "no difference in the facts that docs/facts/domain.md lists as compared"
#   default: "no difference until the file or the guest is changed alone"
#   remediation: "compare virsh dumpxml DOM with virsh dumpxml --inactive DOM; make the change in the file too (virsh ... --live --config), or stop and start the guest"
#   disable:
#     how: "n/a: changes made with --live alone or --config alone make the states differ"
#     restart: "guest restart brings the running state back to the file"
#     rollback: "make the change in both, or undo it"
#   messages:
#     same: "The same in every state that was compared: {found}"
#     differs: "Differs: {found}"
#     alone: "The guest has one state only: it does not run, or one document was named"
#   source: "libvirt.org formatdomain; what libvirt fills in: libvirt 9.0.0 qemu_domain.c and qemu_process.c"
lvx_900 := judge.fail("differs", {"device": {d.name | some d in differences}, "found": concat("; ", [d.text | some d in differences])}, places) if count(differences) > 0

else := judge.unreadable(domain.unreadable) if count(domain.unreadable) > 0

else := judge.not_applicable("alone", {}, domain.documents) if count(compared) < 2

else := judge.pass("same", {"found": compared}, domain.documents)

both if count(domain.sets) == 2

has_command_line if {
	some name, _ in input.facts
	startswith(name, "argv.")
	judge.readable(name)
}

compared := array.concat(domain.sets, [s | s := "argv"; has_command_line])

# what is compared with the command line: the running state, else the file
nearest := domain.sets[count(domain.sets) - 1]

differences := array.concat(array.concat(scalars, lists), command_line)

places := array.concat(
	[domain.fact(p, name) | some name in {d.name | some d in differences}; some p in domain.sets],
	[domain.fact("argv", d.name) | some d in command_line],
)

value(set, name) := object.get(input.facts[domain.fact(set, name)], "value", null)

members(set, name) := object.get(input.facts[domain.fact(set, name)], "value", [])

difference(name, subject, first, found_first, second, found_second) := {
	"name": name,
	"text": sprintf("%s %s: %v %s, %v %s", [name, subject, shown(found_first), first, shown(found_second), second]),
}

shown(x) := "-" if x == null

shown(x) := x if {
	x != null
	not is_object(x)
}

shown({}) := "present"

shown(x) := concat(" ", [sprintf("%s=%v", [name, member]) | some name, member in x]) if {
	is_object(x)
	count(x) > 0
}

scalars := [difference(name, "", "configured", a, "running", b) |
	both
	some name in ["type", "arch", "machine.type", "cpu.model", "memory.backing", "memory.dump", "features.vmport", "on_crash", "launchsecurity"]
	a := value("configured", name)
	b := value("running", name)
	a != b
	not filled_in(name, a)
]

# what libvirt replaces or adds when a domain is defined or started
filled_in("cpu.model", a) if a in {null, "host-model"}

filled_in("machine.type", a) if a in {null, "pc", "q35", "virt", "pseries", "s390-ccw-virtio"}

filled_in("on_crash", null)

filled_in("arch", _) if judge.absent("configured.arch")

# tables: per list fact the identity of each element and what of it is compared
tables := {set: {
	"nics": {key(n): object.filter(n, nic_members(n)) | some n in members(set, "nics")},
	"disks": {d.target: object.filter(d, disk_members(d)) | some d in members(set, "disks")},
	"video": {v.device: object.filter(v, ["model"]) | some v in members(set, "video")},
	"graphics": {sprintf("%s[%d]", [g.device, i]): graphics_members(g) | some i, g in members(set, "graphics")},
	"hostdevs": {concat(" ", [h.type, object.get(h, "address", "-")]): {} | some h in members(set, "hostdevs"); h.via == "hostdev"},
	"tpm": {t.device: object.filter(t, ["model", "backend", "version", "encrypted"]) | some t in members(set, "tpm")},
	"filesystems": {f.device: object.filter(f, ["driver", "accessmode", "readonly"]) | some f in members(set, "filesystems")},
	"shmem": {s.device: object.filter(s, ["model"]) | some s in members(set, "shmem")},
	"sounds": {s.device: object.filter(s, ["model"]) | some s in members(set, "sounds")},
	"redirections": {r.device: object.filter(r, ["bus", "type"]) | some r in members(set, "redirections")},
	"watchdogs": {w.device: object.filter(w, ["model", "action"]) | some w in members(set, "watchdogs")},
	"chardevs": {chardev(c): {} | some c in members(set, "chardevs")},
	"raw": {r: {} | some r in members(set, "raw")},
	"seclabels": {concat(" ", [l.type, object.get(l, "label", "-")]): {} | some l in members(set, "seclabels"); l.type != "dynamic"},
	"vsock": {"vsock": {} | value(set, "vsock")},
	"balloon": {"balloon": {"model": b.model} | b := value(set, "balloon"); b != null},
	"loader": {"loader": object.filter(l, ["path", "readonly", "secure"]) | l := value(set, "loader"); l.path},
} |
	both
	some set in domain.sets
}

key(nic) := object.get(nic, "mac", nic.device)

# an interface of type network becomes another when it runs
nic_members(nic) := ["model"] if nic.type in {"network", "bridge", "direct", "hostdev"}

else := ["model", "type"]

# a guest changes the medium of its own drives, and a volume becomes a path
disk_members(disk) := ["device", "bus", "format", "cache", "readonly"] if disk.device in {"cdrom", "floppy"}

else := ["device", "bus", "cache", "readonly"] if disk.type == "volume"

else := ["device", "bus", "format", "cache", "readonly", "source"]

graphics_members(g) := object.filter(g, ["type", "kind", "address"]) if g.kind == "address"

else := object.filter(g, ["type", "kind"])

# paths of sockets and terminals are made up at start
chardev(c) := concat(" ", [c.use, c.type, object.get(c, "mode", "-"), object.get(c, "address", "-")]) if c.type in {"tcp", "udp", "dev", "file"}

else := concat(" ", [c.use, c.type])

lists := [d |
	both
	some name, configured in tables.configured
	running := tables.running[name]
	some subject in (object.keys(configured) | object.keys(running))
	a := object.get(configured, subject, null)
	b := object.get(running, subject, null)
	a != b
	not started_with(name, subject, a, b)
	d := difference(name, subject, "configured", a, "running", b)
]

# firmware that libvirt chose at start, and graphics whose address qemu.conf gives
started_with("loader", _, null, _)

started_with("graphics", subject, a, _) if {
	a.kind == "address"
	some i, g in members("configured", "graphics")
	sprintf("%s[%d]", [g.device, i]) == subject
	not g.given
}

# the command line: what can be told from it without doubt
command_line := array.concat(
	[difference(name, "", nearest, a, "argv", b) |
		has_command_line
		some name in ["machine.type", "nics", "video", "graphics", "hostdevs", "loader"]
		judge.readable(domain.fact("argv", name))
		a := outline(nearest, name)
		b := outline("argv", name)
		a != b
		not filled_in(name, a)
	],
	[difference("memory.backing", "shared", nearest, a, "argv", b) |
		has_command_line
		a := value(nearest, "memory.backing").shared
		b := value("argv", "memory.backing").shared
		a != b
	],
)

outline(set, "machine.type") := value(set, "machine.type")

outline(set, "nics") := sort([n.model | some n in members(set, "nics")])

outline(set, "video") := sort([v.model | some v in members(set, "video"); v.model != "none"])

outline(set, "graphics") := sort([concat(" ", [g.type, object.get(g, "address", "-")]) |
	some g in members(set, "graphics")
	g.kind == "address"
])

outline(set, "hostdevs") := sort([h.type | some h in members(set, "hostdevs"); h.type in {"pci", "usb"}])

outline(set, "loader") := value(set, "loader").path
