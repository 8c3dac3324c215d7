# Logic of the daemon's rules on facts that no single file can show together.
package ringwall.tests.libvirtd.api

import data.ringwall.controls.libvirtd.api
import data.ringwall.lib.tls_priority

present(value) := {"state": "present", "value": value, "source": []}

gone := {"state": "absent", "source": []}

unknown := {"state": "notCollected", "why": "not-given", "source": []}

# A libvirtd behind systemd with everything at its default.
facts := {
	"daemon": present("libvirtd"), "daemon.kind": present("monolithic"), "daemon.polkit": present(true),
	"units.activation": present(true), "service.listen": present(false), "process.listen": gone,
	"socket.rw": present({"unit": "libvirtd.socket", "enabled": true}), "socket.rw.mode": present("0666"), "socket.rw.group": present("root"),
	"socket.tcp": present({"unit": "libvirtd-tcp.socket", "enabled": false}), "live.tcp": gone, "live.rw": gone,
	"conf.listen_tcp": gone, "conf.auth_unix_rw": gone, "conf.unix_sock_rw_perms": gone, "conf.unix_sock_group": gone,
}

judged(changes) := result if {
	result := {"tcp": api.lvd_001, "rw": api.lvd_006} with input as {"facts": object.union(facts, changes)}
}

test_defaults if {
	judged({}).tcp.verdict == "pass"
	judged({}).rw.case == "authenticated"
}

# What runs now counts even where every file says otherwise.
test_open_port_fails_whatever_the_files_say if {
	judged({"live.tcp": present(["0.0.0.0 port 16509"])}).tcp.case == "listening"
	judged({"live.tcp": present(["0.0.0.0 port 16509"]), "socket.tcp": unknown}).tcp.verdict == "fail"
}

test_running_with_listen if {
	judged({"conf.listen_tcp": present(1), "process.listen": present(true)}).tcp.case == "configured"
	judged({"conf.listen_tcp": gone, "process.listen": present(true)}).tcp.verdict == "pass"
}

# Unknown is never pass: each fact that could still open the port leaves the verdict open.
test_what_could_open_the_port_must_be_known if {
	judged({"socket.tcp": unknown}).tcp.reason == "notCollected"
	judged({"service.listen": unknown, "conf.listen_tcp": present(1)}).tcp.verdict == "unknown"
	judged({"conf.listen_tcp": unknown, "service.listen": present(true)}).tcp.verdict == "unknown"
	judged({"conf.listen_tcp": unknown}).tcp.verdict == "pass"
}

test_socket_in_force_is_wider_than_its_unit if {
	changes := {"conf.auth_unix_rw": present("none"), "socket.rw.mode": present("0600")}
	judged(changes).rw.case == "restricted"
	judged(object.union(changes, {"live.rw": present({"mode": "0777", "uid": 0, "gid": 0})})).rw.case == "open"
}

test_modes_that_are_no_modes if {
	result := judged({"conf.auth_unix_rw": present("none"), "units.activation": present(false), "conf.unix_sock_rw_perms": present("rwx")}).rw
	result.verdict == "unknown"
	result.reason == "missing"
}

test_priority_strings if {
	tls_priority.weaknesses("NORMAL") == set()
	tls_priority.weaknesses("@LIBVIRT,SYSTEM") == set()
	tls_priority.weaknesses("SECURE256:-VERS-TLS1.0") == set()
	tls_priority.weaknesses("NORMAL:+VERS-SSL3.0") == {"SSL 3.0"}
	tls_priority.weaknesses("normal:+vers-tls1.0") == {"TLS 1.0"}
	tls_priority.weaknesses("NORMAL:+VERS-TLS1.0:-VERS-TLS1.0") == set()
	tls_priority.weaknesses("NORMAL:-VERS-TLS1.0:+VERS-TLS1.0") == {"TLS 1.0"}
	tls_priority.weaknesses("NONE:+VERS-TLS-ALL:!VERS-TLS1.0:+AES-256-GCM") == set()
	tls_priority.weaknesses("NORMAL:+ANON-ECDH:%UNSAFE_RENEGOTIATION") == {"anonymous keys", "%UNSAFE_RENEGOTIATION"}
	tls_priority.weaknesses("NORMAL:-MAC-ALL:+MD5:+SHA256") == {"MD5"}
}
