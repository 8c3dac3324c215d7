package ringwall.detections.guest.modules_test

import data.ringwall.detections.guest.modules

usual := {
	"name": "jbd2", "module": "0xffffffffc0000000", "folder": "jbd2", "missingIn": [], "state": 0, "holds": 2, "starting": false, "symbols": 10,
	"taints": [], "shown": "jbd2", "hashed": true, "found": true, "users": 1,
}

told(change) := cases if {
	hits := modules.gst_070 with input as {"facts": {"modules": {"state": "present", "value": {"modules": [object.union(usual, change)], "structures": ["list", "sysfs", "tree", "bugs"], "taints": []}}}}
	cases := {hit.case | some hit in hits}
}

test_usual if {
	told({}) == set()
	told({"shown": null, "hashed": null, "found": null, "users": null}) == set()
	told({"holds": 5}) == set()
}

test_names if {
	told({"folder": "jbd3"}) == {"renamed"}
	told({"shown": "jbd3"}) == {"shown"}
	told({"name": "jbd3", "folder": "jbd3"}) == {"shown"}
	told({"hashed": false}) == {"place"}
	told({"found": false}) == {"place"}
}

test_users_that_do_not_hold if {
	told({"holds": 1}) == {"held"}
	told({"holds": 1, "state": 2, "starting": true}) == set()
}

test_hidden if {
	told({"missingIn": ["list"]}) == {"hidden"}
}
