package ringwall.detections.guest.views_test

import data.ringwall.detections.guest.views

seen(rows) := {"facts": {"views": {"state": "present", "value": {"hidden": rows}}}}

test_hidden if {
	count(views.gst_075) == 0 with input as seen([])
	kinds := {"program": "bpf", "map": "bpf", "link": "bpf", "socket": "socket", "mount": "mount"}
	every kind, case in kinds {
		hits := views.gst_075 with input as seen([{"kind": kind, "name": "x", "address": "0x1", "missingIn": ["table", "tree"]}])
		{[hit.case, hit.args.places] | some hit in hits} == {[case, "table, tree"]}
	}
}

test_covered if {
	mount := {"point": "/proc/7", "source": "tmpfs", "type": "tmpfs", "mount": "0x1", "namespace": 5}
	some hit in views.gst_076 with input as {"facts": {"views": {"state": "present", "value": {"hidden": [], "covered": [mount]}}}}
	hit.case == "covered"
	count(views.gst_076) == 0 with input as seen([])
}
