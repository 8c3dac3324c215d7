# What the controls of QEMU command lines and processes are built from.
#
# Lists of facts `argv.*` have one source per element; a verdict that rests on elements names them, as "argv.monitors[1]".
package ringwall.lib.qemu

import data.ringwall.lib.judge

# settled: a verdict that a hidden option could undo is none. Option files (-readconfig) and unsettled shell expansions are listed in
# argv.unresolved; what fails, fails whatever else they hold.
settled(result) := result if not hideable(result)

settled(result) := judge.missing("unresolved", {"found": hidden[0]}, array.concat(result.facts, ["argv.unresolved[0]"])) if hideable(result)

hideable(result) if {
	result.verdict in {"pass", "notApplicable"}
	judge.present("argv.unresolved")
}

hidden := judge.value("argv.unresolved")

# elements of a list by position; none when the key is absent
elements(name) := judge.effective(name, [])

# names of the elements at these positions, the list itself when there are none
places(name, positions) := [sprintf("%s[%d]", [name, i]) | some i in positions] if count(positions) > 0

places(name, positions) := [name] if count(positions) == 0

shown(texts) := concat("; ", texts)

# no_element: nothing in the list stands at these positions. Cases: safe, unsafe (args: found).
no_element(name, positions, _) := judge.pass("safe", {}, [name]) if {
	judge.readable(name)
	count(positions) == 0
}

no_element(name, positions, texts) := judge.fail("unsafe", {"found": shown(texts)}, places(name, positions)) if {
	judge.readable(name)
	count(positions) > 0
}

no_element(name, _, _) := judge.unreadable([name]) if not judge.readable(name)

# flags: options without a value that must all be there. Cases: safe, unsafe (args: found, the missing ones).
flags(options) := judge.unreadable(names) if {
	names := [name | some name in object.keys(options)]
	not judge.all_readable(names)
}

flags(options) := judge.pass("safe", {}, names) if {
	names := [name | some name in object.keys(options)]
	judge.all_readable(names)
	every name in names { judge.present(name) }
}

flags(options) := judge.fail("unsafe", {"found": missing}, names) if {
	names := [name | some name in object.keys(options)]
	judge.all_readable(names)
	missing := [options[name] | some name in names; judge.absent(name)]
	count(missing) > 0
}
