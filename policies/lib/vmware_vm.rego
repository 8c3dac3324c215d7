# Reading VMware's settings: keys of a .vmx and properties of the API hold booleans as TRUE, true or 1, and numbers as text.
#
# A key that is not written means its default. Where the default is safe the case is "undefined" and passes; where it is not, it fails.
package ringwall.lib.vmware_vm

import data.ringwall.lib.judge

# text of a present fact in lower case
text(name) := lower(trim_space(sprintf("%v", [judge.value(name)])))

is_true(name) if text(name) in {"true", "t", "yes", "y", "on", "1"}

is_false(name) if text(name) in {"false", "f", "no", "n", "off", "0"}

# off: false, or not written. Cases: undefined, safe, unsafe (args: found).
off(name) := judge.unreadable([name]) if not judge.readable(name)

else := judge.pass("undefined", {}, [name]) if judge.absent(name)

else := judge.pass("safe", {}, [name]) if is_false(name)

else := judge.fail("unsafe", {"found": judge.value(name)}, [name])

# on_or_undefined: true, or not written
on_or_undefined(name) := judge.unreadable([name]) if not judge.readable(name)

else := judge.pass("undefined", {}, [name]) if judge.absent(name)

else := judge.pass("safe", {}, [name]) if is_true(name)

else := judge.fail("unsafe", {"found": judge.value(name)}, [name])

# must_be_on: true; not written fails
must_be_on(name) := judge.unreadable([name]) if not judge.readable(name)

else := judge.fail("undefined", {}, [name]) if judge.absent(name)

else := judge.pass("safe", {}, [name]) if is_true(name)

else := judge.fail("unsafe", {"found": judge.value(name)}, [name])

# one_of: one of the values, in lower case, or not written
one_of(name, safe) := judge.unreadable([name]) if not judge.readable(name)

else := judge.pass("undefined", {}, [name]) if judge.absent(name)

else := judge.pass("safe", {"found": judge.value(name)}, [name]) if text(name) in safe

else := judge.fail("unsafe", {"found": judge.value(name)}, [name])

# limited: a number greater than 0 and no greater than the limit, or not written. Cases: undefined, safe, unsafe (args: found).
limited(name, limit) := judge.pass("safe", {"found": judge.value(name)}, [name]) if {
	to_number(trim_space(text(name))) > 0
	to_number(trim_space(text(name))) <= limit
}

else := one_of(name, set())

# must_be: one of the values, in lower case; not written fails
must_be(name, safe) := judge.unreadable([name]) if not judge.readable(name)

else := judge.fail("undefined", {}, [name]) if judge.absent(name)

else := judge.pass("safe", {"found": judge.value(name)}, [name]) if text(name) in safe

else := judge.fail("unsafe", {"found": judge.value(name)}, [name])

# unset: not written. Cases: safe, unsafe.
unset(name) := judge.unreadable([name]) if not judge.readable(name)

else := judge.pass("safe", {}, [name]) if judge.absent(name)

else := judge.fail("unsafe", {"found": judge.value(name)}, [name])

# all_on_or_undefined: each of several settings; the arguments name those that are not. Cases: safe, unsafe (args: device, found).
all_on_or_undefined(names) := judge.fail("unsafe", {"device": {trim_prefix(n, "setting.") | some n in wrong}, "found": {judge.value(n) | some n in wrong}}, wrong) if {
	wrong := [n | some n in names; judge.present(n); not is_true(n)]
	count(wrong) > 0
}

else := judge.unreadable(names) if not judge.all_readable(names)

else := judge.pass("safe", {}, names)

# floppy_not_said: a .vmx without floppy0.present, whose meaning differs between releases
floppy_not_said if input.facts.floppies.why == "default-varies"

# elements of a list fact; none where the machine has no such device
elements(name) := judge.effective(name, []) if judge.readable(name)

elements(name) := [] if not judge.readable(name)

# bad: an element that is unsafe, with what was found
bad(name, index, found) := {"device": elements(name)[index].device, "found": found, "place": sprintf("%s[%d]", [name, index])}

# verdict over lists: fail with the faults, unknown where one could not be read. Cases: safe, unsafe (args: device, found).
verdict(_, faults) := judge.fail("unsafe", {"device": {f.device | some f in faults}, "found": {f.found | some f in faults}}, [f.place | some f in faults]) if count(faults) > 0

verdict(names, []) := judge.unreadable(names) if not judge.all_readable(names)

verdict(names, []) := judge.pass("safe", {}, names) if judge.all_readable(names)

devices(name, faults) := verdict([name], faults)

# asked: a control that a parameter of the baseline asks for. Case: notAsked.
asked(parameter, facts, _) := judge.parameter_not_set(parameter, facts) if not parameter_is_set(parameter)

else := judge.not_applicable("notAsked", {}, facts) if judge.parameter(parameter) == false

asked(parameter, _, result) := result if judge.parameter(parameter) == true

parameter_is_set(parameter) if judge.parameter(parameter) in {true, false}

# knows_vbs: a Windows of release 10, Server 2016 or later, by VMware's name of the guest's type
knows_vbs if regex.match(`^windows(9|1[0-9]|20[0-9]{2})`, text("guestOS"))

# asks_for_sev: confidential computing of the baseline names AMD SEV, alone or among others
asks_for_sev if startswith(judge.parameter("cc"), "sev")

asks_for_sev if {
	some kind in judge.parameter("cc")
	startswith(kind, "sev")
}

# release of the ESXi host as numbers: [8, 0, 3]
release := [to_number(part) | some part in split(judge.value("host.version"), ".")]

build := to_number(judge.value("host.build"))

host_before_5_1 if release < [5, 1]

# has_vmci_fix: first builds with the fix of VMSA-2025-0004, by release
has_vmci_fix if release >= [9]

has_vmci_fix if {
	release >= [8, 0, 3]
	build >= 24585383
}

has_vmci_fix if {
	array.slice(release, 0, 3) == [8, 0, 2]
	build >= 24585300
}

has_vmci_fix if {
	release < [8]
	release >= [7, 0, 3]
	build >= 24585291
}
