# Names, addresses and configuration lines: cutting, searching and rewriting of text.
package text_audit

settings[section][key] := value if {
	some i, line in lines
	regex.match(`^\s*[a-z_.]+\s*=`, line)
	[left, right] := split_once(line, "=")
	key := trim_space(left)
	value := trim(trim_space(right), `"'`)
	section := section_at[i]
}

lines := [line |
	some raw in split(input.file, "\n")
	line := trim_right(raw, " \t\r")
]

headers[i] := name if {
	some i, line in lines
	startswith(line, "[")
	endswith(line, "]")
	name := lower(substring(line, 1, count(line) - 2))
}

section_at := {i: headers[max([h | some h, _ in headers; h <= i])] | some i, _ in lines}

split_once(text, separator) := [substring(text, 0, at), substring(text, at + count(separator), -1)] if {
	at := indexof(text, separator)
	at >= 0
}

numbered := {key: to_number(value) |
	some _, members in settings
	some key, value in members
	regex.match(`^[0-9]+(\.[0-9]+)?$`, value)
}

mails contains {"user": user, "host": host} if {
	some text in input.notes
	some m in regex.find_all_string_submatch_n(`([a-z0-9.]+)@([a-z0-9-]+(?:\.[a-z]+)+)`, text, -1)
	user := m[1]
	host := m[2]
}

links contains link if {
	some text in input.notes
	some link in regex.find_n(`https?://[^\s,]+`, text, -1)
}

clean := [out |
	some text in input.notes
	replaced := strings.replace_n({"password": "********", "secret": "******", "<": "&lt;"}, text)
	out := regex.replace(replaced, `\b(\d{4})-(\d{2})-(\d{2})\b`, "$3.$2.$1")
]

shouting contains word if {
	some text in input.notes
	some word in split(text, " ")
	count(word) > 3
	word == upper(word)
	regex.match(`^[A-Z]+$`, word)
}

slugs := [slug |
	some title in input.titles
	words := [w | some w in regex.split(`[^A-Za-z0-9]+`, title); w != ""]
	slug := lower(concat("-", words))
]

initials := [concat("", [upper(substring(w, 0, 1)) | some w in split(slug, "-")]) | some slug in slugs]

codes := [sprintf("%s-%05d-%s", [upper(substring(slug, 0, 3)), i, format_int((i * 7919) % 65536, 16)]) | some i, slug in slugs]

globbed := {pattern: n |
	some pattern in ["*.example.com", "api.**", "db-?.local", "{web,api}.*.org"]
	n := count([h | some h in input.hosts; glob.match(pattern, ["."], h)])
}

suffixes := {s: n |
	some s in input.suffixes
	n := count([h | some h in input.hosts; endswith(h, s)])
}

trimmed := {trim_suffix(trim_prefix(h, "www."), ".example.com") | some h in input.hosts}

palindromes := {w | some t in input.titles; some w in split(lower(t), " "); count(w) > 2; strings.reverse(w) == w}

report := {
	"settings": settings,
	"numbered": numbered,
	"mails": mails,
	"links": links,
	"clean": clean,
	"shouting": shouting,
	"slugs": slugs,
	"initials": initials,
	"codes": codes,
	"globbed": globbed,
	"suffixes": suffixes,
	"trimmed": trimmed,
	"palindromes": palindromes,
}
