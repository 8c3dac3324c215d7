# Devices that a guest is given: each is host code that the guest can reach.
package ringwall.controls.domain.devices

import data.ringwall.lib.domain
import data.ringwall.lib.judge

# METADATA
# title: "No floppy device"
# description: >-
#   The emulated floppy controller is old code that every access of the guest can reach; CVE-2015-3456 (VENOM)
#   broke out through it.
# custom:
#   id: LVX-001
#   severity: medium
#   family: DEV
#   facts: [configured.floppies, running.floppies]
#   safe: "absent"
#   default: "absent"
#   remediation: >-
#     virsh edit DOM: remove the <disk device='floppy'> and the floppy controller (CVE-2015-3456 class); stop and start
#     the guest
#   disable:
#     how: "virsh edit DOM: add <disk type='file' device='floppy'> under a waiver; stop and start the guest"
#     restart: "guest restart"
#     rollback: "virsh edit DOM: remove the <disk device='floppy'>; stop and start the guest"
#   messages:
#     safe: "No floppy drive or controller"
#     unsafe: "Floppy {found} {device} ({set})"
#   source: "libvirt corpus has 14 such files"
#   always: true
lvx_001 := domain.verdict(["floppies"], true, [domain.bad(e, e.is.kind) | some e in domain.elements("floppies")])

# METADATA
# title: "Paravirtual or modern NIC"
# description: >-
#   Models of the 1990s are emulated register by register in little-tested code. libvirt gives an interface
#   without a model rtl8139 on x86, so leaving the model out is no safe choice.
# custom:
#   id: LVX-002
#   severity: medium
#   family: DEV
#   facts: [configured.nics, running.nics]
#   safe: "not in [ne2k_pci, ne2k_isa, pcnet, rtl8139] ; e1000 is a warning"
#   default: "rtl8139 on x86 when QEMU has it, else e1000, else virtio (a domain written without a model therefore fails this control); virtio on arm virt, riscv and s390"
#   remediation: "virsh edit DOM: <model type='virtio'/> in the <interface>; stop and start the guest"
#   disable:
#     how: "virsh edit DOM: <model type='rtl8139'/> in the one <interface>; stop and start the guest"
#     restart: "guest restart"
#     rollback: "virsh edit DOM: <model type='virtio'/>; stop and start the guest"
#   messages:
#     safe: "Network interfaces are paravirtual or modern models"
#     emulated: "{device}: model {found} is emulated hardware, larger than virtio but maintained ({set})"
#     unsafe: "{device}: network model {found} ({set})"
#     none: "The guest has no emulated network interface"
#   source: "libvirt 9.0.0 qemu_domain.c qemuDomainDefaultNetModel"
lvx_002 := judge.pass("emulated", domain.arguments(dated_nics), domain.places(dated_nics)) if {
	domain.judged
	count(legacy_nics) == 0
	count(dated_nics) > 0
}

else := domain.verdict(["nics"], has_modelled_nic, legacy_nics)

legacy_nics := [domain.bad(e, domain.shown(e.is.model, e.is.given)) |
	some e in domain.elements("nics")
	e.is.model in {"ne2k_pci", "ne2k_isa", "pcnet", "rtl8139"}
]

dated_nics := [domain.bad(e, e.is.model) | some e in domain.elements("nics"); e.is.model == "e1000"]

default has_modelled_nic := false

has_modelled_nic if {
	some e in domain.elements("nics")
	e.is.model
}

# METADATA
# title: "Video model minimal"
# description: >-
#   cirrus, qxl and vmvga carry blitters and command rings that guests have broken out through. libvirt gives
#   graphics without a video model cirrus on x86.
# custom:
#   id: LVX-003
#   severity: low
#   family: DEV
#   facts: [configured.video, running.video]
#   safe: "virtio, none, bochs, vga or ramfb; cirrus, vmvga and qxl fail"
#   default: "cirrus on x86 when QEMU has it, else vga (a domain written without a model is flagged); virtio on arm virt, riscv and s390"
#   remediation: >-
#     virsh edit DOM: <video><model type='virtio'/></video>, or type='none' where no console is needed; stop and start
#     the guest
#   disable:
#     how: "virsh edit DOM: <video><model type='qxl'/></video>; stop and start the guest"
#     restart: "guest restart"
#     rollback: "virsh edit DOM: <video><model type='virtio'/></video>; stop and start the guest"
#   messages:
#     safe: "Video models are minimal"
#     unsafe: "{device}: video model {found} ({set})"
#     none: "The guest has no video device"
#   source: "libvirt 9.0.0 qemu_domain.c qemuDomainDefaultVideoDevice"
lvx_003 := domain.verdict(["video"], domain.any("video"), [domain.bad(e, domain.shown(e.is.model, e.is.given)) |
	some e in domain.elements("video")
	not e.is.model in {"virtio", "none", "bochs", "vga", "ramfb"}
])

