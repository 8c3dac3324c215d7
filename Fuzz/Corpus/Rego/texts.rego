# METADATA
# title: Texts
# description: |
#   several lines
# schemas:
#   - input: {type: object}
package t

import rego.v1

raw := `a\n{b}`

template := $"{input.user} has {count(data.users)} of {"x"}"

escaped := "\u00e9\t\"\\/"

# a comment
long := concat(", ", [x |
	some x in ["a", "b"] # here too
	x != "c"
])
