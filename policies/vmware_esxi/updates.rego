# Which release a host runs.
package ringwall.controls.vmware_esxi.updates

import data.ringwall.lib.vmware_sites

# METADATA
# title: The release of ESXi is under general support
# description: >-
#   Once general support has ended no more fixes come, while new ways out of a guest keep being found: a host of 7.0
#   stays open to what was published after 2 October 2025.
# custom:
#   id: SCG-esxi-8.supported
#   severity: high
#   family: UPD
#   facts: ["product"]
#   safe: "a release whose general support has not ended"
#   default: "the release that was installed"
#   remediation: >-
#     Upgrade the cluster with vSphere Lifecycle Manager, vCenter first
#   disable:
#     how: >-
#       no single switch: a host that must stay on an old release is named in a waiver and kept in a network of its own
#     restart: >-
#       host reboot (evacuate first)
#     rollback: >-
#       upgrade
#   messages:
#     safe: "Release {found} is supported until {until}"
#     unsafe: "Support of release {found} ended on {until}"
#     unrecognised: "No end of support is known for release {found}; vsphere_support can name it"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.supported; it names DISA STIG ESXI-80-000221 and
#     PCI DSS 4.0 6.3.3
#   always: true
scg_esxi_8_supported := vmware_sites.supported("product")

# METADATA
# title: Updates of ESXi are installed
# description: >-
#   CVE-2025-22224, -22225 and -22226 took guests out of their sandbox on hosts that had not been updated, and were used
#   before the patch was out. Only the build number says whether a host has the fix.
# custom:
#   id: SCG-esxi-8.updates
#   severity: high
#   family: UPD
#   facts: ["product"]
#   safe: "at least the build that esxi_builds names for the release"
#   default: "behind"
#   remediation: >-
#     Install the current patch with vSphere Lifecycle Manager (esxcli software profile update -d DEPOT -p PROFILE for a
#     single host), vCenter first
#   disable:
#     how: >-
#       no single switch: a host that cannot be patched yet is named in a waiver with its end
#     restart: >-
#       host reboot (evacuate first); live patches of 8.0 U3 without
#     rollback: >-
#       install the update
#   messages:
#     safe: "{found} is current"
#     unsafe: "{found} is behind build {wanted}"
#     unnamed: "{found}: esxi_builds names no build for this release"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.updates; it names DISA STIG ESXI-80-000221 and
#     PCI DSS 4.0 6.3.3
#   always: true
scg_esxi_8_updates := vmware_sites.current("product", "esxi_builds")
