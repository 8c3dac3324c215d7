# Channels between guest and host beside the devices.
package ringwall.controls.vmware_vm.channels

import data.ringwall.lib.judge
import data.ringwall.lib.vmware_vm

# METADATA
# title: No VMCI between guests
# description: >-
#   vmci0.unrestricted once opened sockets from guest to guest past every virtual switch. ESXi ignores the key since
#   release 5.1, whatever its value; it still works on older hosts, and it tells that somebody relied on it.
# custom:
#   id: VMX-008
#   severity: info
#   family: DEV
#   facts: [setting.vmci0.unrestricted, host.version]
#   safe: "absent or FALSE; any value where the host ignores it"
#   default: "FALSE; ignored since ESXi 5.1"
#   remediation: >-
#     Delete vmci0.unrestricted, or set it to "FALSE"
#   disable:
#     how: >-
#       None: current releases ignore the key
#     restart: "none"
#     rollback: >-
#       delete the key
#   messages:
#     undefined: "vmci0.unrestricted is not set"
#     safe: "VMCI is restricted to the host"
#     ignored: "vmci0.unrestricted is {found}, which ESXi ignores since 5.1; delete the key"
#     unsafe: "vmci0.unrestricted is {found} on ESXi {version}: guests reach each other past the virtual switches"
#   source: >-
#     VMware vSockets programming guide; docs.vmware.com vSphere 5.5, VMCI
#   always: true
vmx_008 := judge.unreadable(["setting.vmci0.unrestricted"]) if not judge.readable("setting.vmci0.unrestricted")

else := judge.pass("undefined", {}, ["setting.vmci0.unrestricted"]) if judge.absent("setting.vmci0.unrestricted")

else := judge.pass("safe", {}, ["setting.vmci0.unrestricted"]) if vmware_vm.is_false("setting.vmci0.unrestricted")

else := judge.fail("unsafe", {"found": judge.value("setting.vmci0.unrestricted"), "version": judge.value("host.version")}, ["setting.vmci0.unrestricted", "host.version"]) if vmware_vm.host_before_5_1

else := judge.pass("ignored", {"found": judge.value("setting.vmci0.unrestricted")}, ["setting.vmci0.unrestricted"])

# METADATA
# title: VMCI device behind a patched host
# description: >-
#   Every VM has a VMCI device that cannot be removed; an advanced setting vmciUse does not exist. CVE-2025-22224 let an
#   administrator of a guest run code in the VMX process of the host through it, and it was exploited. What decides is
#   the build of the host.
# custom:
#   id: VMX-009
#   severity: info
#   family: DEV
#   facts: [host.version, host.build, vmci]
#   safe: "ESXi 8.0 Update 3d (24585383), 8.0 Update 2d (24585300), 7.0 Update 3s (24585291) or later"
#   default: "present since virtual hardware 7"
#   remediation: >-
#     Patch the host: esxcli software profile update, or vSphere Lifecycle Manager, to a build at or above that of
#     VMSA-2025-0004
#   disable:
#     how: >-
#       None that the vendor supports: the device stays, and vmci0.present = "FALSE" is no control. What can be narrowed is
#       the host side and VMware Tools in the guest
#     restart: "host reboot for the patch"
#     rollback: >-
#       none
#   messages:
#     safe: "ESXi {version} build {build} holds the fix of VMSA-2025-0004"
#     unsafe: "ESXi {version} build {build} lacks the fix of VMSA-2025-0004 (CVE-2025-22224)"
#   source: >-
#     VMSA-2025-0004; VMware vSockets programming guide, VMCI device
#   always: true
#   key50: 42
vmx_009 := judge.unreadable(["host.version", "host.build"]) if not judge.all_readable(["host.version", "host.build"])

else := judge.pass("safe", host, ["host.version", "host.build"]) if vmware_vm.has_vmci_fix

else := judge.fail("unsafe", host, ["host.version", "host.build"])

host := {"version": judge.effective("host.version", "-"), "build": judge.effective("host.build", "-")}

