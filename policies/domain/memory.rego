# Memory: limits, and what is written to disk.
package ringwall.controls.domain.memory

import data.ringwall.lib.domain
import data.ringwall.lib.judge

# METADATA
# title: "Guest RAM excluded from dumps"
# description: >-
#   A core dump with the guest's memory leaves its secrets on the host's disk.
# custom:
#   id: LVX-032
#   severity: medium
#   family: MEM
#   facts: [configured.memory.dump, running.memory.dump]
#   safe: "absent or off"
#   default: "follows dump_guest_core in qemu.conf (guest RAM left out); no core at all while max_core is 0"
#   remediation: "virsh edit DOM: dumpCore='off' in <memory>; stop and start the guest"
#   disable:
#     how: "virsh edit DOM: <memory dumpCore='on'>; stop and start the guest"
#     restart: "guest restart"
#     rollback: "virsh edit DOM: dumpCore='off'; stop and start the guest"
#   messages:
#     safe: "The guest's memory is left out of core dumps, or qemu.conf decides"
#     unsafe: "dumpCore is {found}: core dumps of QEMU hold the guest's memory ({set})"
#   source: "libvirt.org formatdomain, section Memory Allocation (dumpCore); qemu.conf dump_guest_core, max_core"
#   always: true
lvx_032 := domain.verdict(["memory.dump"], true, [domain.lacks(p, "memory.dump", "on") | some p in domain.sets; judge.value(domain.fact(p, "memory.dump")) == "on"])

# METADATA
# title: "memtune hard limit or resource partition"
# description: >-
#   Without a limit a QEMU that leaks or is made to grow takes the memory of its neighbours. Too small a limit
#   ends the guest.
# custom:
#   id: LVX-040
#   severity: low
#   family: MEM
#   facts: [configured.memory.limit, running.memory.limit]
#   safe: "memtune hard_limit, or a resource partition other than /machine, where parameter memory_limits_required is true"
#   default: "absent"
#   remediation: >-
#     virsh memtune DOM --hard-limit SIZE --live --config, or <resource><partition>/machine/NAME</partition></resource>
#   disable:
#     how: "virsh memtune DOM --hard-limit -1 --live --config"
#     restart: "none (virsh memtune)"
#     rollback: "virsh memtune DOM --hard-limit SIZE --live --config"
#   messages:
#     safe: "A limit of memory or a resource partition is set"
#     unsafe: "Neither a hard limit of memory nor a resource partition is set ({set})"
#     notAsked: "The baseline does not ask for limits"
#   source: "libvirt.org formatdomain, section Memory Tuning (whole QEMU process; too small a hard_limit kills the guest)"
lvx_040 := domain.asked("memory_limits_required", ["memory.limit"], true, [domain.lacks(p, "memory.limit", "-") | some p in domain.sets; not judge.present(domain.fact(p, "memory.limit"))])

# METADATA
# title: "Panic and watchdog action safe"
# description: >-
#   A dump holds keys and data of the guest and outlives it.
# custom:
#   id: LVX-042
#   severity: low
#   family: LOG
#   facts: [configured.on_crash, running.on_crash, configured.watchdogs, running.watchdogs]
#   safe: "on_crash is no coredump action and no watchdog dumps"
#   default: "destroy"
#   remediation: "virsh edit DOM: <on_crash>destroy</on_crash>, and no action='dump' in <watchdog>; stop and start the guest"
#   disable:
#     how: "virsh edit DOM: <on_crash>coredump-restart</on_crash>; stop and start the guest"
#     restart: "guest restart"
#     rollback: "virsh edit DOM: <on_crash>destroy</on_crash>; stop and start the guest"
#   messages:
#     safe: "A crash or watchdog does not write the guest's memory to disk"
#     unsafe: "{device}: {found} writes the guest's memory to disk ({set})"
#   source: "libvirt.org formatdomain; libvirt's own test data and QEMU 7.2"
#   always: true
lvx_042 := domain.verdict(["on_crash", "watchdogs"], true, array.concat(
	[domain.lacks(p, "on_crash", a) | some p in domain.sets; a := judge.value(domain.fact(p, "on_crash")); startswith(a, "coredump")],
	[domain.bad(e, e.is.action) | some e in domain.elements("watchdogs"); e.is.action == "dump"],
))
