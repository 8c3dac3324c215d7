# Priority strings of GnuTLS (the manual, "Priority strings"): base keywords, items switched on with + and off with - or !, options with %.
package ringwall.lib.tls_priority

# tokens in their order, upper case; "@SYSTEM,NORMAL" names alternatives and stays whole
tokens(text) := [t |
	some part in split(upper(text), ":")
	some piece in pieces(part)
	t := trim_space(piece)
	t != ""
]

pieces(part) := [part] if startswith(part, "@")

else := split(part, ",")

# switches: the items that a token can name to switch a weak one on, and those that switch it off
switches := {
	"SSL 3.0": {"on": {"VERS-SSL3.0"}, "off": {"VERS-SSL3.0", "VERS-TLS-ALL", "VERS-ALL"}},
	"TLS 1.0": {"on": {"VERS-TLS1.0", "VERS-TLS-ALL", "VERS-ALL"}, "off": {"VERS-TLS1.0", "VERS-TLS-ALL", "VERS-ALL"}},
	"no encryption": {"on": {"NULL", "CIPHER-NULL"}, "off": {"NULL", "CIPHER-ALL"}},
	"RC4": {"on": {"ARCFOUR-128", "ARCFOUR-40"}, "off": {"ARCFOUR-128", "ARCFOUR-40", "CIPHER-ALL"}},
	"DES": {"on": {"3DES-CBC", "DES-CBC"}, "off": {"3DES-CBC", "DES-CBC", "CIPHER-ALL"}},
	"MD5": {"on": {"MD5", "SIGN-RSA-MD5"}, "off": {"MD5", "SIGN-RSA-MD5", "MAC-ALL", "SIGN-ALL"}},
	"anonymous keys": {"on": {"ANON-DH", "ANON-ECDH"}, "off": {"ANON-DH", "ANON-ECDH", "KX-ALL"}},
}

# switched_on: the last word on a weak item is a plus
switched_on(list, item) if {
	pluses := [i | some i, t in list; startswith(t, "+"); substring(t, 1, -1) in switches[item].on]
	minuses := [i | some i, t in list; substring(t, 0, 1) in {"-", "!"}; substring(t, 1, -1) in switches[item].off]
	count(pluses) > 0
	max(array.concat(minuses, [-1])) < max(pluses)
}

weak_words := {
	"LEGACY", "EXPORT", "%UNSAFE_RENEGOTIATION", "%DISABLE_SAFE_RENEGOTIATION", "%VERIFY_ALLOW_BROKEN", "%VERIFY_ALLOW_SIGN_RSA_MD5",
	"%VERIFY_ALLOW_SIGN_WITH_SHA1", "%VERIFY_ALLOW_X509_V1_CA_CRT",
}

# weaknesses: what a priority string lets in that its base would not need
weaknesses(text) := {item | some item, _ in switches; switched_on(tokens(text), item)} | {t | some t in tokens(text); t in weak_words}
