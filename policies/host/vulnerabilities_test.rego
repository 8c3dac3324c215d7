package ringwall.tests.host.vulnerabilities

import data.ringwall.controls.host.vulnerabilities

present(value) := {"state": "present", "value": value, "source": []}

absent := {"state": "absent", "source": []}

clause(state, detail) := {"state": state, "detail": detail}

part(scope, state, detail) := {"scope": scope, "state": state, "detail": detail}

text(clauses) := concat("; ", [c.detail | some c in clauses])

fact(name, clauses) := {sprintf("cpu.vulnerabilities.%s", [name]): present({"text": text(clauses), "clauses": clauses})}

mds(clauses, tenants) := result if {
	result := vulnerabilities.kvm_102 with input as {"facts": object.union(fact("mds", clauses), {"cpu.vendor": present("intel")})}
		with data.ringwall.parameters.tenants as tenants
}

mitigated := clause("mitigation", "Mitigation: Clear CPU buffers")

test_first_clause if {
	mds([clause("not affected", "Not affected")], "untrusted").verdict == "pass"
	mds([mitigated], "untrusted").verdict == "pass"
	mds([clause("vulnerable", "Vulnerable: Clear CPU buffers attempted, no microcode")], "untrusted").case == "vulnerable"
	mds([clause("unknown", "Unknown: No mitigations")], "untrusted").verdict == "unknown"
	mds([clause("detail", "something new")], "untrusted").verdict == "unknown"
}

test_a_mitigation_without_a_name if mds([clause("mitigation", "Mitigation")], "untrusted").case == "stateUnknown"

test_sibling_threads if {
	mds([mitigated, part("SMT", "vulnerable", "vulnerable")], "untrusted").case == "smt"
	mds([mitigated, part("SMT", "vulnerable", "vulnerable")], "trusted").case == "smtTrusted"
	mds([mitigated, part("SMT", "unknown", "Host state unknown")], "untrusted").case == "smtUnknown"
	mds([mitigated, part("SMT", "mitigation", "mitigated")], "untrusted").verdict == "pass"
}

test_a_later_clause if {
	clauses := [clause("mitigation", "Mitigation: Retpolines"), part("BHI", "vulnerable", "Vulnerable")]
	result := vulnerabilities.kvm_105 with input as {"facts": fact("spectre_v2", clauses)}
	result.args.clause == "BHI: Vulnerable"
}

test_safe_ret_without_the_microcode if {
	clauses := [clause("mitigation", "Mitigation: Safe RET"), clause("detail", "no microcode")]
	result := vulnerabilities.kvm_112 with input as {"facts": fact("spec_rstack_overflow", clauses)}
	result.verdict == "fail"
}

test_a_file_that_is_not_there if {
	own := vulnerabilities.kvm_102 with input as {"facts": {"cpu.vulnerabilities.mds": absent, "cpu.vendor": present("intel")}}
	own.verdict == "unknown"
	other := vulnerabilities.kvm_102 with input as {"facts": {"cpu.vulnerabilities.mds": absent, "cpu.vendor": present("amd")}}
	other.verdict == "notApplicable"
}

test_guests_spared if {
	clauses := [clause("vulnerable", "Vulnerable"), part("KVM", "not affected", "Not affected")]
	result := vulnerabilities.kvm_115 with input as {"facts": fact("indirect_target_selection", clauses)}
	result.case == "guestsOnly"
}

test_files_without_a_control_of_their_own if {
	names := {"cpu.vulnerabilities": present(["mds", "ghostwrite"])}
	bad := vulnerabilities.kvm_199 with input as {"facts": object.union(names, fact("ghostwrite", [clause("vulnerable", "Vulnerable")]))}
	bad.args.found == "ghostwrite: Vulnerable"
	good := vulnerabilities.kvm_199 with input as {"facts": object.union(names, fact("ghostwrite", [clause("not affected", "Not affected")]))}
	good.verdict == "pass"
	none := vulnerabilities.kvm_199 with input as {"facts": {"cpu.vulnerabilities": present(["mds"])}}
	none.verdict == "notApplicable"
}
