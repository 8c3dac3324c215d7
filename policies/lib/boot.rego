# The kernel command line and the configuration that decides where it is silent.
#
# Facts: cmdline (every parameter in order: {name, value, column}), cmdline.NAME (values in order; the kernel lets the last decide),
# config.NAME (an option of the kernel's build).
package ringwall.lib.boot

import data.ringwall.lib.judge

fact(name) := concat(".", ["cmdline", name])

# given: the parameter stands on the command line.
given(name) if judge.present(fact(name))

# last: the value that counts, undefined where the parameter is not given.
last(name) := values[count(values) - 1] if values := judge.value(fact(name))

# parts: all parts of a value with commas, in order.
parts(name) := [part | some value in judge.value(fact(name)); some part in split(value, ",")]

# yes and no as kstrtobool reads them: by the first letter, and the second of "on" and "off".
yes(text) if regex.match(`^([yYtT1]|[oO][nN])`, text)

no(text) if regex.match(`^([nNfF0]|[oO][fF])`, text)

# set: the last value means yes; a parameter without a value does too.
set(name) if yes(last(name))

set(name) if last(name) == ""

cleared(name) if no(last(name))

# built: the kernel was built with the option. unbuilt: its configuration was read and does not have it.
built(option) if judge.value(concat(".", ["config", option])) == "y"

unbuilt(option) if judge.absent(concat(".", ["config", option]))

unbuilt(option) if {
	judge.present(concat(".", ["config", option]))
	not built(option)
}
