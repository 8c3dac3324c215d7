package ringwall.detections.guest.text_test

import data.ringwall.detections.guest.hooks
import data.ringwall.detections.guest.memory
import data.ringwall.detections.guest.modules
import data.ringwall.detections.guest.text

code(pages, patched, redirected, slide) := {
	"kernel": {"state": "present", "value": {"release": "6.1.0", "buildId": "ab", "rejected": []}},
	"text": {"state": "present", "value": {"start": "0xffffffff81000000", "slide": slide, "pageSize": 4096, "pages": pages, "functions": ["a", "b"], "patched": patched, "redirected": redirected}},
}

site := {"kind": "functionEntry", "at": {"address": "0x1", "owner": {"kind": "kernel", "name": "commit_creds", "distance": 0}}, "bytes": "e900000000"}

test_sites if {
	count(text.gst_030) == 0 with input as {"facts": code([], [], [], "0x0")}
	some content in text.gst_030 with input as {"facts": code([], [site], [], "0x0")}
	content.case == "content"
	some target in text.gst_030 with input as {"facts": code([], [object.union(site, {"target": {"address": "0x2", "owner": {"kind": "none"}}})], [], "0x0")}
	target.case == "target"
	some turned in text.gst_030 with input as {"facts": code([], [object.union(site, {"turned": true, "target": {"address": "0x2", "owner": {"kind": "kernel", "name": "f", "distance": 0}}})], [], "0x0")}
	turned.case == "turned"
	count(text.gst_030) == 1 with input as {"facts": code([], [object.union(site, {"turned": true})], [], "0x0")}
	count(text.gst_030) == 0 with input as {"facts": code([], [object.union(site, {"turned": true, "passing": true})], [], "0x0")}
	count(text.gst_030) == 0 with input as {"facts": code([], [object.union(site, {"passing": true})], [], "0x0")}
	some module in text.gst_072 with input as {"facts": {"moduleCode": {"state": "present", "value": {"modules": [{"patched": [site], "redirected": [], "returning": []}]}}}}
	module.case == "content"
	count(text.gst_072) == 0 with input as {"facts": {"moduleCode": {"state": "present", "value": {"modules": [{"patched": [object.union(site, {"passing": true})], "redirected": [], "returning": []}]}}}}
}

test_redirected if {
	count(text.gst_031) == 1 with input as {"facts": code([], [], [object.union(site, {"target": {"address": "0x2", "owner": {"kind": "none"}}})], "0x0")}
}

test_file if {
	difference := {"at": site.at, "bytes": "cc", "original": "90"}
	count(text.gst_033) == 1 with input as {"facts": {"kernelFile": {"state": "present", "value": {"differences": [difference]}}}}
	count(text.gst_033) == 0 with input as {"facts": {"kernelFile": {"state": "present", "value": {"differences": []}}}}
}

test_pages if {
	count(text.gst_032) == 0 with input as {"facts": code(["x", "y"], [], [], "0x0"), "baseline": {"facts": code(["x", "y"], [], [], "0x0")}}
	some hit in text.gst_032 with input as {"facts": code(["x", "z"], [], [], "0x0"), "baseline": {"facts": code(["x", "y"], [], [], "0x0")}}
	hit.args == {"address": "_stext+0x1000", "function": "b"}
}

test_constants if {
	difference := {"at": site.at, "bytes": "cc", "original": "90"}
	some hit in text.gst_033 with input as {"facts": {"kernelFile": {"state": "present", "value": {"differences": [], "constants": [difference]}}}}
	hit.case == "constant"
	count(text.gst_035) == 0 with input as {"facts": constants(["x", "y"], "0x0"), "baseline": {"facts": constants(["x", "y"], "0x0")}}
	count(text.gst_035) == 0 with input as {"facts": constants(["x", "z"], "0x200000"), "baseline": {"facts": constants(["x", "y"], "0x0")}}
	some page in text.gst_035 with input as {"facts": constants(["x", "z"], "0x0"), "baseline": {"facts": constants(["x", "y"], "0x0")}}
	page.args == {"address": "__start_rodata+0x1000", "symbol": "b"}
}

