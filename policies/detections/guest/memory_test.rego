package ringwall.detections.guest.memory_test

import data.ringwall.detections.guest.memory

own := {"pid": 9, "name": "sh", "task": "0x9", "image": "vdso_image_64", "offset": "0xa00", "bytes": "c3", "original": "55"}

shared(rows) := {"facts": {"executable": {"state": "present", "value": {"vdso": {"odd": [], "processes": rows}}}}}

cases(document) := found if {
	found := {hit.case | some hit in memory.gst_079} with input as document
}

test_shared_code_of_its_own if {
	cases(shared([])) == set()
	cases(shared([own])) == {"own"}
	cases(shared([object.union(own, {"traced": false})])) == {"own"}
	cases(shared([object.union(own, {"traced": true})])) == {"traced"}
}

open := {"pid": 9, "name": "sh", "task": "0x9", "address": "0x1000", "writable": true, "executable": true, "rights": "rw-", "counted": 1, "listed": 1}

exceeding(change) := {"facts": {"executable": {"state": "present", "value": {"unlisted": [], "exceeding": [object.union(open, change)]}}}}

excesses(document) := found if {
	found := {hit.case | some hit in memory.gst_078} with input as document
}

test_exceeding if {
	excesses(exceeding({})) == {"executable"}
	excesses(exceeding({"rights": "r-x"})) == {"writable"}
	excesses(exceeding({"rights": "r--"})) == {"executable", "writable"}
	excesses(exceeding({"rights": "rwx"})) == set()
}
