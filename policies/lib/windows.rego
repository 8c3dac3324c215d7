# Reading Windows' settings: values that policy decides before the setting itself, services that run, locks in UEFI.
package ringwall.lib.windows

import data.ringwall.lib.judge

# known: the deciding value is there, or each of them was looked at
known(names) if judge.all_readable(names)

known(names) if judge.present(names[0])

# deciding: the first of the names that has a value: policy stands before what was set by hand
deciding(names) := [name | some name in names; judge.present(name)][0]

effective(names) := judge.value(deciding(names))

# set_to: the value that counts is one of the safe ones. Cases: safe, unsafe (args: found), absent.
set_to(names, safe) := judge.unreadable([names[0]]) if not judge.readable(names[0])

else := judge.unreadable(names) if not known(names)

else := judge.pass("safe", {"found": effective(names)}, [deciding(names)]) if effective(names) in safe

else := judge.fail("unsafe", {"found": effective(names)}, [deciding(names)]) if deciding(names)

else := judge.fail("absent", {}, names)

# runs: Win32_DeviceGuard names the service among those that run (1 Credential Guard, 2 memory integrity, 3 Secure Launch)
runs(service) := judge.needed(running) if not judge.present(running)

else := judge.pass("safe", {}, [running]) if service in judge.value(running)

else := judge.fail("unsafe", {}, [running])

running := "deviceGuard.servicesRunning"

# roles of Win32_ComputerSystem: 4 and 5 are domain controllers. ProductType of Win32_OperatingSystem: 2 is one.
is_controller if judge.value("windows.domainRole") in {4, 5}

is_controller if judge.value("windows.productType") == 2

is_member if judge.value("windows.domainRole") in {0, 1, 2, 3}

role_fact := "windows.domainRole" if judge.present("windows.domainRole")

else := "windows.productType"

flags := ["reg.policy.LsaCfgFlags", "reg.lsa.LsaCfgFlags"]

lock_settings := array.concat(flags, ["reg.policy.HypervisorEnforcedCodeIntegrity", "reg.hvci.Locked", "reg.lsa.RunAsPPL"])

lock_facts := array.concat(lock_settings, ["credentialGuard.event"])

# locked: what UEFI keeps, as far as settings and the last start of Credential Guard tell
locked contains "Credential Guard" if effective(flags) == 1

locked contains "Credential Guard" if judge.value("credentialGuard.event") == 1

locked contains "memory integrity" if judge.value("reg.policy.HypervisorEnforcedCodeIntegrity") == 1

locked contains "memory integrity" if judge.value("reg.hvci.Locked") == 1

locked contains "LSASS protection" if judge.value("reg.lsa.RunAsPPL") == 1