constants(pages, slide) := object.union(code([], [], [], slide), {"readOnly": {
	"state": "present",
	"value": {"start": "0xffffffff82000000", "slide": slide, "pageSize": 4096, "pages": pages, "symbols": ["a", "b"]},
}})

module_code(pages, places) := object.union(code([], [], [], "0x0"), {"moduleCode": {"state": "present", "value": {"slide": "0x0", "modules": [{
	"name": "loop", "module": "0x1", "base": "0x2", "size": 4096, "pageSize": 4096, "pages": pages, "places": places,
	"patched": [], "redirected": [], "returning": [],
}]}}})

test_module_of_another_load if {
	count(text.gst_073) == 1 with input as {"facts": module_code(["y"], ["0x2"]), "baseline": {"facts": module_code(["x"], ["0x2"])}}
	count(text.gst_073) == 0 with input as {"facts": module_code(["y"], ["0x2"]), "baseline": {"facts": module_code(["x"], ["0x3"])}}
}

test_pages_of_another_boot if {
	count(text.gst_032) == 0 with input as {"facts": code(["x", "z"], [], [], "0x200000"), "baseline": {"facts": code(["x", "y"], [], [], "0x0")}}
}

areas(writable, kind) := {"facts": {"executable": {"state": "present", "value": {"areas": [{"start": "0x1", "end": "0xfff", "writable": writable, "owner": {"kind": kind}}]}}}}

test_memory if {
	count(memory.gst_050) == 0 with input as areas(false, "kernel")
	count(memory.gst_050) == 1 with input as areas(true, "kernel")
	count(memory.gst_051) == 0 with input as areas(false, "bpf")
	count(memory.gst_051) == 1 with input as areas(false, "none")
}

test_code_that_does_not_fit if {
	fits := {"facts": {"text": {"state": "present", "value": {"swept": {"odd": [], "unjudged": []}}}}}
	count(text.gst_036) == 0 with input as fits
	target := {"address": "0xffffffffc0000040", "owner": {"kind": "module", "name": "loop", "distance": 64}}
	odd := [
		object.union(site, {"kind": "leads", "target": target}), object.union(site, {"kind": "inside", "target": site.at}),
		object.union(site, {"kind": "cut"}),
	]
	hits := text.gst_036 with input as {"facts": {"text": {"state": "present", "value": {"swept": {"odd": odd}}}}}
	{hit.case | some hit in hits} == {"leads", "inside", "cut"}
	some hit in hits
	hit.args == {"at": "commit_creds", "bytes": "e900000000", "address": "0xffffffffc0000040", "owner": "module loop"}
}

test_code_of_a_module_that_does_not_fit if {
	fits := {"facts": {"moduleCode": {"state": "present", "value": {"modules": [{"name": "loop", "odd": []}, {"name": "dummy"}], "unjudged": []}}}}
	count(text.gst_077) == 0 with input as fits
	target := {"address": "0x2", "owner": {"kind": "none"}}
	odd := [
		object.union(site, {"kind": "leads", "function": "loop_queue_rq", "target": target}),
		object.union(site, {"kind": "inside", "function": "", "target": target}),
		object.union(site, {"kind": "stack", "function": "loop_queue_rq"}),
	]
	hits := text.gst_077 with input as {"facts": {"moduleCode": {"state": "present", "value": {"modules": [{"name": "loop", "odd": odd}]}}}}
	{[hit.case, hit.args] | some hit in hits} == {
		["leads", {"name": "loop", "function": "loop_queue_rq", "bytes": "e900000000", "address": "0x2", "owner": "nobody"}],
		["inside", {"name": "loop", "function": "0x1", "bytes": "e900000000", "address": "0x2"}],
		["stack", {"name": "loop", "function": "loop_queue_rq", "bytes": "e900000000"}],
	}
}

test_constant_that_leads_out if {
	word := {"at": {"address": "0x1", "owner": {"kind": "data", "name": "ipv4_specific", "distance": 8}}, "target": {"address": "0x2", "owner": {"kind": "none"}}}
	count(text.gst_037) == 0 with input as {"facts": {"readOnly": {"state": "present", "value": {"foreign": []}}}}
	some hit in text.gst_037 with input as {"facts": {"readOnly": {"state": "present", "value": {"foreign": [word]}}}}
	hit.args == {"at": "ipv4_specific+0x8", "address": "0x2", "owner": "nobody"}
}

