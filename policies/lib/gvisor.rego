# What flags of gVisor's runsc mean together.
package ringwall.lib.gvisor

import data.ringwall.lib.judge

# debugging: flags that write what the container does to the host, or that loosen the sandbox to watch it
debugging := [concat("", ["--", flag.name]) |
	some flag in judge.value("flags")
	flag.value != false
	for_debugging(flag.name)
]

for_debugging(name) if name in {"debug", "strace", "profile", "log-packets", "pcap-log", "trace"}

for_debugging(name) if regex.match(`^(strace|profile|profiling|TESTONLY)-`, name)

# kept: "root:self", "all:memory" and the like, with or without a size
kept(overlay) if regex.match(`^(root|all):(self|memory)(,|$)`, overlay)
