package ringwall.tests.hyperv_vm.net

import data.ringwall.controls.hyperv_vm.net

nics(list) := {"nics": {"state": "present", "value": list, "source": []}}

adapter(more) := object.union({"name": "N", "macSpoofing": "Off", "dhcpGuard": "On", "stormLimit": 1000}, more)

spoofing(list) := result if result := net.hvs_008 with input.facts as nics(list)

test_each_adapter_counts if spoofing([adapter({}), adapter({"name": "second", "macSpoofing": "On"})]).args.device == {"second"}

test_offender_is_cited if spoofing([adapter({}), adapter({"macSpoofing": "On"})]).facts == ["nics[1]"]

test_unwritten_setting_is_unknown if spoofing([object.remove(adapter({}), ["macSpoofing"])]).reason == "missing"

test_offender_wins_over_unwritten if {
	spoofing([object.remove(adapter({}), ["macSpoofing"]), adapter({"macSpoofing": "On"})]).verdict == "fail"
}

test_no_adapter if spoofing([]).verdict == "notApplicable"

storm(limit, parameters) := result if {
	result := net.hvs_013 with input.facts as nics([adapter({"stormLimit": limit})]) with data.ringwall.parameters as parameters
}

test_no_limit_fails if storm(0, {}).verdict == "fail"

test_any_limit_passes_without_parameter if storm(100000, {}).verdict == "pass"

test_limit_above_the_parameter_fails if storm(1001, {"storm_limit": 1000}).verdict == "fail"

named(name, uuid) := result if {
	result := net.hvs_009 with input as {"asset": {"name": name, "uuid": uuid}, "facts": nics([adapter({"dhcpGuard": "Off"})])}
		with data.ringwall.parameters as {"dhcp_servers": ["dhcp", "6b0a"]}
}

test_server_by_name if named("dhcp", "1").case == "server"

test_server_by_identifier if named("x", "6b0a").case == "server"

test_other_machine_fails if named("x", "1").verdict == "fail"
