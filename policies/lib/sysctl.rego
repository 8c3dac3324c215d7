# Verdicts over settings below /proc/sys. Facts: sysctl.NAME, a number. Cases: safe, unsafe, unrecognised (args: found).
package ringwall.lib.sysctl

import data.ringwall.lib.judge

fact(name) := concat(".", ["sysctl", name])

# at_least: the number is not smaller than the bound. without is the verdict where the kernel does not have the setting.
at_least(name, bound, without) := judge.unreadable([fact(name)]) if {
	not judge.readable(fact(name))
} else := without if {
	judge.absent(fact(name))
} else := judge.missing("unrecognised", {"found": judge.value(fact(name))}, [fact(name)]) if {
	not is_number(judge.value(fact(name)))
} else := judge.pass("safe", {"found": judge.value(fact(name))}, [fact(name)]) if {
	judge.value(fact(name)) >= bound
} else := judge.fail("unsafe", {"found": judge.value(fact(name))}, [fact(name)])

# none: the verdict where a kernel without the setting has nothing to protect; gone: where every kernel has it.
none(name) := judge.not_applicable("noSetting", {}, [fact(name)])

gone(name) := judge.missing("noSetting", {}, [fact(name)])
