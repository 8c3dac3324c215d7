# Who changes VMware Tools in the guest.
package ringwall.controls.vmware_guest.upgrades

import data.ringwall.lib.judge
import data.ringwall.lib.vmware_guest

# METADATA
# title: No features added to VMware Tools from outside
# description: >-
#   An upgrade that vCenter starts may install further parts of VMware Tools. Whoever controls the host then widens what
#   runs as SYSTEM in the guest, without the owner of the guest.
# custom:
#   id: SCG-guest-8.tools-add-feature
#   severity: high
#   family: DEV
#   facts: [tools.autoupgrade.allow-add-feature]
#   safe: "false"
#   default: "true"
#   remediation: >-
#     vmware-toolbox-cmd config set autoupgrade allow-add-feature false (VMwareToolboxCmd.exe on Windows), or
#     allow-add-feature=false under [autoupgrade] in tools.conf
#   disable:
#     how: >-
#       vmware-toolbox-cmd config set autoupgrade allow-add-feature true
#     restart: "none; VMware Tools reads the file again within five seconds"
#     rollback: >-
#       vmware-toolbox-cmd config set autoupgrade allow-add-feature false
#   messages:
#     undefined: "allow-add-feature is not set, which means that upgrades may add features"
#     safe: "Upgrades cannot add features"
#     unsafe: "Upgrades may add features (allow-add-feature is {found})"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), guest-8.tools-add-feature; open-vm-tools, tools.conf
#   always: true
scg_guest_8_tools_add_feature := vmware_guest.must_be("tools.autoupgrade.allow-add-feature", {"false"})

# METADATA
# title: No features removed from VMware Tools from outside
# description: >-
#   An upgrade that vCenter starts may remove parts, among them the drivers of network and disk that the guest runs on,
#   or a filter that its protection needs.
# custom:
#   id: SCG-guest-8.tools-remove-feature
#   severity: high
#   family: DEV
#   facts: [tools.autoupgrade.allow-remove-feature]
#   safe: "false"
#   default: "true"
#   remediation: >-
#     vmware-toolbox-cmd config set autoupgrade allow-remove-feature false (VMwareToolboxCmd.exe on Windows), or
#     allow-remove-feature=false under [autoupgrade] in tools.conf
#   disable:
#     how: >-
#       vmware-toolbox-cmd config set autoupgrade allow-remove-feature true
#     restart: "none; VMware Tools reads the file again within five seconds"
#     rollback: >-
#       vmware-toolbox-cmd config set autoupgrade allow-remove-feature false
#   messages:
#     undefined: "allow-remove-feature is not set, which means that upgrades may remove features"
#     safe: "Upgrades cannot remove features"
#     unsafe: "Upgrades may remove features (allow-remove-feature is {found})"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), guest-8.tools-remove-feature; open-vm-tools, tools.conf
#   always: true
scg_guest_8_tools_remove_feature := vmware_guest.must_be("tools.autoupgrade.allow-remove-feature", {"false"})

# METADATA
# title: No MSI transforms in upgrades
# description: >-
#   A transform changes what the signed installer does. With them allowed, an upgrade started from the host runs what
#   somebody added to the package.
# custom:
#   id: SCG-guest-8.tools-allow-transforms
#   severity: medium
#   family: DEV
#   facts: [tools.autoupgrade.allow-msi-transforms]
#   safe: "false; not set means the same"
#   default: "false"
#   remediation: >-
#     vmware-toolbox-cmd config set autoupgrade allow-msi-transforms false (VMwareToolboxCmd.exe on Windows), or
#     allow-msi-transforms=false under [autoupgrade] in tools.conf
#   disable:
#     how: >-
#       vmware-toolbox-cmd config set autoupgrade allow-msi-transforms true
#     restart: "none; VMware Tools reads the file again within five seconds"
#     rollback: >-
#       vmware-toolbox-cmd config set autoupgrade allow-msi-transforms false
#   messages:
#     undefined: "allow-msi-transforms is not set: transforms are refused"
#     safe: "Transforms of the installer are refused"
#     unsafe: "Transforms of the installer are allowed ({found})"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), guest-8.tools-allow-transforms; open-vm-tools, tools.conf
#   always: true
scg_guest_8_tools_allow_transforms := vmware_guest.by_default("tools.autoupgrade.allow-msi-transforms", {"false"})

