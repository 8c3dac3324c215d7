# Frames of guests on bridges.
package ringwall.controls.qemu_driver.net

import data.ringwall.lib.judge

# METADATA
# title: MAC filter on bridges
# description: >-
#   With the filter a guest on a bridge sends only with the hardware address it was given. It needs ebtables on the host.
# custom:
#   id: LVQ-026
#   severity: medium
#   family: NET
#   facts: ["conf.mac_filter"]
#   safe: "1"
#   default: "0"
#   remediation: >-
#     mac_filter = 1; restart virtqemud or libvirtd; stop and start the guests
#   disable:
#     how: >-
#       mac_filter = 0 in /etc/libvirt/qemu.conf; restart virtqemud or libvirtd; stop and start the guests
#     restart: >-
#       daemon restart; guests keep running
#     rollback: >-
#       remove the line or set mac_filter = 1; restart virtqemud or libvirtd; stop and start the guests
#   messages:
#     safe: "Frames with a foreign hardware address are dropped"
#     unsafe: "mac_filter is {found}: a guest on a bridge may send with any hardware address"
#   source: >-
#     qemu.conf of libvirt 9.0.0 and of master (qemu.conf.in)
#   always: true
lvq_026 := judge.one_of("conf.mac_filter", {1}, 0)
