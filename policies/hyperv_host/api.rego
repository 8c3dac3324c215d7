# Who administers machines.
package ringwall.controls.hyperv_host.api

import data.ringwall.lib.judge

# METADATA
# title: Hyper-V Administrators as expected
# description: >-
#   Members of the group S-1-5-32-578, whose name is that of the host's language, have every right over every machine:
#   consoles, disks, checkpoints of memory. They need no other right on the host. Who may be in it stands in the parameter
#   hyperv_administrators, by name or by identifier.
# custom:
#   id: HVS-026
#   severity: high
#   family: API
#   facts: ["administrators"]
#   safe: "nobody, or those of the parameter hyperv_administrators"
#   default: "empty (in doubt)"
#   remediation: >-
#     Remove-LocalGroupMember -SID S-1-5-32-578 -Member NAME.
#   disable:
#     how: >-
#       Add-LocalGroupMember -SID S-1-5-32-578 -Member NAME, for the time of the work
#     restart: >-
#       none; a member's rights change at the next sign-in
#     rollback: >-
#       Remove-LocalGroupMember -SID S-1-5-32-578 -Member NAME
#   messages:
#     empty: "The group Hyper-V Administrators is empty"
#     safe: "Everybody in the group is expected: {found}"
#     unsafe: "Not expected in the group: {found}"
#   source: >-
#     learn.microsoft.com/windows-server/virtualization/hyper-v/plan/plan-hyper-v-security-in-windows-server (use of the
#     group); number 578 from the Windows SDK; members by default are in doubt
#   always: true
hvs_026 := judge.unreadable(["administrators"]) if not judge.readable("administrators")

else := judge.pass("empty", {}, ["administrators"]) if count(judge.effective("administrators", [])) == 0

else := judge.parameter_not_set("hyperv_administrators", ["administrators"]) if not judge.parameter("hyperv_administrators")

else := judge.fail("unsafe", {"found": [m.name | some m in unexpected]}, ["administrators"]) if count(unexpected) > 0

else := judge.pass("safe", {"found": [m.name | some m in judge.value("administrators")]}, ["administrators"])

unexpected := [member |
	some member in judge.value("administrators")
	count({lower(member.sid), lower(member.name)} & expected) == 0
]

# Windows writes DOMAIN/NAME here and DOMAIN\NAME elsewhere.
expected := {form |
	some name in judge.parameter("hyperv_administrators")
	some form in [lower(name), replace(lower(name), "\\", "/")]
}
