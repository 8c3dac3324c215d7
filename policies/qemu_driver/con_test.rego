# Logic of the console rules on facts that could be had only in part.
package ringwall.tests.qemu_driver.con

import data.ringwall.controls.qemu_driver.con
import data.ringwall.lib.qemu_driver

present(value) := {"state": "present", "value": value, "source": []}

gone := {"state": "absent", "source": []}

denied := {"state": "unreadable", "why": "permission", "source": []}

names := [
	"vnc_listen", "vnc_auto_unix_socket", "vnc_tls", "vnc_tls_x509_verify", "default_tls_x509_verify", "vnc_sasl", "vnc_password",
	"rdp_listen", "rdp_password",
]

facts(state) := {n: state | some name in names; n := concat("", ["conf.", name])}

test_a_file_that_may_not_be_read_is_unknown if {
	results := [con.lvq_011, con.lvq_012, con.lvq_013, con.lvq_014, con.lvq_015, con.lvq_019] with input as {"facts": facts(denied)}
	every result in results {
		result.verdict == "unknown"
		result.reason == "unreadable"
	}
}

input_of(version) := {"facts": object.union(facts(gone), {"libvirt.version": present(version)})}

test_older_releases_have_no_rdp if {
	old := con.lvq_019 with input as input_of("9.0.0")
	old.case == "older"
	new := con.lvq_019 with input as input_of("11.3.0")
	new.case == "local"
}

test_loopback if {
	every address in ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "localhost", "LOCALHOST", "::ffff:127.0.0.1"] { qemu_driver.loopback(address) }
	every address in ["0.0.0.0", "::", "", "10.0.0.1", "1270.0.0.1", "127.0.0.1.example.org", "fe80::1"] { not qemu_driver.loopback(address) }
}
