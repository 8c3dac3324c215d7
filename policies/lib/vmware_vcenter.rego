# Verdicts over single facts of a vCenter.
package ringwall.lib.vmware_vcenter

import data.ringwall.lib.judge

# equals: the fact has the value. Cases: safe, unsafe (args: found, wanted).
equals(fact, wanted) := judge.pass("safe", {"found": judge.value(fact)}, [fact]) if judge.value(fact) == wanted

else := judge.fail("unsafe", {"found": judge.value(fact), "wanted": wanted}, [fact]) if judge.present(fact)

else := judge.unreadable([fact])

# no_less, no_more: the number or a stricter one; 0 means that nothing is limited. Cases: safe, unsafe (args: found, wanted).
no_less(fact, limit) := judge.pass("safe", {"found": judge.value(fact)}, [fact]) if {
	is_number(judge.value(fact))
	judge.value(fact) >= limit
}

else := equals(fact, limit)

no_more(fact, limit) := judge.pass("safe", {"found": judge.value(fact)}, [fact]) if {
	is_number(judge.value(fact))
	judge.value(fact) > 0
	judge.value(fact) <= limit
}

else := equals(fact, limit)

# at_most: a time that must be set and no longer than this. Cases: safe, unsafe (args: found, wanted), never.
at_most(fact, limit) := judge.fail("never", {}, [fact]) if judge.value(fact) <= 0

else := judge.pass("safe", {"found": judge.value(fact)}, [fact]) if judge.value(fact) <= limit

else := judge.fail("unsafe", {"found": judge.value(fact), "wanted": limit}, [fact]) if judge.present(fact)

else := judge.unreadable([fact])

# is_true, is_false: a switch. Cases: safe, unsafe.
is_true(fact) := switched(fact, true)

is_false(fact) := switched(fact, false)

switched(fact, wanted) := judge.pass("safe", {}, [fact]) if judge.value(fact) == wanted

else := judge.fail("unsafe", {}, [fact]) if judge.present(fact)

else := judge.unreadable([fact])

# filled: the fact is a text that says something. Cases: safe (args: found), unsafe.
filled(fact) := judge.pass("safe", {"found": split(trim_space(judge.value(fact)), "\n")[0]}, [fact]) if trim_space(judge.value(fact)) != ""

else := judge.fail("unsafe", {}, [fact]) if judge.readable(fact)

else := judge.unreadable([fact])
