# Memory that guests share or leave behind.
package ringwall.controls.vmware_esxi.memory

import data.ringwall.lib.vmware_option

# METADATA
# title: Memory is wiped when a guest or a program ends
# description: >-
#   ESXi wipes memory when it hands it out again, so that what a guest held, keys among it, lies in RAM until somebody
#   else needs the page. Wiped at the end, it is gone when a core dump or a cold memory attack comes.
# custom:
#   id: SCG-esxi-8.memeagerzero
#   severity: high
#   family: MEM
#   facts: ["option.Mem.MemEagerZero"]
#   safe: "1"
#   default: "0"
#   remediation: >-
#     esxcli system settings advanced set -o /Mem/MemEagerZero -i 1
#   disable:
#     how: >-
#       esxcli system settings advanced set -o /Mem/MemEagerZero -i 0 where large guests must stop quickly
#     restart: >-
#       none; holds for guests that end afterwards
#     rollback: >-
#       esxcli system settings advanced set -o /Mem/MemEagerZero -i 1; read it back
#   messages:
#     safe: "Memory is wiped at once"
#     unsafe: "Memory is wiped only when it is used again (MemEagerZero = {found}, wanted {wanted})"
#     absent: "The list of options has no {key}, so that its value is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.memeagerzero; it names DISA STIG ESXI-80-000225
#     and PCI DSS 4.0 3.6.1
#   always: true
scg_esxi_8_memeagerzero := vmware_option.equals("Mem.MemEagerZero", "1")

# METADATA
# title: Guests share no memory pages with each other
# description: >-
#   Equal pages of different guests that become one can be told by the time a write takes; from there a neighbour's keys
#   were read. With 2 only guests with the same salt share, and by default each has its own.
# custom:
#   id: SCG-esxi-8.transparent-page-sharing
#   severity: medium
#   family: MEM
#   facts: ["option.Mem.ShareForceSalting"]
#   safe: "2"
#   default: "2"
#   remediation: >-
#     esxcli system settings advanced set -o /Mem/ShareForceSalting -i 2
#   disable:
#     how: >-
#       esxcli system settings advanced set -o /Mem/ShareForceSalting -i 0 lets all guests share, for a host with a
#       single tenant; better give those guests one sched.mem.pshare.salt
#     restart: >-
#       none; pages that are shared already stay so until the guest restarts or moves
#     rollback: >-
#       esxcli system settings advanced set -o /Mem/ShareForceSalting -i 2; read it back
#   messages:
#     safe: "Guests share pages only under the same salt"
#     unsafe: "Guests of different owners share pages (ShareForceSalting = {found}, wanted {wanted})"
#     absent: "The list of options has no {key}, so that its value is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.transparent-page-sharing; it names DISA STIG
#     ESXI-80-000213
#   always: true
scg_esxi_8_transparent_page_sharing := vmware_option.equals("Mem.ShareForceSalting", "2")
