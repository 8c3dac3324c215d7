# Verdicts over confidential computing, which the site asks for with the parameter cc: none, sev, sev-snp, tdx, or a list of these.
package ringwall.lib.confidential

import data.ringwall.lib.judge
import data.ringwall.lib.module

# usable: the module's parameter is on where the site asks for the kind.
usable(driver, parameter, kind) := judge.fail("unsupported", {}, [module.fact(driver)]) if {
	asked(kind)
	judge.absent(module.fact(driver))
	judge.value("cpu.vendor") in module.drives[driver]
} else := judge.not_applicable("noModule", {}, [module.fact(driver)]) if {
	module.out_of_place(driver)
} else := judge.parameter_not_set("cc", [module.name(driver, parameter)]) if {
	not judge.parameter("cc")
} else := judge.not_applicable("notAsked", {"wanted": shown(judge.parameter("cc"))}, [module.name(driver, parameter)]) if {
	not asked(kind)
} else := judge.fail("unsupported", {}, [module.name(driver, parameter)]) if {
	judge.absent(module.name(driver, parameter))
} else := judge.unreadable([module.name(driver, parameter)]) if {
	not judge.readable(module.name(driver, parameter))
} else := judge.pass("safe", {"found": judge.value(module.name(driver, parameter))}, [module.name(driver, parameter)]) if {
	module.live(driver, parameter) == "on"
} else := judge.fail("unsafe", {"found": judge.value(module.name(driver, parameter))}, [module.name(driver, parameter)]) if {
	module.live(driver, parameter) == "off"
} else := judge.missing("unrecognised", {"found": judge.value(module.name(driver, parameter))}, [module.name(driver, parameter)])

asked(kind) if judge.parameter("cc") == kind

asked(kind) if kind in judge.parameter("cc")

shown(wanted) := wanted if is_string(wanted)

shown(wanted) := concat(", ", wanted) if is_array(wanted)