test_pages_of_programs if {
	place := {"address": "0x1", "owner": {"kind": "data", "name": "init_task", "distance": 0}}
	page := {"pid": 7, "name": "evil", "task": "0x7", "kind": "image", "address": "0x7f0000000000", "physical": "0x1000", "writable": true, "at": place}
	pages := {"facts": {"executable": {"state": "present", "value": {"areas": [], "constants": [{"at": place, "size": 4096}], "reached": [page, object.union(page, {"kind": "supervisor", "at": null})]}}}}
	hits := memory.gst_059 with input as pages
	{hit.case | some hit in hits} == {"image", "supervisor"}
	count(memory.gst_038) == 1 with input as pages
	clean := {"facts": {"executable": {"state": "present", "value": {"areas": [], "constants": [], "reached": []}}}}
	count(memory.gst_059) + count(memory.gst_038) == 0 with input as clean
}

test_page_tables if {
	at := {"address": "0xffffffff81000000", "owner": {"kind": "kernel", "name": "a", "distance": 0}}
	pages := {"facts": {"executable": {"state": "present", "value": {
		"areas": [], "moved": [{"at": at, "physical": "0x1", "expected": "0x2"}], "open": [{"at": at, "writable": true}],
		"aliases": [{"at": at, "writable": "0xffff888000000000"}],
	}}}}
	count(memory.gst_052) == 1 with input as pages
	some open in memory.gst_053 with input as pages
	open.case == "write"
	count(memory.gst_054) == 1 with input as pages
	count(memory.gst_058) == 0 with input as pages
	table := {"pid": 7, "name": "evil", "task": "0x7", "index": 273, "address": "0xffff888000000000", "entry": "0x1067", "expected": "0x2067"}
	own := {"facts": {"executable": {"state": "present", "value": {"areas": [], "processes": [table]}}}}
	some hit in memory.gst_058 with input as own
	hit.key == "0x7:273"
}

listed(missing, state) := {"facts": {"modules": {"state": "present", "value": {"modules": [{"name": "loop", "module": "0x1", "missingIn": missing, "state": state}]}}}}

test_modules if {
	count(modules.gst_070) == 0 with input as listed([], 0)
	count(modules.gst_070) == 0 with input as listed(["sysfs", "bugs"], 1)
	count(modules.gst_070) == 1 with input as listed(["list"], 1)
	some hit in modules.gst_070 with input as listed(["list", "sysfs"], 0)
	hit.args.places == "modules, module_kset"
}

state(change) := {"facts": {"modules": {"state": "present", "value": {
	"structures": ["bugs", "list", "sysfs", "tree"], "taints": [],
	"modules": [object.union({"name": "loop", "module": "0x1", "missingIn": [], "state": 0, "starting": false, "holds": 1}, change)],
}}}}

test_module_that_is_marked if {
	every change in [{}, {"state": 1, "starting": true}, {"state": 2, "holds": 0}, {"state": 3, "missingIn": ["sysfs"]}] {
		count(modules.gst_070) == 0 with input as state(change)
	}
	every change in [{"state": 1}, {"state": 2}, {"state": 3}, {"state": 7}] {
		hits := modules.gst_070 with input as state(change)
		{hit.case | some hit in hits} == {"marked"}
	}
}

test_renamed_module if {
	loop := {"name": "loop", "module": "0x1", "missingIn": [], "state": 0, "folder": "loop"}
	count(modules.gst_070) == 0 with input as {"facts": {"modules": {"state": "present", "value": {"modules": [loop]}}}}
	some hit in modules.gst_070 with input as {"facts": {"modules": {"state": "present", "value": {"modules": [object.union(loop, {"folder": "evil"})]}}}}
	hit.case == "renamed"
}

test_kernel if {
	rejected := {"source": "VMCOREINFO", "address": "0x1000", "reason": "its banner says otherwise"}
	count(modules.gst_080) == 1 with input as {"facts": {"kernel": {"state": "present", "value": {"rejected": [rejected]}}}}
	count(modules.gst_081) == 1 with input as {"facts": {}, "inconsistencies": [{"structure": "modules", "address": "0x1", "reason": "circle"}]}
}

