package ringwall.tests.windows.win

import data.ringwall.controls.windows.win

present(value) := {"state": "present", "value": value, "source": []}

none := {"state": "absent", "source": []}

unseen := {"state": "notCollected", "source": []}

policy_flags := "reg.policy.LsaCfgFlags"

own_flags := "reg.lsa.LsaCfgFlags"

guard(facts) := result if result := win.wvb_007 with input.facts as facts

test_policy_stands_before_the_setting if guard({policy_flags: present(0), own_flags: present(1)}).verdict == "fail"

test_setting_counts_where_no_policy_is if guard({policy_flags: none, own_flags: present(2)}).case == "unlocked"

test_policy_alone_decides if guard({policy_flags: present(1), own_flags: unseen}).case == "locked"

test_unseen_policy_is_unknown if guard({policy_flags: unseen, own_flags: present(1)}).verdict == "unknown"

test_release_without_the_service_fails if {
	facts := {policy_flags: none, own_flags: none, "windows.build": present(26100), "deviceGuard.servicesRunning": present([2])}
	guard(facts).case == "absent"
}

test_controller_by_product_type if guard({"windows.productType": present(2)}).verdict == "notApplicable"

level(parameter, facts) := result if {
	result := win.wvb_003 with input.facts as facts with data.ringwall.parameters as {"vbs_platform_level": parameter}
}

test_level_three_serves_where_one_is_asked if level(1, {"reg.policy.RequirePlatformSecurityFeatures": present(3)}).verdict == "pass"

test_level_of_another_number_is_no_parameter if level(2, {"reg.policy.RequirePlatformSecurityFeatures": present(3)}).reason == "parameterNotSet"

integrity(facts) := result if result := win.wvb_004 with input.facts as facts

test_policy_that_is_not_configured_leaves_it_to_the_scenario if {
	facts := {"reg.policy.HypervisorEnforcedCodeIntegrity": present(3), "reg.hvci.Enabled": present(1), "reg.hvci.Locked": none}
	integrity(facts).case == "unlocked"
}

locks := {
	policy_flags: present(2), own_flags: none, "reg.policy.HypervisorEnforcedCodeIntegrity": none, "reg.hvci.Locked": none,
	"reg.lsa.RunAsPPL": none, "credentialGuard.event": none, "bcd.optOut": none,
}

state(facts) := result if result := win.wvb_020 with input.facts as object.union(locks, facts)

test_nothing_locked if state({}).case == "unlocked"

test_every_lock_is_named if {
	found := state({
		policy_flags: present(1), "reg.hvci.Locked": present(1), "reg.lsa.RunAsPPL": present(1),
		"credentialGuard.event": present(1),
	}).args.found
	found == ["Credential Guard", "LSASS protection", "memory integrity"]
}

test_lock_left_in_firmware if state({policy_flags: none, "credentialGuard.event": present(1)}).case == "differs"

test_unread_lock_is_unknown if state({"reg.hvci.Locked": unseen}).verdict == "unknown"

opt_out(facts) := result if result := win.wvb_021 with input.facts as object.union(locks, facts)

test_rehearsal_is_asked_for_where_something_is_locked if opt_out({"reg.lsa.RunAsPPL": present(1)}).reason == "parameterNotSet"

test_pending_opt_out_fails_whatever_else_is_known if opt_out({"bcd.optOut": present("DISABLE-VBS"), own_flags: unseen}).case == "pending"
