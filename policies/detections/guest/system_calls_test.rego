package ringwall.detections.guest.system_calls_test

import data.ringwall.detections.guest.system_calls

owner(name) := {"kind": "kernel", "name": name, "distance": 0}

entry(number, name) := {"number": number, "address": "0xffffffff81000000", "owner": owner(name), "names": [name]}

table(entries) := {"facts": {
	"kernel": {"state": "present", "value": {"release": "6.1.0", "buildId": "ab"}},
	"systemCalls": {"state": "present", "value": {"tables": [{"name": "x64", "symbol": "sys_call_table", "entries": entries}]}},
}}

clean := table([entry(0, "__x64_sys_read"), entry(62, "__x64_sys_kill"), entry(335, "sys_ni_syscall")])

foreign := {"number": 62, "address": "0xffff888000001000", "owner": {"kind": "none"}, "names": []}

inside := {"number": 62, "address": "0xffffffff81000010", "owner": {"kind": "kernel", "name": "__x64_sys_kill", "distance": 16}, "names": []}

test_clean if {
	count(system_calls.gst_001) == 0 with input as clean
	count(system_calls.gst_002) == 0 with input as clean
}

test_foreign if {
	some hit in system_calls.gst_001 with input as table([foreign])
	hit.args.owner == "nobody"
	count(system_calls.gst_002) == 0 with input as table([foreign])
}

test_inside if {
	some hit in system_calls.gst_002 with input as table([inside])
	hit.case == "inside"
}

test_other if {
	some hit in system_calls.gst_002 with input as table([entry(62, "__x64_sys_getppid")])
	hit.case == "other"
	hit.args.expected == "__x64_sys_kill"
}

test_strange if {
	some hit in system_calls.gst_002 with input as table([entry(600, "commit_creds")])
	hit.case == "strange"
}

test_one_of_several_names if {
	count(system_calls.gst_002) == 0 with input as table([{
		"number": 39, "address": "0xffffffff81000000", "owner": owner("__do_sys_getpid"),
		"names": ["__do_sys_getpid", "__ia32_sys_getpid", "__x64_sys_getpid"],
	}])
}

test_lost if {
	count(system_calls.gst_004) == 0 with input as clean
	lost := {"facts": {"systemCalls": {"state": "present", "value": {"tables": [], "lost": [{"number": 62, "name": "__x64_sys_kill"}]}}}}
	count(system_calls.gst_004) == 1 with input as lost
}

test_baseline if {
	count(system_calls.gst_003) == 1 with input as object.union(table([entry(62, "__x64_sys_getppid")]), {"baseline": table([entry(62, "__x64_sys_kill")])})
	count(system_calls.gst_003) == 0 with input as object.union(clean, {"baseline": clean})
}

test_unreadable_says_nothing if {
	count(system_calls.gst_001) == 0 with input as {"facts": {"systemCalls": {"state": "unreadable", "why": "not mapped"}}}
}

test_steps if {
	some hit in system_calls.gst_004 with input as {"facts": {"systemCalls": {"state": "present", "value": {"tables": [], "left": [{"from": "do_syscall_64", "to": "x64_sys_call"}]}}}}
	hit.args == {"function": "do_syscall_64", "next": "x64_sys_call"}
}

test_compat if {
	calls := {"facts": {"systemCalls": {"state": "present", "value": {"tables": [], "compatUnreached": ["__ia32_sys_kill", "__ia32_sys_select"]}}}}
	some hit in system_calls.gst_004 with input as calls
	hit.args.name == "__ia32_sys_kill"
	count(system_calls.gst_004) == 1 with input as calls
}

x32(entries) := {"facts": {"systemCalls": {"state": "present", "value": {"tables": [{"name": "x32", "symbol": "x32_sys_call_table", "entries": entries}]}}}}

test_x32_table if {
	clean_entries := [entry(0, "__x64_sys_read"), entry(512, "__x32_compat_sys_rt_sigaction"), entry(520, "__x64_compat_sys_execve"), entry(335, "sys_ni_syscall")]
	count(system_calls.gst_001) == 0 with input as x32(clean_entries)
	count(system_calls.gst_002) == 0 with input as x32(clean_entries)
	some hit in system_calls.gst_001 with input as x32([foreign])
	hit.args.table == "x32_sys_call_table"
	some other in system_calls.gst_002 with input as x32([entry(512, "__ia32_compat_sys_rt_sigaction")])
	other.case == "strange"
	some middle in system_calls.gst_002 with input as x32([inside])
	middle.case == "inside"
	changed := object.union(x32([entry(62, "__x64_sys_getppid")]), {"baseline": x32([entry(62, "__x64_sys_kill")])})
	before := {"kernel": {"state": "present", "value": {"release": "5.10.0", "buildId": "ab"}}}
	count(system_calls.gst_003) == 1 with input as object.union(changed, {"facts": before, "baseline": {"facts": before}})
}

test_x32_switch if {
	calls := {"facts": {"systemCalls": {"state": "present", "value": {"tables": [], "x32Unreached": ["__x64_sys_kill", "__x64_sys_recvmsg", "__x64_compat_sys_execve"]}}}}
	hits := system_calls.gst_004 with input as calls
	{hit.args.name | some hit in hits} == {"__x64_sys_kill", "__x64_compat_sys_execve"}
}
