# Verdicts over parameters of kernel modules: the live value decides, and what the next load would set is said beside it.
#
# Facts: module.M (the module is there), module.M.P (a parameter's text), modprobe.M.P (values set for the next load, the last counts).
# Cases: safe, unsafe, safeUntilReload, unsafeUntilReload, noModule, noParameter, unrecognised, atLoad (args: found, next).
package ringwall.lib.module

import data.ringwall.lib.judge

# Processors that a vendor module drives; one that is built in shows its parameters on any of them.
drives := {"kvm_intel": {"intel", "zhaoxin"}, "kvm_amd": {"amd", "hygon"}}

# out_of_place: the module is not there, or its processor is not.
out_of_place(module) if judge.absent(fact(module))

out_of_place(module) if {
	processors := drives[module]
	vendor := judge.value("cpu.vendor")
	not vendor in processors
}

# switched: a boolean parameter of a module that has it in every kernel. wanted is "on" or "off".
switched(module, parameter, wanted) := verdict if {
	verdict := unless_live(module, parameter)
} else := judge.pass(timed("safe", module, parameter, wanted), args(module, parameter), facts(module, parameter)) if {
	live(module, parameter) == wanted
} else := judge.fail(timed("unsafe", module, parameter, wanted), args(module, parameter), facts(module, parameter)) if {
	live(module, parameter) != "unclear"
} else := judge.missing("unrecognised", args(module, parameter), [name(module, parameter)])

# switched_if_any: a parameter that not every kernel or architecture has; without it the protection holds.
switched_if_any(module, parameter, wanted) := verdict if {
	judge.present(name(module, parameter))
	verdict := switched(module, parameter, wanted)
} else := judge.not_applicable("noModule", {}, [fact(module)]) if {
	out_of_place(module)
} else := judge.pass("noParameter", {}, [name(module, parameter), fact(module)]) if {
	judge.absent(name(module, parameter))
} else := judge.unreadable([name(module, parameter)])

# off_or_absent: a module that need not be loaded. Its options count at once, because it loads when a device is assigned.
off_or_absent(module, parameter) := judge.fail(timed("unsafe", module, parameter, "off"), args(module, parameter), facts(module, parameter)) if {
	live(module, parameter) == "on"
} else := judge.pass(timed("safe", module, parameter, "off"), args(module, parameter), facts(module, parameter)) if {
	live(module, parameter) == "off"
} else := judge.missing("unrecognised", args(module, parameter), [name(module, parameter)]) if {
	judge.present(name(module, parameter))
} else := judge.unreadable([name(module, parameter)]) if {
	not judge.readable(name(module, parameter))
} else := judge.fail("atLoad", args(module, parameter), [planned(module, parameter)]) if {
	next(module, parameter) == "on"
} else := judge.not_applicable("noHypervisor", {}, ["module.kvm", fact(module)]) if {
	judge.absent("module.kvm")
	judge.absent(fact(module))
} else := judge.pass("noParameter", {}, [name(module, parameter)])

# unless_live: the verdict where there is no live value to judge.
unless_live(module, parameter) := judge.not_applicable("noModule", {}, [fact(module)]) if {
	out_of_place(module)
} else := judge.unreadable([name(module, parameter)]) if {
	not judge.readable(name(module, parameter))
} else := judge.missing("noParameter", {}, [name(module, parameter)]) if {
	judge.absent(name(module, parameter))
}

# live and next: "on", "off" or "unclear".
live(module, parameter) := meaning(judge.value(name(module, parameter)))

next(module, parameter) := planned_meaning(last(module, parameter))

last(module, parameter) := values[count(values) - 1] if values := judge.value(planned(module, parameter))

# A boolean parameter that modprobe.d names without a value is switched on; a live one always shows a value.
planned_meaning("") := "on"

planned_meaning(text) := meaning(text) if text != ""

meaning(text) := "on" if {
	text in {"Y", "y", "1", "on", "true"}
} else := "off" if {
	text in {"N", "n", "0", "off", "false"}
} else := "unclear"

# timed: says where the next load would turn the verdict. A built-in module takes options from the kernel command line alone, and those
# are in force already.
timed(case, module, parameter, _) := concat("", [case, "UntilReload"]) if {
	judge.value(fact(module)) != "built-in"
	next(module, parameter) != "unclear"
	next(module, parameter) != live(module, parameter)
} else := case

args(module, parameter) := {"found": object.get(input.facts, [name(module, parameter), "value"], "-"), "next": after(module, parameter)}

after(module, parameter) := last(module, parameter) if {
	judge.present(planned(module, parameter))
} else := "-"

# facts: the plan is evidence only where there is one.
facts(module, parameter) := [name(module, parameter), planned(module, parameter)] if {
	judge.present(planned(module, parameter))
} else := [name(module, parameter)]

fact(module) := concat(".", ["module", module])

name(module, parameter) := concat(".", ["module", module, parameter])

planned(module, parameter) := concat(".", ["modprobe", module, parameter])
