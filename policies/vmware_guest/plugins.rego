# What VMware Tools tells the host, and does for it.
package ringwall.controls.vmware_guest.plugins

import data.ringwall.lib.vmware_guest

# METADATA
# title: No list of running programs given out
# description: >-
#   The plug-in writes names and versions of all programs of the guest to the host every six hours, where each user with
#   rights to read the VM finds what is worth attacking.
# custom:
#   id: SCG-guest-8.tools-deactivate-appinfo
#   severity: high
#   family: DEV
#   facts: [tools.appinfo.disabled]
#   safe: "true"
#   default: "false"
#   remediation: >-
#     vmware-toolbox-cmd config set appinfo disabled true (VMwareToolboxCmd.exe on Windows), or disabled=true under
#     [appinfo] in tools.conf
#   disable:
#     how: >-
#       vmware-toolbox-cmd config set appinfo disabled false
#     restart: "none; VMware Tools reads the file again within five seconds"
#     rollback: >-
#       vmware-toolbox-cmd config set appinfo disabled true
#   messages:
#     undefined: "appinfo disabled is not set: the host is told every program"
#     safe: "The list of programs is not given out"
#     unsafe: "The host is told every program (appinfo disabled is {found})"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), guest-8.tools-deactivate-appinfo; open-vm-tools, tools.conf
#   always: true
scg_guest_8_tools_deactivate_appinfo := vmware_guest.must_be("tools.appinfo.disabled", {"true"})

# METADATA
# title: No list of containers given out
# description: >-
#   The plug-in asks containerd and Docker for their containers through their privileged sockets, and writes names and
#   images to the host.
# custom:
#   id: SCG-guest-8.tools-deactivate-containerinfo
#   severity: high
#   family: DEV
#   facts: [tools.containerinfo.poll-interval]
#   safe: "0"
#   default: "21600"
#   remediation: >-
#     vmware-toolbox-cmd config set containerinfo poll-interval 0 (VMwareToolboxCmd.exe on Windows), or poll-interval=0
#     under [containerinfo] in tools.conf
#   disable:
#     how: >-
#       vmware-toolbox-cmd config set containerinfo poll-interval 21600
#     restart: "none; VMware Tools reads the file again within five seconds"
#     rollback: >-
#       vmware-toolbox-cmd config set containerinfo poll-interval 0
#   messages:
#     undefined: "containerinfo poll-interval is not set: containers are listed every 21600 s"
#     safe: "Containers are not listed for the host"
#     unsafe: "Containers are listed for the host every {found} s"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), guest-8.tools-deactivate-containerinfo; open-vm-tools, tools.conf
#   always: true
scg_guest_8_tools_deactivate_containerinfo := vmware_guest.must_be("tools.containerinfo.poll-interval", {"0"})

# METADATA
# title: No guest operations from the host
# description: >-
#   Guest operations run programs and copy files in the guest through vCenter, past network and its logs, for whoever
#   has an account of the guest. UNC3886 used them from a taken host.
# custom:
#   id: SCG-guest-8.tools-deactivate-guestoperations
#   severity: low
#   family: DEV
#   facts: [tools.guestoperations.disabled]
#   safe: "true"
#   default: "false"
#   remediation: >-
#     vmware-toolbox-cmd config set guestoperations disabled true (VMwareToolboxCmd.exe on Windows), or disabled=true
#     under [guestoperations] in tools.conf
#   disable:
#     how: >-
#       vmware-toolbox-cmd config set guestoperations disabled false
#     restart: "none; VMware Tools reads the file again within five seconds"
#     rollback: >-
#       vmware-toolbox-cmd config set guestoperations disabled true
#   messages:
#     undefined: "guestoperations disabled is not set: programs can be run from the host"
#     safe: "Guest operations are off"
#     unsafe: "Programs can be run from the host (guestoperations disabled is {found})"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), guest-8.tools-deactivate-guestoperations; open-vm-tools, tools.conf
#   always: true
scg_guest_8_tools_deactivate_guestoperations := vmware_guest.must_be("tools.guestoperations.disabled", {"true"})