# METADATA
# title: No shared folders
# description: >-
#   The HGFS server of Workstation and Fusion answers the guest's file requests with the rights of the user at the host;
#   guests have broken out through it (CVE-2007-1744, CVE-2008-0923). ESXi has no such server.
# custom:
#   id: VMX-015
#   severity: medium
#   family: DEV
#   facts: [setting.isolation.tools.hgfs.disable, setting.isolation.tools.hgfsServerSet.disable, sharedFolders]
#   safe: "isolation.tools.hgfs.disable TRUE, or no folder shared"
#   default: "FALSE on Workstation; no folder shared"
#   remediation: >-
#     Power the VM off; delete the keys sharedFolderN.*, and set isolation.tools.hgfs.disable = "TRUE"; power on
#   disable:
#     how: >-
#       Power the VM off; isolation.tools.hgfs.disable = "FALSE" and a sharedFolderN with enabled = "TRUE"
#     restart: "VM power off and on"
#     rollback: >-
#       isolation.tools.hgfs.disable = "TRUE"; power off and on
#   messages:
#     disabled: "Shared folders are disabled"
#     safe: "No folder of the host is shared"
#     unsafe: "{device}: folder of the host shared with the guest ({found})"
#     enabled: "{key} is {found}: folders may be shared at any time"
#   source: >-
#     libvirt 9.0.0 vmx test data (sharedfolder.vmx); older VMware hardening guides
#   always: true
vmx_015 := judge.unreadable(hgfs) if not judge.all_readable(hgfs)

else := judge.pass("disabled", {}, [hgfs[0]]) if vmware_vm.is_true(hgfs[0])

else := vmware_vm.devices("sharedFolders", folders) if count(folders) > 0

else := judge.fail("enabled", {"key": trim_prefix(left_on[0], "setting."), "found": judge.value(left_on[0])}, left_on) if count(left_on) > 0

else := judge.pass("safe", {}, ["sharedFolders"])

# left_on: keys that are written and do not switch the server off; guides name the one or the other
left_on := [key | some key in array.slice(hgfs, 0, 2); judge.present(key); not vmware_vm.is_true(key)]

hgfs := ["setting.isolation.tools.hgfs.disable", "setting.isolation.tools.hgfsServerSet.disable", "sharedFolders"]

folders := [vmware_vm.bad("sharedFolders", i, e.path) | some i, e in vmware_vm.elements("sharedFolders")]

# METADATA
# title: Unity and host integration off
# description: >-
#   Unity and GHI let the guest put windows, menus and links on the desktop of the host, and log on by themselves. ESXi
#   has little or no code behind the keys; Workstation and Fusion do. What switches them on there is a key with FALSE.
# custom:
#   id: VMX-016
#   severity: low
#   family: DEV
#   facts: [setting.isolation.tools.ghi.autologon.disable, setting.isolation.ghi.host.shellAction.disable, setting.isolation.tools.unity.disable]
#   safe: "TRUE or not set, each of the three"
#   default: "not set: secure since ESXi 6.0 Patch 5 and 6.5 Update 1"
#   remediation: >-
#     Power the VM off; set the key to "TRUE", or delete it on ESXi; power on
#   disable:
#     how: >-
#       Power the VM off; set the key of the feature to "FALSE"
#     restart: "VM power off and on"
#     rollback: >-
#       set the key to "TRUE", or delete it; power off and on
#   messages:
#     safe: "Unity and host integration are off"
#     unsafe: "{device} is {found}"
#   source: >-
#     blogs.vmware.com 2017/06, secure by default VM; CIS ESXi 6.5 8.4.5
#   always: true
vmx_016 := vmware_vm.all_on_or_undefined(["setting.isolation.tools.ghi.autologon.disable", "setting.isolation.ghi.host.shellAction.disable", "setting.isolation.tools.unity.disable"])

# METADATA
# title: No shrinking of virtual disks from the guest
# description: >-
#   Any user of the guest could start shrinking a disk again and again; the disk is unavailable meanwhile, and its host
#   is busy copying it.
# custom:
#   id: SCG-vm-8.deactivate-disk-shrinking-shrink
#   severity: medium
#   family: DEV
#   facts: [setting.isolation.tools.diskShrink.disable]
#   safe: "TRUE or not set"
#   default: "TRUE"
#   remediation: >-
#     Power the VM off; delete isolation.tools.diskShrink.disable or set it to "TRUE"; power on. PowerCLI: Get-VM NAME |
#     Get-AdvancedSetting isolation.tools.diskShrink.disable | Remove-AdvancedSetting
#   disable:
#     how: >-
#       Power the VM off; isolation.tools.diskShrink.disable = "FALSE" under a waiver
#     restart: "VM power off and on"
#     rollback: >-
#       delete isolation.tools.diskShrink.disable or set it to "TRUE"; power off and on
#   messages:
#     undefined: "isolation.tools.diskShrink.disable is not set: disks cannot be shrunk from the guest"
#     safe: "Disks cannot be shrunk from the guest"
#     unsafe: "isolation.tools.diskShrink.disable is {found}: any user of the guest can shrink its disks"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), vm-8.deactivate-disk-shrinking-shrink; DISA vSphere 8 STIG v2r3, VMCH-80-000193
#   always: true
scg_vm_8_deactivate_disk_shrinking_shrink := vmware_vm.on_or_undefined("setting.isolation.tools.diskShrink.disable")