# METADATA
# title: "No 3D acceleration"
# description: >-
#   With 3D acceleration the guest's drawing commands are translated and run by the host's graphics stack.
# custom:
#   id: LVX-004
#   severity: medium
#   family: DEV
#   facts: [configured.video, running.video, configured.video.acceleration, running.video.acceleration]
#   safe: "absent or no"
#   default: "off when absent"
#   remediation: >-
#     virsh edit DOM: <acceleration accel3d='no'/> in the <model> of <video>, and <gl enable='no'/> in <graphics>; stop
#     and start the guest
#   disable:
#     how: "virsh edit DOM: <acceleration accel3d='yes'/> in the <model> of <video>; stop and start the guest"
#     restart: "guest restart"
#     rollback: "virsh edit DOM: <acceleration accel3d='no'/>; stop and start the guest"
#   messages:
#     safe: "3D acceleration is off"
#     unsafe: "{device}: 3D acceleration is on ({set})"
#     none: "The guest has no video device"
#   source: "libvirt.org formatdomain, section Video devices; doubt: default not stated"
lvx_004 := domain.verdict(["video", "video.acceleration"], domain.any("video"), [domain.bad(e, "accel3d=yes") |
	some e in domain.elements("video.acceleration")
	e.is.accel3d
])

# METADATA
# title: "No sound device on servers"
# description: >-
#   Servers need no sound; each emulated card is host code that the guest drives.
# custom:
#   id: LVX-005
#   severity: low
#   family: DEV
#   facts: [configured.sounds, running.sounds]
#   safe: "absent"
#   default: "absent"
#   remediation: "virsh edit DOM: remove <sound>; stop and start the guest"
#   disable:
#     how: "virsh edit DOM: add <sound model='ich9'/>; stop and start the guest"
#     restart: "guest restart"
#     rollback: "virsh edit DOM: remove <sound>; stop and start the guest"
#   messages:
#     safe: "No sound device"
#     unsafe: "{device}: sound device {found} ({set})"
#   source: "libvirt.org formatdomain, section Sound devices"
#   always: true
lvx_005 := domain.verdict(["sounds"], true, [domain.bad(e, e.is.model) | some e in domain.elements("sounds")])

# METADATA
# title: "No USB redirection"
# description: >-
#   A redirection device lets whoever holds the console plug USB devices into the guest from afar.
# custom:
#   id: LVX-006
#   severity: medium
#   family: DEV
#   facts: [configured.redirections, running.redirections]
#   safe: "absent"
#   default: "absent"
#   remediation: "virsh edit DOM: remove <redirdev>; stop and start the guest"
#   disable:
#     how: >-
#       virsh edit DOM: add <redirdev bus='usb' type='spicevmc'/> with a <redirfilter> that names the devices; stop and
#       start the guest
#     restart: "hot-unplug"
#     rollback: "virsh detach-device"
#   messages:
#     safe: "No USB redirection"
#     unsafe: "{device}: USB redirection over {found} ({set})"
#   source: "libvirt.org formatdomain; libvirt's own test data and QEMU 7.2"
#   always: true
lvx_006 := domain.verdict(["redirections"], true, [domain.bad(e, e.is.type) | some e in domain.elements("redirections")])

# METADATA
# title: "No USB host device pass-through"
# description: >-
#   The guest talks to the device's firmware directly, and QEMU parses what the device answers.
# custom:
#   id: LVX-007
#   severity: high
#   family: DEV
#   facts: [configured.hostdevs, running.hostdevs]
#   safe: "absent unless waived"
#   default: "absent"
#   remediation: "virsh detach-device DOM usb.xml --live --config"
#   disable:
#     how: "virsh attach-device DOM usb.xml --live --config (vendor and product id, or bus and address); waiver names the device"
#     restart: "none"
#     rollback: "virsh detach-device DOM usb.xml --live --config"
#   messages:
#     safe: "No USB device of the host is given to the guest"
#     unsafe: "{device}: USB device {found} of the host is given to the guest ({set})"
#   source: "libvirt.org formatdomain, section Host device assignment"
#   always: true
#   key50: 26
lvx_007 := domain.verdict(["hostdevs"], true, [domain.bad(e, object.get(e.is, "address", "usb")) |
	some e in domain.elements("hostdevs")
	e.is.type == "usb"
])