# METADATA
# title: No service discovery for the host
# description: >-
#   The plug-in runs scripts with the highest rights in the guest to list listening services and their connections;
#   CVE-2022-31676 and CVE-2025-41244 made users of the guest root through it.
# custom:
#   id: SCG-guest-8.tools-deactivate-servicediscovery
#   severity: high
#   family: DEV
#   facts: [tools.servicediscovery.disabled]
#   safe: "true"
#   default: "false"
#   remediation: >-
#     vmware-toolbox-cmd config set servicediscovery disabled true (VMwareToolboxCmd.exe on Windows), or disabled=true
#     under [servicediscovery] in tools.conf
#   disable:
#     how: >-
#       vmware-toolbox-cmd config set servicediscovery disabled false
#     restart: "none; VMware Tools reads the file again within five seconds"
#     rollback: >-
#       vmware-toolbox-cmd config set servicediscovery disabled true
#   messages:
#     undefined: "servicediscovery disabled is not set: scripts of discovery run"
#     safe: "Service discovery is off"
#     unsafe: "Service discovery is on (servicediscovery disabled is {found})"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), guest-8.tools-deactivate-servicediscovery; open-vm-tools, tools.conf
#   always: true
scg_guest_8_tools_deactivate_servicediscovery := vmware_guest.must_be("tools.servicediscovery.disabled", {"true"})

# METADATA
# title: No configuration taken from GuestStore
# description: >-
#   With globalconf on, VMware Tools fetches a tools.conf from a datastore of the host, and whoever writes there undoes
#   every other setting of this list.
# custom:
#   id: SCG-guest-8.tools-globalconf
#   severity: medium
#   family: DEV
#   facts: [tools.globalconf.enabled]
#   safe: "false; not set means the same"
#   default: "false"
#   remediation: >-
#     vmware-toolbox-cmd config set globalconf enabled false (VMwareToolboxCmd.exe on Windows), or enabled=false under
#     [globalconf] in tools.conf
#   disable:
#     how: >-
#       vmware-toolbox-cmd config set globalconf enabled true
#     restart: "none; VMware Tools reads the file again within five seconds"
#     rollback: >-
#       vmware-toolbox-cmd config set globalconf enabled false
#   messages:
#     undefined: "globalconf enabled is not set: configuration comes from the guest alone"
#     safe: "Configuration comes from the guest alone"
#     unsafe: "Configuration is fetched from GuestStore ({found})"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), guest-8.tools-globalconf; open-vm-tools, tools.conf
#   always: true
scg_guest_8_tools_globalconf := vmware_guest.by_default("tools.globalconf.enabled", {"false"})

# METADATA
# title: No customization after deployment
# description: >-
#   Customization sets names, addresses and the administrator's password and runs scripts, all from the host. After the
#   first start nobody needs it but somebody who wants in. Templates must keep it.
# custom:
#   id: SCG-guest-8.tools-prevent-recustomization
#   severity: high
#   family: DEV
#   facts: [tools.deployPkg.enable-customization]
#   safe: "false"
#   default: "true"
#   remediation: >-
#     vmware-toolbox-cmd config set deployPkg enable-customization false (VMwareToolboxCmd.exe on Windows), or
#     enable-customization=false under [deployPkg] in tools.conf. Not on templates, whose clones are customized once
#   disable:
#     how: >-
#       vmware-toolbox-cmd config set deployPkg enable-customization true
#     restart: "none; VMware Tools reads the file again within five seconds"
#     rollback: >-
#       vmware-toolbox-cmd config set deployPkg enable-customization false
#   messages:
#     undefined: "enable-customization is not set: the guest can be customized again"
#     safe: "The guest cannot be customized again"
#     unsafe: "The guest can be customized again (enable-customization is {found})"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), guest-8.tools-prevent-recustomization; open-vm-tools, tools.conf
#   always: true
scg_guest_8_tools_prevent_recustomization := vmware_guest.must_be("tools.deployPkg.enable-customization", {"false"})