# METADATA
# title: Upgrades of VMware Tools allowed
# description: >-
#   A guest that refuses upgrades keeps drivers and services with known holes (CVE-2023-20900, CVE-2023-34058) until
#   somebody remembers it by hand.
# custom:
#   id: SCG-guest-8.tools-upgrade
#   severity: high
#   family: DEV
#   facts: [tools.autoupgrade.allow-upgrade]
#   safe: "true; not set means the same"
#   default: "true"
#   remediation: >-
#     vmware-toolbox-cmd config set autoupgrade allow-upgrade true (VMwareToolboxCmd.exe on Windows), or
#     allow-upgrade=true under [autoupgrade] in tools.conf
#   disable:
#     how: >-
#       vmware-toolbox-cmd config set autoupgrade allow-upgrade false
#     restart: "none; VMware Tools reads the file again within five seconds"
#     rollback: >-
#       vmware-toolbox-cmd config set autoupgrade allow-upgrade true
#   messages:
#     undefined: "allow-upgrade is not set: upgrades are allowed"
#     safe: "Upgrades are allowed"
#     unsafe: "Upgrades are refused (allow-upgrade is {found})"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), guest-8.tools-upgrade; open-vm-tools, tools.conf
#   always: true
scg_guest_8_tools_upgrade := vmware_guest.by_default("tools.autoupgrade.allow-upgrade", {"true"})

# METADATA
# title: No upgrades from GuestStore
# description: >-
#   With GuestStore the guest takes its upgrade from a datastore of the host. Whoever may write there chooses what every
#   guest installs with its highest rights.
# custom:
#   id: SCG-guest-8.tools-deactivate-gueststoreupgrade
#   severity: high
#   family: DEV
#   facts: [tools.gueststoreupgrade.policy]
#   safe: "off"
#   default: "manual"
#   remediation: >-
#     vmware-toolbox-cmd config set gueststoreupgrade policy off (VMwareToolboxCmd.exe on Windows), or policy=off under
#     [gueststoreupgrade] in tools.conf
#   disable:
#     how: >-
#       vmware-toolbox-cmd config set gueststoreupgrade policy manual
#     restart: "none; VMware Tools reads the file again within five seconds"
#     rollback: >-
#       vmware-toolbox-cmd config set gueststoreupgrade policy off
#   messages:
#     undefined: "policy is not set, which means manual"
#     safe: "GuestStore upgrades are off"
#     unsafe: "GuestStore upgrades are possible (policy is {found})"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), guest-8.tools-deactivate-gueststoreupgrade; open-vm-tools, tools.conf
#   always: true
scg_guest_8_tools_deactivate_gueststoreupgrade := vmware_guest.must_be("tools.gueststoreupgrade.policy", {"off"})

# METADATA
# title: VMware Tools up to date
# description: >-
#   VMware Tools runs as SYSTEM or root and takes requests from the host; its holes let users of the guest become
#   administrators and a taken host into the guest. vSphere compares the version with the host's own; the parameter
#   vmware_tools_version sets a least one, also for open-vm-tools.
# custom:
#   id: SCG-guest-8.tools-updates
#   severity: high
#   family: UPD
#   facts: [tools.versionStatus, tools.version]
#   safe: "as new as the host's, or at least vmware_tools_version"
#   default: "-"
#   remediation: >-
#     Guest menu, Upgrade VMware Tools, or Update-Tools in PowerCLI; on Linux upgrade the package open-vm-tools with the
#     distribution
#   disable:
#     how: >-
#       No single switch: upgrades left out, under a waiver that names the version
#     restart: "none on Linux; on Windows the guest may restart"
#     rollback: >-
#       upgrade
#   messages:
#     safe: "VMware Tools {version} is up to date ({found})"
#     unsafe: "VMware Tools {version} is out of date ({found})"
#     older: "VMware Tools {version} is older than {least}"
#     newer: "VMware Tools {version} is at least {least}"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), guest-8.tools-updates; vSphere API, GuestInfo.toolsVersionStatus2
#   always: true
scg_guest_8_tools_updates := judge.fail("unsafe", {"found": status, "version": version}, ["tools.versionStatus", "tools.version"]) if status in {"guestToolsNotInstalled", "guestToolsNeedUpgrade", "guestToolsTooOld", "guestToolsSupportedOld", "guestToolsTooNew", "guestToolsBlacklisted"}

else := judge.fail("older", {"version": version, "least": least}, ["tools.version"]) if vmware_guest.older(judge.value("tools.version"), least)

else := judge.pass("newer", {"version": version, "least": least}, ["tools.version"]) if {
	least
	judge.present("tools.version")
}

else := judge.pass("safe", {"found": status, "version": version}, ["tools.versionStatus", "tools.version"]) if status in {"guestToolsCurrent", "guestToolsSupportedNew"}

else := judge.parameter_not_set("vmware_tools_version", ["tools.version"]) if judge.present("tools.version")

else := judge.unreadable(["tools.versionStatus", "tools.version"]) if not judge.readable("tools.versionStatus")

else := judge.unreadable(["tools.version"]) if not judge.readable("tools.version")

else := judge.missing("unknown", {"fact": "tools.version"}, ["tools.version"])

status := judge.value("tools.versionStatus")

least := judge.parameter("vmware_tools_version")

default version := "-"

version := judge.value("tools.version")