# METADATA
# title: "No inter-VM shared memory"
# description: >-
#   Guests that share memory share a channel that nothing watches.
# custom:
#   id: LVX-009
#   severity: high
#   family: DEV
#   facts: [configured.shmem, running.shmem]
#   safe: "absent"
#   default: "absent"
#   remediation: "virsh edit DOM: remove <shmem>; stop and start the guest"
#   disable:
#     how: >-
#       virsh edit DOM: add <shmem name='NAME'><model type='ivshmem-plain'/></shmem> to the guests that share it; stop
#       and start the guest
#     restart: "guest restart"
#     rollback: "virsh edit DOM: remove <shmem>; stop and start the guest"
#   messages:
#     safe: "No memory is shared between guests"
#     unsafe: "{device}: memory shared between guests ({found}, {set})"
#   source: "libvirt.org formatdomain; libvirt's own test data and QEMU 7.2"
#   always: true
lvx_009 := domain.verdict(["shmem"], true, [domain.bad(e, e.is.model) | some e in domain.elements("shmem")])

# METADATA
# title: "No host directory shared into guest"
# description: >-
#   A shared directory lets the guest reach the host's file system through a server that parses its requests.
#   passthrough is libvirt's default and the only mode of virtiofs.
# custom:
#   id: LVX-010
#   severity: high
#   family: DEV
#   facts: [configured.filesystems, running.filesystems]
#   safe: "absent, else readonly and accessmode != passthrough"
#   default: "absent"
#   remediation: "virsh edit DOM: remove <filesystem>; carry files over the network or on a disk; stop and start the guest"
#   disable:
#     how: >-
#       virsh edit DOM: <filesystem type='mount' accessmode='mapped'> with <readonly/> and one folder of its own as
#       source; stop and start the guest
#     restart: "guest restart"
#     rollback: "virsh edit DOM: remove <filesystem>; stop and start the guest"
#   messages:
#     safe: "No host directory is shared, or only read-only and mapped"
#     unsafe: "{device}: host directory shared ({found}, {set})"
#   source: "libvirt.org formatdomain; libvirt's own test data and QEMU 7.2"
#   always: true
lvx_010 := domain.verdict(["filesystems"], true, [domain.bad(e, concat(" ", [e.is.driver, e.is.accessmode, access(e.is.readonly)])) |
	some e in domain.elements("filesystems")
	e.is.type != "ram"
	not is_confined(e.is)
])

is_confined(filesystem) if {
	filesystem.readonly
	filesystem.accessmode != "passthrough"
}

access(true) := "readonly"

access(false) := "writable"

# METADATA
# title: "No raw QEMU arguments"
# description: >-
#   What stands in the qemu namespace is checked by nobody: libvirt neither labels nor confines what it opens.
# custom:
#   id: LVX-011
#   severity: high
#   family: DEV
#   facts: [configured.raw, running.raw]
#   safe: "absent"
#   default: "absent"
#   remediation: >-
#     virsh edit DOM: remove <qemu:commandline>, <qemu:capabilities> and <qemu:override>, which bypass libvirt's checks;
#     use libvirt's own elements; stop and start the guest
#   disable:
#     how: "virsh edit: add qemu:commandline with the one argument (bypasses libvirt checks and marks the domain tainted)"
#     restart: "guest restart (stop and start)"
#     rollback: "virsh edit: remove the element and the xmlns:qemu declaration; stop and start"
#   messages:
#     safe: "Nothing is handed to QEMU past libvirt"
#     unsafe: "Handed to QEMU past libvirt: {found} ({set})"
#   source: "libvirt.org drvqemu, \"Pass-through of arbitrary qemu commands\" and qemu:override"
#   always: true
#   key50: 28
lvx_011 := domain.verdict(["raw"], true, [domain.bad_as(e, "qemu", e.is) | some e in domain.elements("raw")])

