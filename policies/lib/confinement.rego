# How guest processes are confined. Facts: qemu.labels [{pid, name, label, why?}] and qemu.users [{pid, name, uids, user?, why?}].
package ringwall.lib.confinement

import data.ringwall.lib.judge

labels := judge.value("qemu.labels")

# A guest's own domain: SELinux's svirt with a pair of categories of its own, or a profile made for this one guest in enforce mode.
confined(label) if regex.match(`^[^:]+:[^:]+:svirt(_tcg)?_t:s[0-9]+(-s[0-9]+)?:c[0-9]+,c[0-9]+$`, label)

confined(label) if regex.match(`^libvirt-[0-9a-fA-F-]{36} \(enforce\)$`, label)

confined(label) if regex.match(`^(lxd|incus)-.+ \(enforce\)$`, label)

# unconfined: guests that were read and are not confined, in words.
unconfined := [sprintf("%s (pid %d: %s)", [process.name, process.pid, shown(process.label)]) |
	some process in labels
	is_string(process.label)
	not confined(process.label)
]

shown(label) := label if label != ""

shown("") := "no label"

# unread: guests whose label could not be read.
unread := [process.name | some process in labels; process.label == null]

users := judge.value("qemu.users")

superusers := [sprintf("%s (pid %d)", [process.name, process.pid]) | some process in users; 0 in process.uids]

unread_users := [process.name | some process in users; process.uids == null]

# partly: unknown because some of the guests could not be read.
partly(names, facts) := {
	"verdict": "unknown",
	"reason": "unreadable",
	"case": "partly",
	"args": {"found": names},
	"facts": facts,
}
