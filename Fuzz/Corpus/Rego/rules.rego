package a.b["c-d"]

import data.users
import input.x as y

default allow := false

allow if users[input.user][_] == "admin"
else := {"why": y} if y > 1
else := "none"

deny contains msg if {
	some i, item in input.list
	not item == null
	msg := sprintf("%d: %v", [i, item])
}