test_mappings_that_are_not_listed if {
	page := {"pid": 7, "name": "evil", "task": "0x7", "address": "0x7f0000000000", "writable": false, "executable": true, "counted": 9, "listed": 9}
	count := object.union(page, {"address": null, "counted": 9, "listed": 8})
	hits := memory.gst_078 with input as {"facts": {"executable": {"state": "present", "value": {"areas": [], "unlisted": [page, count], "unjudged": []}}}}
	{[hit.case, hit.args] | some hit in hits} == {
		["page", {"pid": 7, "name": "evil", "address": "0x7f0000000000"}],
		["count", {"pid": 7, "name": "evil", "counted": 9, "listed": 8}],
	}
	none := memory.gst_078 with input as {"facts": {"executable": {"state": "present", "value": {"areas": [], "unlisted": []}}}}
	none == set()
}

test_shared_code if {
	odd := {"image": "vdso_image_64", "offset": "0x700", "kind": "leads", "bytes": "e9"}
	own := {"pid": 7, "name": "evil", "task": "0x7", "image": "vdso_image_64", "offset": "0x700", "bytes": "e9", "original": "55"}
	hits := memory.gst_079 with input as {"facts": {"executable": {"state": "present", "value": {"areas": [], "vdso": {"odd": [odd], "processes": [own], "breakpoints": []}}}}}
	{hit.case | some hit in hits} == {"shared", "own"}
	none := memory.gst_079 with input as {"facts": {"executable": {"state": "present", "value": {"areas": [], "vdso": {"odd": [], "processes": [], "breakpoints": ["gdb (7)"]}}}}}
	none == set()
}

test_trampolines if {
	code := {"kind": "code", "at": {"address": "0x2", "owner": {"kind": "none"}}, "trampoline": "0x1", "bytes": "cc"}
	leads := object.union(code, {"kind": "leads", "target": {"address": "0x9", "owner": {"kind": "none"}}})
	hits := hooks.gst_039 with input as {"facts": {"tracing": {"state": "present", "value": {"operations": [], "trampolines": [code, leads], "unjudged": []}}}}
	{[hit.case, hit.args] | some hit in hits} == {
		["code", {"trampoline": "0x1", "address": "0x2", "bytes": "cc"}],
		["leads", {"trampoline": "0x1", "address": "0x2", "target": "0x9", "owner": "nobody"}],
	}
}

test_settings_that_differ_from_the_file if {
	setting := {"name": "vm/swappiness", "member": "mode", "at": {"address": "0x1", "owner": {"kind": "data"}}, "value": "0x0000000000000000", "original": "0x00000000000001a4"}
	some hit in text.gst_033 with input as {"facts": {"kernelFile": {"state": "present", "value": {"differences": [], "settings": [setting]}}}}
	hit.case == "setting"
	hit.args.member == "mode"
}

turned(at, owner) := {
	"at": {"address": "0x1", "owner": {"kind": "data", "name": at, "distance": 40}},
	"original": {"address": "0x2", "owner": {"kind": "kernel", "name": "tcp_v4_connect", "distance": 0}},
	"target": {"address": "0x3", "owner": owner},
}

pointer_cases(pointer) := {hit.case |
	some hit in text.gst_033 with input as {"facts": {"kernelFile": {"state": "present", "value": {"differences": [], "pointers": [pointer]}}}}
}

test_pointers_that_differ_from_the_file if {
	function := {"kind": "kernel", "name": "ip4_datagram_connect", "distance": 0}
	pointer_cases(turned("tcp_prot", {"kind": "none"})) == {"pointer"}
	pointer_cases(turned("arp_tbl", {"kind": "data", "name": "empty_zero_page", "distance": 16})) == {"pointer"}
	pointer_cases(turned("tcp_prot", object.union(function, {"distance": 9}))) == {"pointer"}
	pointer_cases(turned("tcp_prot", {"kind": "module", "name": "kit", "distance": 64})) == {"lent"}
	pointer_cases(turned("tcp_prot", function)) == {"exchanged"}
	pointer_cases(turned("key_type_user", function)) == {"exchanged"}
	pointer_cases(turned("lapic_clockevent", function)) == set()
}