# METADATA
# title: "No serial/parallel to network or host device"
# description: >-
#   A serial console is a login. Over tcp without TLS it crosses the network in clear; a device or file of the
#   host is host code or disk that the guest fills.
# custom:
#   id: LVX-013
#   severity: medium
#   family: DEV
#   facts: [configured.serials, running.serials]
#   safe: "absent; tcp needs tls='yes'"
#   default: "pty"
#   remediation: "virsh edit DOM: <serial type='pty'>, read with virsh console; stop and start the guest"
#   disable:
#     how: >-
#       virsh edit DOM: <serial type='tcp'> with <source mode='bind' host='ADDR' service='PORT' tls='yes'/>; stop and
#       start the guest
#     restart: "guest restart"
#     rollback: "virsh edit DOM: <serial type='pty'>; stop and start the guest"
#   messages:
#     safe: "Serial ports and consoles stay inside the host; there is no parallel port"
#     unsafe: "{device}: connected to {found} ({set})"
#   source: "libvirt.org formatdomain; libvirt's own test data and QEMU 7.2"
#   always: true
lvx_013 := domain.verdict(["serials"], true, [domain.bad(e, concat(" ", [e.is.type, object.get(e.is, "address", "-")])) |
	some e in domain.elements("serials")
	leaves_host(e.is)
])

leaves_host(port) if port.use == "parallel"

leaves_host(port) if port.type in {"udp", "dev", "file"}

leaves_host(port) if {
	port.type == "tcp"
	not port.tls
}

# METADATA
# title: "Rate-limited host RNG"
# description: >-
#   Without a rate one guest drains what the host's random number source can give, and others wait.
# custom:
#   id: LVX-034
#   severity: low
#   family: DEV
#   facts: [configured.rng, running.rng]
#   safe: "backend /dev/urandom or /dev/random with rate, else none"
#   default: "absent"
#   remediation: "virsh edit DOM: <rate bytes='1024' period='1000'/> in <rng>; stop and start the guest"
#   disable:
#     how: "virsh edit DOM: remove <rate> from <rng>; stop and start the guest"
#     restart: "guest restart"
#     rollback: "virsh edit DOM: <rate bytes='1024' period='1000'/>; stop and start the guest"
#   messages:
#     safe: "No random number device, or one that is limited"
#     unsafe: "{device}: random numbers from {found} without a rate, or from a source that is not the kernel's ({set})"
#   source: "libvirt.org formatdomain; libvirt's own test data and QEMU 7.2"
#   always: true
lvx_034 := domain.verdict(["rng"], true, [domain.bad(e, concat(" ", [e.is.backend, object.get(e.is, "source", "-")])) |
	some e in domain.elements("rng")
	not is_limited(e.is)
])

is_limited(rng) if {
	rng.rate
	rng.backend == "random"
	rng.source in {"/dev/urandom", "/dev/random"}
}

is_limited(rng) if {
	rng.rate
	rng.backend == "builtin"
}

# METADATA
# title: "Guest agent commands limited"
# description: >-
#   Through the agent the host runs programs and reads files inside the guest. What it blocks stands in qemu-
#   ga.conf inside the guest, which is not read from outside: the baseline says what the guests' images block.
# custom:
#   id: LVX-039
#   severity: medium
#   family: DEV
#   facts: [configured.agent, running.agent]
#   safe: "guest-exec and guest-file-* stand in parameter guest_agent_blocked_rpcs"
#   default: "allowed"
#   remediation: "Inside the guest: block-rpcs=guest-exec,guest-file-open,... in /etc/qemu/qemu-ga.conf; restart qemu-guest-agent"
#   disable:
#     how: "Inside the guest: take the one RPC out of block-rpcs; restart qemu-guest-agent"
#     restart: "guest agent restart inside the guest"
#     rollback: "Inside the guest: put it into block-rpcs again; restart qemu-guest-agent"
#   messages:
#     safe: "The guests' agents are said to block running programs and reading files"
#     unsafe: "{device}: the guest agent answers {found} ({set})"
#     none: "The guest has no channel for the guest agent"
#   source: "qemu-ga(8) block-rpcs (older: blacklist)"
lvx_039 := judge.not_applicable("none", {}, domain.named(["agent"])) if {
	domain.judged
	not domain.any("agent")
}

else := judge.unreadable(domain.blocked) if not domain.any("agent")

else := judge.parameter_not_set("guest_agent_blocked_rpcs", domain.named(["agent"])) if not judge.parameter("guest_agent_blocked_rpcs")

else := domain.verdict(["agent"], true, [domain.bad(e, concat(" ", open_rpcs)) |
	count(open_rpcs) > 0
	some e in domain.elements("agent")
])

blocked_rpcs := {r | some r in judge.parameter("guest_agent_blocked_rpcs")}

open_rpcs := [r | some r in ["guest-exec", "guest-file-open", "guest-file-read", "guest-file-write"]; not is_blocked(r)]

is_blocked(rpc) if rpc in blocked_rpcs

is_blocked(rpc) if {
	startswith(rpc, "guest-file-")
	"guest-file-*" in blocked_rpcs
}