# METADATA
# title: No wiping of free disk space from the guest
# description: >-
#   Wiping writes over all free space before a disk is shrunk. Started by any user of the guest it grows a thin disk to
#   its full size and can fill the datastore for every VM on it.
# custom:
#   id: SCG-vm-8.deactivate-disk-shrinking-wiper
#   severity: medium
#   family: DEV
#   facts: [setting.isolation.tools.diskWiper.disable]
#   safe: "TRUE or not set"
#   default: "TRUE"
#   remediation: >-
#     Power the VM off; delete isolation.tools.diskWiper.disable or set it to "TRUE"; power on. PowerCLI: Get-VM NAME |
#     Get-AdvancedSetting isolation.tools.diskWiper.disable | Remove-AdvancedSetting
#   disable:
#     how: >-
#       Power the VM off; isolation.tools.diskWiper.disable = "FALSE" under a waiver
#     restart: "VM power off and on"
#     rollback: >-
#       delete isolation.tools.diskWiper.disable or set it to "TRUE"; power off and on
#   messages:
#     undefined: "isolation.tools.diskWiper.disable is not set: free space cannot be wiped from the guest"
#     safe: "Free space cannot be wiped from the guest"
#     unsafe: "isolation.tools.diskWiper.disable is {found}: any user of the guest can fill the datastore by wiping free space"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), vm-8.deactivate-disk-shrinking-wiper; DISA vSphere 8 STIG v2r3, VMCH-80-000194
#   always: true
scg_vm_8_deactivate_disk_shrinking_wiper := vmware_vm.on_or_undefined("setting.isolation.tools.diskWiper.disable")

# METADATA
# title: Size of what the guest reports limited
# description: >-
#   VMware Tools reports values that the host writes into the .vmx. Without a limit a guest can fill the datastore with
#   them, and with it every VM there stops.
# custom:
#   id: SCG-vm-8.limit-setinfo-size
#   severity: medium
#   family: DEV
#   facts: [setting.tools.setInfo.sizeLimit]
#   safe: "1 to 1048576 (bytes), or not set"
#   default: "1048576"
#   remediation: >-
#     Power the VM off; delete tools.setInfo.sizeLimit or set it to "1048576"; power on. PowerCLI: Get-VM NAME |
#     Get-AdvancedSetting tools.setInfo.sizeLimit | Remove-AdvancedSetting
#   disable:
#     how: >-
#       Power the VM off; tools.setInfo.sizeLimit = a larger number, under a waiver
#     restart: "VM power off and on"
#     rollback: >-
#       delete tools.setInfo.sizeLimit or set it to "1048576"; power off and on
#   messages:
#     undefined: "tools.setInfo.sizeLimit is not set, which means 1048576 bytes"
#     safe: "What the guest reports is limited to {found} bytes"
#     unsafe: "tools.setInfo.sizeLimit is {found}"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), vm-8.limit-setinfo-size; DISA vSphere 8 STIG v2r3, VMCH-80-000196
#   always: true
scg_vm_8_limit_setinfo_size := vmware_vm.limited("setting.tools.setInfo.sizeLimit", 1048576)

# METADATA
# title: Host hidden from the guest
# description: >-
#   With host information on, any program of the guest reads CPU and memory figures of its host: it learns how busy its
#   neighbours are, and when an attack through shared caches pays.
# custom:
#   id: SCG-vm-8.restrict-host-info
#   severity: medium
#   family: DEV
#   facts: [setting.tools.guestlib.enableHostInfo]
#   safe: "FALSE or not set"
#   default: "FALSE"
#   remediation: >-
#     Power the VM off; delete tools.guestlib.enableHostInfo or set it to "FALSE"; power on. PowerCLI: Get-VM NAME |
#     Get-AdvancedSetting tools.guestlib.enableHostInfo | Remove-AdvancedSetting
#   disable:
#     how: >-
#       Power the VM off; tools.guestlib.enableHostInfo = "TRUE" under a waiver
#     restart: "VM power off and on"
#     rollback: >-
#       delete tools.guestlib.enableHostInfo or set it to "FALSE"; power off and on
#   messages:
#     undefined: "tools.guestlib.enableHostInfo is not set: the guest learns nothing of its host"
#     safe: "The guest learns nothing of its host"
#     unsafe: "The guest can read figures of its host ({found})"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), vm-8.restrict-host-info; DISA vSphere 8 STIG v2r3, VMCH-80-000198
#   always: true
scg_vm_8_restrict_host_info := vmware_vm.off("setting.tools.guestlib.enableHostInfo")
