# METADATA
# title: Results of every control that judges this kind of asset
# description: >-
#   One object per control, by id. A rule that is undefined or fails is unknown (policy error) for that control alone.
# entrypoint: true
package ringwall.audit

import data.ringwall.catalog

results[id] := result if {
	some id, entry in catalog.controls[input.asset.kind]
	result := verdict(entry)
}

verdict(entry) := value if {
	value := data.ringwall.controls[entry.package][entry.family][entry.rule]
} else := {"verdict": "unknown", "reason": "policyError", "case": "policyError", "args": {}, "facts": []}
