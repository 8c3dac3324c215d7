# Assignment of devices.
package ringwall.controls.qemu_driver.iom

import data.ringwall.lib.judge

# METADATA
# title: ACS check not relaxed
# description: >-
#   Behind a switch without ACS a device can reach its neighbours without passing the IOMMU. By default libvirt refuses to assign
#   such a device.
# custom:
#   id: LVQ-027
#   severity: high
#   family: IOM
#   facts: ["conf.relaxed_acs_check"]
#   safe: "0 or not set"
#   default: "0"
#   remediation: >-
#     Remove relaxed_acs_check = 1; restart virtqemud or libvirtd; stop and start the guests
#   disable:
#     how: >-
#       relaxed_acs_check = 1 in /etc/libvirt/qemu.conf; restart virtqemud or libvirtd; stop and start the guests
#     restart: >-
#       daemon restart; guests keep running
#     rollback: >-
#       remove the line or set relaxed_acs_check = 0; restart virtqemud or libvirtd; stop and start the guests
#   messages:
#     safe: "Devices behind a switch without ACS are not assigned"
#     unsafe: "relaxed_acs_check is {found}: devices that can reach others past the IOMMU may be assigned"
#   source: >-
#     qemu.conf of libvirt 9.0.0 and of master (qemu.conf.in)
#   always: true
lvq_027 := judge.one_of("conf.relaxed_acs_check", {0}, 0)
