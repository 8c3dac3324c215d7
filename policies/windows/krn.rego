# What the kernel may load, and who may stop it.
package ringwall.controls.windows.krn

import data.ringwall.lib.judge

# METADATA
# title: No test signing, integrity checks on, no debugger
# description: >-
#   Test signing loads drivers that anybody signed, nointegritychecks and the load option DISABLE_INTEGRITY_CHECKS those that
#   nobody did, and a kernel debugger reads and writes the whole machine from outside. Each is for developers.
# custom:
#   id: WVB-018
#   severity: critical
#   family: KRN
#   facts: ["bcd.testsigning", "bcd.nointegritychecks", "bcd.debug", "bcd.loadoptions"]
#   safe: "each No or absent"
#   default: "absent"
#   remediation: >-
#     bcdedit /set testsigning off; bcdedit /set nointegritychecks off; bcdedit /debug off; bcdedit /deletevalue loadoptions;
#     reboot.
#   disable:
#     how: >-
#       bcdedit /set testsigning on, which is refused while Secure Boot is on; suspend BitLocker first
#     restart: >-
#       reboot; a person at the console where Secure Boot has to change
#     rollback: >-
#       bcdedit /deletevalue testsigning (or off); Secure Boot on; reboot
#   messages:
#     safe: "Only signed drivers load, and no debugger is attached"
#     unsafe: "Set in the boot configuration: {found}"
#     unrecognised: "Values that are neither yes nor no: {found}"
#   source: >-
#     learn.microsoft.com/windows-hardware/drivers/devtest/bcdedit--set, testsigning and nointegritychecks
#   always: true
wvb_018 := judge.fail("unsafe", {"found": set_switches}, [concat(".", ["bcd", name]) | some name in set_switches]) if count(set_switches) > 0

else := judge.unreadable([name | some name in switches; not judge.readable(name)]) if not judge.all_readable(switches)

else := judge.missing("unrecognised", {"found": [judge.value(name) | some name in strange]}, strange) if count(strange) > 0

else := judge.pass("safe", {}, switches)

booleans := ["bcd.testsigning", "bcd.nointegritychecks", "bcd.debug"]

switches := array.concat(booleans, ["bcd.loadoptions"])

set_switches := array.concat([substring(name, 4, -1) | some name in booleans; judge.value(name) == "Yes"], unchecked)

unchecked := ["loadoptions"] if contains(upper(judge.value("bcd.loadoptions")), "DISABLE_INTEGRITY_CHECKS")

else := []

strange := [name | some name in booleans; judge.present(name); not judge.value(name) in {"Yes", "No"}]
