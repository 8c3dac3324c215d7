# Rules of the Linux audit system, as auditctl -l and the files of /etc/audit/rules.d write them.
package ringwall.lib.audit_rules

# watches: some rule records access of one of the kinds (r, w, x, a) to the path or to what lies below it.
watches(rules, path, kinds) if {
	some rule in rules
	covers(rule, path)
	some kind in kinds
	records(rule, kind)
}

# covers: "-w PATH", which holds for everything below a folder, or "-a always,exit -F dir=PATH" and "-F path=PATH".
covers(rule, path) if {
	startswith(rule, "-w ")
	below(path, argument(rule, `^-w\s+(\S+)`))
}

covers(rule, path) if {
	always(rule)
	below(path, argument(rule, `-F\s+dir=(\S+)`))
}

covers(rule, path) if {
	always(rule)
	argument(rule, `-F\s+path=(\S+)`) == path
}

always(rule) if regex.match(`^-[aA]\s+(always,exit|exit,always)\b`, rule)

below(path, folder) if path == trim_right(folder, "/")

below(path, folder) if startswith(path, concat("", [trim_right(folder, "/"), "/"]))

# records: the rule names the kind, or none, which means all.
records(rule, kind) if contains(permissions(rule), kind)

permissions(rule) := found if {
	found := argument(rule, `(?:-p\s+|-F\s+perm=)([rwxa]+)`)
} else := "rwxa"

argument(rule, pattern) := regex.find_all_string_submatch_n(pattern, rule, 1)[0][1]
