package ringwall.tests.host.network

import data.ringwall.controls.host.network

present(value) := {"state": "present", "value": value, "source": []}

filtered(filter, facts) := result if {
	base := {"net.bridges": present(["br0"]), "net.bridge_tables": present([]), "libvirt.guests": present([])}
	result := network.kvm_082 with input as {"facts": object.union(base, facts)}
		with data.ringwall.parameters.bridge_filter as filter
}

guests(filter) := {"libvirt.guests": present([{"name": "g", "interfaces": [{"type": "bridge", "filter": filter}, {"type": "user", "filter": null}]}])}

test_tables_of_the_bridge if {
	filtered("nftables", {"net.bridge_tables": present(["filter"])}).args.found == ["filter"]
	filtered("nftables", {}).case == "noTable"
	filtered("nftables", {"net.bridge_tables": {"state": "unreadable"}}).verdict == "unknown"
}

test_filters_of_guests if {
	filtered("nwfilter", guests("clean-traffic")).case == "nwfilter"
	filtered("nwfilter", guests(null)).args.found == ["g"]
}

test_any_of_both if {
	filtered("any", object.union(guests(null), {"net.bridge_tables": present(["filter"])})).verdict == "pass"
	filtered("any", guests(null)).verdict == "fail"
}

test_what_the_site_asks_for if {
	filtered("none", {}).verdict == "notApplicable"
	filtered("ebtables", {}).case == "otherFilter"
	result := network.kvm_082 with input as {"facts": {"net.bridges": present(["br0"])}} with data.ringwall.parameters as {}
	result.reason == "parameterNotSet"
}

functions(list) := result if {
	result := network.kvm_083 with input as {"facts": {"net.virtual_functions": present(list)}}
}

function(spoofchk, trust) := {"device": "ens1", "vf": 3, "spoofchk": spoofchk, "trust": trust}

test_virtual_functions if {
	functions([]).verdict == "notApplicable"
	functions([function(true, false)]).verdict == "pass"
	functions([function(false, false)]).args.found == ["ens1 vf 3"]
	functions([function(true, true)]).verdict == "fail"
	functions([function(null, false)]).verdict == "fail"
}
