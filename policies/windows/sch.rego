# Mitigations of speculative execution attacks.
package ringwall.controls.windows.sch

import data.ringwall.lib.judge

# METADATA
# title: Speculation mitigations not overridden
# description: >-
#   Bits of FeatureSettingsOverride count where FeatureSettingsOverrideMask has them set. Bit 0 switches the mitigation of
#   Spectre variant 2 off, bit 1 that of Meltdown; the pair 3 and 3, found in many guides for speed, switches both off. Other
#   bits switch further mitigations on.
# custom:
#   id: WVB-019
#   severity: high
#   family: SCH
#   facts: ["reg.memory.FeatureSettingsOverride", "reg.memory.FeatureSettingsOverrideMask"]
#   safe: "absent, or bits 0 and 1 of the override not set where the mask has them"
#   default: "absent"
#   remediation: >-
#     Delete both values, or set the pair that KB4072698 gives for the processor; reboot.
#   disable:
#     how: >-
#       FeatureSettingsOverride 3 and FeatureSettingsOverrideMask 3 below Session Manager\Memory Management
#     restart: >-
#       reboot
#     rollback: >-
#       delete both values or restore the pair that was recorded; reboot
#   messages:
#     absent: "Nothing overrides the mitigations"
#     safe: "The override {override} with mask {mask} switches neither of the two off"
#     unsafe: "Switched off: {found} (override {override}, mask {mask})"
#   source: >-
#     KB4072698, whose table of values could not be read; the pair 3 and 3 from third-party scripts that cite it: from
#     knowledge, to be checked
#   always: true
wvb_019 := judge.unreadable(pair) if not judge.all_readable(pair)

else := judge.pass("absent", {}, pair) if {
	some name in pair
	judge.absent(name)
}

else := judge.fail("unsafe", object.union({"found": off}, values), pair) if count(off) > 0

else := judge.pass("safe", values, pair)

pair := ["reg.memory.FeatureSettingsOverride", "reg.memory.FeatureSettingsOverrideMask"]

values := {"override": judge.value(pair[0]), "mask": judge.value(pair[1])}

off := [name |
	some bit, name in {1: "Spectre variant 2", 2: "Meltdown"}
	bits.and(bits.and(values.override, values.mask), bit) != 0
]
