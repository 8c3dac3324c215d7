# Settings of VMware Tools in tools.conf, and what vSphere says of the guest. GLib reads booleans as true and false alone.
package ringwall.lib.vmware_guest

import data.ringwall.lib.judge

text(name) := lower(trim_space(sprintf("%v", [judge.value(name)])))

# must_be: the value is the safe one; a setting that is not written means a default that is not. Cases: undefined, safe, unsafe.
must_be(name, safe) := judge.unreadable([name]) if not judge.readable(name)

else := judge.fail("undefined", {}, [name]) if judge.absent(name)

else := judge.pass("safe", {"found": judge.value(name)}, [name]) if text(name) in safe

else := judge.fail("unsafe", {"found": judge.value(name)}, [name])

# by_default: the same where the default is safe
by_default(name, safe) := judge.unreadable([name]) if not judge.readable(name)

else := judge.pass("undefined", {}, [name]) if judge.absent(name)

else := judge.pass("safe", {"found": judge.value(name)}, [name]) if text(name) in safe

else := judge.fail("unsafe", {"found": judge.value(name)}, [name])

# numbers of a version: "12.4.0" is [12, 4, 0]
numbers(version) := [to_number(part) | some part in split(version, "."); regex.match(`^[0-9]+$`, part)]

# older: a version of VMware Tools lies below another
older(version, least) if numbers(version) < numbers(least)
