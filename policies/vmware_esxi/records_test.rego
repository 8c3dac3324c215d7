# Logic of records and sites' decisions on facts that no single document shows together.
package ringwall.tests.vmware_esxi.records

import data.ringwall.controls.vmware_esxi.records
import data.ringwall.controls.vmware_esxi.updates

present(value) := {"state": "present", "value": value, "source": []}

test_names_of_log_servers if {
	target := "ssl://Log.example.net:6514, udp://[2001:db8::9]:514,tcp://10.0.0.9:514?formatter=RFC_5424,plain"
	hosts := records.log_hosts with input as {"facts": {"option.Syslog.global.logHost": present(target)}}
	hosts == ["log.example.net", "2001:db8::9", "10.0.0.9", "plain"]
}

on(folder, location) := {"facts": {"option.Syslog.global.logDir": present(folder), "option.ScratchConfig.CurrentScratchLocation": present(location)}}

test_folders_that_last if {
	every folder in [["[] /scratch/log", "/vmfs/volumes/a"], ["[ds1] logs/esx01", "/tmp/scratch"], ["/vmfs/volumes/a/log", "/tmp/scratch"]] {
		records.scg_esxi_8_logs_persistent.verdict == "pass" with input as on(folder[0], folder[1])
	}
}

test_folders_that_do_not if {
	every folder in [["[] /scratch/log", "/tmp/scratch"], ["/scratch/log", "/tmp/scratch"], ["/tmp/log", "/vmfs/volumes/a"]] {
		records.scg_esxi_8_logs_persistent.verdict == "fail" with input as on(folder[0], folder[1])
	}
}

test_a_folder_of_an_unknown_kind_is_unknown if {
	records.scg_esxi_8_logs_persistent.case == "unclear" with input as on("[] /var/log", "/vmfs/volumes/a")
	records.scg_esxi_8_logs_persistent.case == "unclear" with input as on("[] /scratchy/log", "/tmp/scratch")
}

host(version, build, day) := {"collected": {"at": concat("", [day, "T00:00:00Z"])}, "facts": {"product": present({"version": version, "build": build})}}

test_support_ends_after_its_last_day if {
	updates.scg_esxi_8_supported.verdict == "pass" with input as host("7.0.3", "1", "2025-10-02")
	updates.scg_esxi_8_supported.verdict == "fail" with input as host("7.0.3", "1", "2025-10-03")
}

test_builds_are_numbers if {
	updates.scg_esxi_8_updates.verdict == "pass" with input as host("8.0.3", "100000000", "2026-01-01")
		with data.ringwall.parameters.esxi_builds as {"8.0.3": "24674464"}
	updates.scg_esxi_8_updates.verdict == "fail" with input as host("8.0.3", "9", "2026-01-01")
		with data.ringwall.parameters.esxi_builds as {"8.0.3": 24674464}
}
