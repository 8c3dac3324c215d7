package ringwall.tests.host.dma

import data.ringwall.controls.host.dma

present(value) := {"state": "present", "value": value, "source": []}

absent := {"state": "absent", "source": []}

# cmdline: parameters in order, as [name, value].
cmdline(pairs) := object.union(
	{"cmdline": present([{"name": pair[0], "value": pair[1], "column": 1} | some pair in pairs])},
	{sprintf("cmdline.%s", [pair[0]]): present([other[1] | some other in pairs; other[0] == pair[0]]) | some pair in pairs},
)

groups(list) := {"iommu.groups": present(list)}

group(id, type, drivers) := {
	"id": id, "type": type,
	"devices": [{"address": sprintf("0000:0%d:00.0", [i]), "driver": driver, "bridge": false} | some i, driver in drivers],
}

at(facts) := {"facts": facts}

test_no_group if {
	result := dma.kvm_040 with input as at(groups([]))
	result.verdict == "fail"
}

test_groups if {
	result := dma.kvm_040 with input as at(groups([group("1", "DMA", ["e1000e"])]))
	result.args.count == 1
}

passthrough(pairs) := result.verdict if {
	result := dma.kvm_041 with input as at(cmdline(pairs))
}

test_the_last_word_on_translation_counts if {
	passthrough([["iommu", "pt"], ["iommu.passthrough", "0"]]) == "pass"
	passthrough([["iommu.passthrough", "0"], ["iommu", "pt"]]) == "fail"
	passthrough([["iommu", "pt,nopt"]]) == "pass"
	passthrough([["iommu", "soft"]]) == "pass"
	passthrough([["iommu.passthrough", "on"]]) == "fail"
}

test_translation_as_built if {
	result := dma.kvm_041 with input as at(object.union(cmdline([]), {"config.iommu_default_passthrough": present("y")}))
	result.case == "builtIn"
}

strict(pairs, list) := result if {
	result := dma.kvm_042 with input as at(object.union(cmdline(pairs), groups(list)))
}

test_strict if {
	strict([["iommu.strict", "1"]], []).verdict == "pass"
	strict([["intel_iommu", "on,strict"]], []).verdict == "pass"
	strict([["amd_iommu", "fullflush"]], []).verdict == "pass"
	strict([["iommu.strict", "0"]], []).verdict == "fail"
	strict([], []).verdict == "notApplicable"
	strict([], [group("3", "DMA-FQ", ["nvme"])]).args.found == ["3"]
	strict([], [group("3", "DMA", ["nvme"])]).case == "groups"
}

test_identity if {
	result := dma.kvm_043 with input as at(groups([group("1", "DMA", ["a"]), group("2", "identity", ["b"])]))
	result.args.found == ["2"]
}

test_a_type_that_is_not_shown if {
	result := dma.kvm_043 with input as at(groups([group("1", null, ["a"])]))
	result.verdict == "unknown"
}

remapping(pairs) := result.verdict if {
	result := dma.kvm_044 with input as at(object.union(cmdline(pairs), {"cpu.architecture": present("x86")}))
}

test_interrupts if {
	remapping([]) == "pass"
	remapping([["nointremap", ""]]) == "fail"
	remapping([["intremap", "off,on"]]) == "pass"
	remapping([["intremap", "on"], ["intremap", "off"]]) == "fail"
	remapping([["intremap", "on,nosid"]]) == "fail"
}

test_beside_an_assigned_device if {
	result := dma.kvm_048 with input as at(groups([group("9", "DMA", ["vfio-pci", "nvme", "pci-stub", null])]))
	result.args.found == ["0000:01:00.0"]
}

test_assigned_alone if {
	result := dma.kvm_048 with input as at(groups([group("9", "DMA", ["mlx5_vfio_pci"])]))
	result.verdict == "pass"
}

test_nothing_assigned if {
	result := dma.kvm_048 with input as at(groups([group("9", "DMA", ["nvme"])]))
	result.verdict == "notApplicable"
}

test_an_option_for_a_module_that_is_not_loaded if {
	facts := {
		"module.vfio": absent, "module.vfio.enable_unsafe_noiommu_mode": absent,
		"modprobe.vfio.enable_unsafe_noiommu_mode": present([""]),
	}
	result := dma.kvm_015 with input as at(facts)
	result.case == "atLoad"
}
