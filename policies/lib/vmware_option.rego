# Advanced options of an ESXi host or a vCenter (vSphere's OptionManager): facts option.NAME.
#
# VMware's guide names one value for each. A site that has decided on another says so with the parameter vmware_options
# ({"Security.AccountLockFailures": "3"}); then that one is wanted.
package ringwall.lib.vmware_option

import data.ringwall.lib.judge

fact(name) := concat(".", ["option", name])

# shown: what the option holds, as a person would write it
shown(name) := text(judge.value(fact(name)))

text(value) := value if is_string(value)

else := sprintf("%v", [value])

# plain: for comparisons; interfaces differ in capitals and in the space around a text
plain(value) := lower(trim_space(text(value)))

# wanted: the site's value, else the guide's
wanted(name, guide) := text(object.get(site, name, guide))

default site := {}

site := judge.parameter("vmware_options")

# equals: the option has the value that is wanted. Cases: safe, unsafe (args: found, wanted), absent.
equals(name, value) := judge.pass("safe", {"found": shown(name)}, [fact(name)]) if plain(shown(name)) == plain(wanted(name, value))

else := judge.fail("unsafe", {"found": shown(name), "wanted": wanted(name, value)}, [fact(name)]) if judge.present(fact(name))

else := unlisted(name)

# at_least: the number that is wanted or a greater one, which is stricter. Cases: safe, unsafe (args: found, wanted), absent.
at_least(name, value) := judge.pass("safe", {"found": shown(name)}, [fact(name)]) if number(name) >= to_number(wanted(name, value))

else := equals(name, value)

# at_most: the number that is wanted or a smaller one, which is stricter, but not 0, which means never. Cases: as of at_least.
at_most(name, value) := judge.pass("safe", {"found": shown(name)}, [fact(name)]) if {
	number(name) > 0
	number(name) <= to_number(wanted(name, value))
}

else := equals(name, value)

# number: undefined where the option holds no number
number(name) := to_number(trim_space(shown(name)))

# filled: the option holds some text; what it says is the site's affair. Cases: safe, unsafe, absent.
filled(name) := judge.pass("safe", {"found": first_line(shown(name))}, [fact(name)]) if trim_space(shown(name)) != ""

else := judge.fail("unsafe", {}, [fact(name)]) if judge.present(fact(name))

else := unlisted(name)

first_line(text) := split(trim_space(text), "\n")[0]

# unlisted: the list of options was read and does not name it, or was not read. An option that the host does not know has no value that
# could be judged.
unlisted(name) := judge.missing("absent", {"key": name}, [fact(name)]) if judge.absent(fact(name))

else := judge.unreadable([fact(name)])
