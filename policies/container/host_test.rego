package ringwall.tests.container.host

import data.ringwall.controls.container.host
import data.ringwall.lib.container

present(value) := {"state": "present", "value": value, "source": []}

absent := {"state": "absent", "source": []}

facts(more) := object.union({"object": present("container")}, more)

mount(source) := {"type": "bind", "source": source, "destination": "/x", "writable": true, "propagation": ""}

test_the_evidence_is_the_mount_that_fails if {
	result := host.dkr_009 with input as {"facts": facts({"mounts": present([mount("/srv"), mount("/etc"), mount("/usr")])})}
	result.facts == ["mounts[1]", "mounts[2]"]
	result.args.found == ["/etc", "/usr"]
}

test_the_root_of_a_process_is_a_sensitive_folder if {
	every source in ["/proc/1/root", "/proc/self/root/home", "/proc/1/cwd"] {
		result := host.dkr_009 with input as {"facts": facts({"mounts": present([mount(source)])})}
		result.verdict == "fail"
	}
	result := host.dkr_009 with input as {"facts": facts({"mounts": present([mount("/srv/proc/1/root")])})}
	result.verdict == "pass"
}

test_a_folder_is_the_same_however_it_is_written if {
	every source in ["/etc/", "//etc", "/./etc", "/etc/.", "/", "//", "/.", "/etc/../etc", "/srv/../etc", "/usr/lib/", "/usr//lib"] {
		result := host.dkr_009 with input as {"facts": facts({"mounts": present([mount(source)])})}
		result.verdict == "fail"
	}
	every source in ["/srv/etc", "/etc.d", "/srv/./data/", "/...", "name"] {
		result := host.dkr_009 with input as {"facts": facts({"mounts": present([mount(source)])})}
		result.verdict == "pass"
	}
}

test_a_folder_that_holds_a_socket if {
	every source in ["/", "/var/", "/run/containerd", "//run", "/run/user", "/run/user/1000/", "/var/run/user/0/podman"] {
		result := host.dkr_008 with input as {"facts": facts({"mounts": present([mount(source)])})}
		result.verdict == "fail"
	}
	every source in ["/srv", "/run/lock", "/run/user/1000/x", "/var/lib"] {
		result := host.dkr_008 with input as {"facts": facts({"mounts": present([mount(source)])})}
		result.verdict == "pass"
	}
}

test_a_privileged_container_has_every_device if {
	result := host.dkr_016 with input as {"facts": facts({"devices": absent, "privileged": present(true)})}
	result.case == "privileged"
}

test_sockets_under_any_name if {
	every source in ["/run/docker.sock", "/srv/x/docker.sock", "/run/user/1000/podman/podman.sock", "/run/crio/crio.sock", "/var/run"] {
		result := host.dkr_008 with input as {"facts": facts({"mounts": present([mount(source)])})}
		result.verdict == "fail"
	}
	result := host.dkr_008 with input as {"facts": facts({"mounts": present([mount("/srv/docker.sock.d")])})}
	result.verdict == "pass"
}

test_the_first_port_of_a_range_counts if {
	ports := present([{"port": "80/tcp", "address": "10.0.0.5", "hostPort": "1000-1010"}])
	result := host.dkr_023 with input as {"facts": facts({"ports": ports})}
	result.args.found == ["1000-1010 to 80/tcp"]
}

test_accepted_ports_may_be_open if {
	ports := present([{"port": "80/tcp", "address": "", "hostPort": "443"}, {"port": "81/tcp", "address": "::", "hostPort": ""}])
	result := host.dkr_024 with input as {"facts": facts({"ports": ports})}
		with data.ringwall.parameters as {"container_open_ports": [443]}
	result.args.found == ["81/tcp"]
	result.facts == ["ports[1]"]
}

test_namespaces_of_process_1_are_the_hosts if {
	result := host.dkr_011 with input as {"facts": facts({"namespace.pid": present("path:/proc/1/ns/pid")})}
	result.verdict == "fail"
}

test_another_containers_namespace_is_not_the_hosts if {
	result := host.dkr_013 with input as {"facts": facts({"namespace.network": present("container:4c01")})}
	result.verdict == "pass"
}

test_root_by_any_number if {
	every user in ["root", "0", "00", "0:0", "root:root", "+0"] { container.is_root(user) }
	every user in ["1000", "rooter", "10:0", "0x"] { not container.is_root(user) }
}
