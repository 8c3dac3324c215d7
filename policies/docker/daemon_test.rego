package ringwall.tests.docker.daemon

import data.ringwall.controls.docker.access
import data.ringwall.controls.docker.daemon

present(value) := {"state": "present", "value": value, "source": []}

absent := {"state": "absent", "source": []}

unknown := {"state": "notCollected", "why": "not-given", "source": []}

facts(more) := object.union(
	{"engine": present("docker"), "conf.hosts": absent, "argv.hosts": absent, "socket.tcp": absent, "daemon.tlsverify": absent},
	more,
)

api(more) := result if result := daemon.dkr_028 with input as {"facts": facts(more)}

test_local if api({}).case == "local"

test_open_although_the_unit_is_not_known if api({"argv.hosts": unknown, "conf.hosts": present(["tcp://10.0.0.5:2375"])}).case == "open"

test_verified_needs_every_place if {
	more := {"argv.hosts": unknown, "conf.hosts": present(["tcp://10.0.0.5:2376"]), "daemon.tlsverify": present(true)}
	api(more).verdict == "unknown"
}

test_tls_without_verification_is_open if {
	api({"argv.hosts": present(["fd://", "tcp://:2376"]), "daemon.tls": present(true), "daemon.tlsverify": present(false)}).case == "open"
}

test_podman_has_no_such_settings if {
	result := daemon.dkr_027 with input as {"facts": facts({"engine": present("podman")})}
	result.verdict == "notApplicable"
	result.args.engine == "podman"
}

socket(mode, user, group) := result if {
	result := access.dkr_038 with input as {"facts": facts({"socket.docker": present({"path": "/run/docker.sock", "mode": mode, "user": user, "group": group})})}
}

test_modes if {
	every mode in ["0660", "0600", "0640", "660"] { socket(mode, "root", "docker").verdict == "pass" }
	every mode in ["0666", "0661", "0770", "1660", "0664"] { socket(mode, "root", "docker").case == "mode" }
}

test_owners if {
	socket("0660", "root", "users").case == "owner"
	socket("0660", "anna", "docker").args.owner == "anna:docker"
}

watched(rules) := result if {
	paths := [["/usr/bin/dockerd"], ["/etc/docker"], ["/lib/systemd/system/docker.socket", "/run/docker.sock"]]
	more := {"audit.loaded": present(rules), "audit.paths": present(paths)}
	result := access.dkr_042 with input as {"facts": facts(more)}
}

test_one_name_of_each_part_is_enough if watched(["-w /usr/bin/dockerd -p wa", "-w /etc -p wa", "-w /run/docker.sock"]).verdict == "pass"

test_what_is_not_watched_is_named if watched(["-w /etc/docker -p wa"]).args.found == ["/usr/bin/dockerd", "/lib/systemd/system/docker.socket"]
