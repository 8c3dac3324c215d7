# Who may reach a libvirt daemon, and what it asks of them.
package ringwall.controls.libvirtd.api

import data.ringwall.lib.judge
import data.ringwall.lib.libvirt_daemon
import data.ringwall.lib.tls_priority

# METADATA
# title: Unencrypted TCP listener off
# description: >-
#   A TCP connection to libvirt carries commands and answers in clear unless SASL encrypts them, and whoever may use it rules
#   every guest. libvirtd opens the port either through the unit libvirtd-tcp.socket or, without socket activation, with --listen
#   and listen_tcp = 1; virtproxyd needs no --listen. With socket activation listen_tcp is not read.
# custom:
#   id: LVD-001
#   severity: critical
#   family: API
#   facts: ["live.tcp", "socket.tcp", "conf.listen_tcp", "service.listen", "process.listen", "units.activation", "daemon.kind"]
#   safe: "the socket unit neither enabled nor active, and no --listen together with listen_tcp = 1"
#   default: "off; the commented line in the file shows 1 as an example"
#   remediation: >-
#     systemctl disable --now libvirtd-tcp.socket (virtproxyd-tcp.socket on hosts with modular daemons); drop --listen and set
#     listen_tcp = 0; reach the host by TLS or SSH
#   disable:
#     how: >-
#       auth_tcp = "sasl" first; systemctl stop libvirtd.service; systemctl enable --now libvirtd-tcp.socket; systemctl start
#       libvirtd.service (modular: virtproxyd-tcp.socket, virtproxyd.service). TLS or SSH are the better ways
#     restart: >-
#       daemon restart, since a socket cannot be added under a running service; guests keep running
#     rollback: >-
#       systemctl disable --now libvirtd-tcp.socket (or virtproxyd-tcp.socket); check that nothing listens on port 16509
#   messages:
#     listening: "The port for unencrypted TCP is open: {listener}"
#     unit: "{unit} is enabled and opens the port for unencrypted TCP"
#     configured: "{daemon} is started so that listen_tcp = 1 opens the port for unencrypted TCP"
#     off: "Nothing opens the port for unencrypted TCP"
#     ignored: "listen_tcp = 1 is written, and {daemon} is started so that it is not read"
#     local: "{daemon} serves local sockets only; it reads no setting of the network"
#   source: >-
#     libvirt.org daemons page (systemd integration), libvirtd(8), libvirtd.conf 9.0.0; remote_daemon.c; the order stop, enable,
#     start was not tried here
#   key50: 19
lvd_001 := libvirt_daemon.closed("tcp")

# METADATA
# title: TCP authentication not none
# description: >-
#   Without authentication everybody who reaches the TCP port controls every guest. The setting is judged whether or not the port
#   is open now: it takes effect the moment somebody opens it.
# custom:
#   id: LVD-002
#   severity: critical
#   family: API
#   facts: ["conf.auth_tcp", "daemon.kind", "live.tcp", "socket.tcp", "conf.listen_tcp"]
#   safe: "sasl (anything but none)"
#   default: "sasl"
#   remediation: >-
#     auth_tcp = "sasl", with GSSAPI in /etc/sasl2/libvirt.conf; restart the daemon (libvirtd, or the modular daemon of that
#     file); guests keep running
#   disable:
#     how: >-
#       auth_tcp = "none"
#     restart: >-
#       restart the daemon (libvirtd, or the modular daemon of that file); guests keep running
#     rollback: >-
#       restore the line, restart the daemon
#   messages:
#     open: "The TCP listener is open and asks nobody who they are"
#     none: "auth_tcp is none: once the TCP port is open, whoever reaches it controls every guest"
#     safe: "TCP connections are authenticated with {found}"
#     local: "{daemon} serves local sockets only; it reads no setting of the network"
#   source: >-
#     libvirtd.conf and remote_daemon_config.c of libvirt 9.0.0
lvd_002 := libvirt_daemon.no_network if not libvirt_daemon.network

else := judge.unreadable(["conf.auth_tcp"]) if not judge.readable("conf.auth_tcp")

else := judge.fail("open", {}, array.concat(["conf.auth_tcp"], libvirt_daemon.openers("tcp"))) if {
	judge.value("conf.auth_tcp") == "none"
	libvirt_daemon.listening("tcp")
}

else := judge.fail("none", {}, ["conf.auth_tcp"]) if judge.value("conf.auth_tcp") == "none"

else := judge.pass("safe", {"found": judge.effective("conf.auth_tcp", "sasl")}, ["conf.auth_tcp"])

# METADATA
# title: TLS listener verifies clients
# description: >-
#   The certificate of the client is the first and often the only check of who connects by TLS. With tls_no_verify_certificate = 1
#   anybody may connect.
# custom:
#   id: LVD-003
#   severity: high
#   family: API
#   facts: ["conf.tls_no_verify_certificate", "daemon.kind"]
#   safe: "0 or not set"
#   default: "0"
#   remediation: >-
#     Remove tls_no_verify_certificate; restart the daemon (libvirtd, or the modular daemon of that file); guests keep running
#   disable:
#     how: >-
#       tls_no_verify_certificate = 1
#     restart: >-
#       restart the daemon (libvirtd, or the modular daemon of that file); guests keep running
#     rollback: >-
#       tls_no_verify_certificate = 0, restart the daemon
#   messages:
#     safe: "Clients must show a certificate that the CA signed"
#     unsafe: "tls_no_verify_certificate is {found}: clients need no valid certificate"
#     local: "{daemon} serves local sockets only; it reads no setting of the network"
#   source: >-
#     libvirtd.conf and remote_daemon_config.c of libvirt 9.0.0
lvd_003 := libvirt_daemon.no_network if not libvirt_daemon.network

else := judge.one_of("conf.tls_no_verify_certificate", {0}, 0)

# METADATA
# title: TLS client allow-list
# description: >-
#   Without a list of names every certificate that the CA ever signed may manage this host, those of other services included.
# custom:
#   id: LVD-004
#   severity: medium
#   family: API
#   facts: ["conf.tls_allowed_dn_list", "live.tls", "socket.tls", "conf.listen_tls", "service.listen", "units.activation", "daemon.kind"]
#   safe: "a list of distinguished names while the TLS listener is on"
#   default: "not set: every certificate of the CA"
#   remediation: >-
#     tls_allowed_dn_list = [ "O=EXAMPLE,CN=admin*" ] with the names of the administrators' certificates; restart the daemon
#     (libvirtd, or the modular daemon of that file); guests keep running
#   disable:
#     how: >-
#       Remove tls_allowed_dn_list
#     restart: >-
#       restart the daemon (libvirtd, or the modular daemon of that file); guests keep running
#     rollback: >-
#       restore the line, restart the daemon
#   messages:
#     set: "Only certificates with the listed names may connect"
#     unset: "TLS is on, and every certificate that the CA signed may connect"
#     off: "The TLS listener is off"
#     local: "{daemon} serves local sockets only; it reads no setting of the network"
#   source: >-
#     libvirtd.conf and remote_daemon_config.c of libvirt 9.0.0
lvd_004 := libvirt_daemon.required("tls", [n | n := "conf.tls_allowed_dn_list"; libvirt_daemon.names_listed], ["conf.tls_allowed_dn_list"])

# METADATA
# title: TLS authorisation beyond certificate
# description: >-
#   A certificate alone proves that the CA once signed it. SASL on top, or a list of names, says who may manage this host. Judged
#   whether or not the TLS listener is on now.
# custom:
#   id: LVD-005
#   severity: medium
#   family: API
#   facts: ["conf.auth_tls", "conf.tls_allowed_dn_list", "daemon.kind"]
#   safe: "auth_tls = \"sasl\", or tls_allowed_dn_list set"
#   default: "none"
#   remediation: >-
#     auth_tls = "sasl", or a tls_allowed_dn_list; restart the daemon (libvirtd, or the modular daemon of that file); guests keep
#     running
#   disable:
#     how: >-
#       auth_tls = "none" and no tls_allowed_dn_list
#     restart: >-
#       restart the daemon (libvirtd, or the modular daemon of that file); guests keep running
#     rollback: >-
#       restore the line, restart the daemon
#   messages:
#     sasl: "TLS connections need SASL too"
#     list: "Only certificates with the listed names may connect by TLS"
#     open: "The TLS listener is on, and any certificate of the CA is enough to manage this host"
#     none: "auth_tls is not sasl and no names are listed: once TLS listens, any certificate of the CA is enough"
#     local: "{daemon} serves local sockets only; it reads no setting of the network"
#   source: >-
#     libvirtd.conf and remote_daemon_config.c of libvirt 9.0.0
lvd_005 := libvirt_daemon.no_network if not libvirt_daemon.network

else := judge.pass("sasl", {}, ["conf.auth_tls"]) if judge.value("conf.auth_tls") == "sasl"

else := judge.pass("list", {}, ["conf.tls_allowed_dn_list"]) if libvirt_daemon.names_listed

else := judge.unreadable(["conf.auth_tls", "conf.tls_allowed_dn_list"]) if {
	not judge.all_readable(["conf.auth_tls", "conf.tls_allowed_dn_list"])
}

else := judge.fail("open", {}, array.concat(["conf.auth_tls", "conf.tls_allowed_dn_list"], libvirt_daemon.openers("tls"))) if {
	libvirt_daemon.listening("tls")
}

else := judge.fail("none", {}, ["conf.auth_tls", "conf.tls_allowed_dn_list"])

# METADATA
# title: Read-write socket authentication
# description: >-
#   Whoever may use the read-write socket can start a guest with any disk or device of the host: it equals root. polkit asks for
#   authorisation; without it only the socket's mode and group protect the daemon, and the distribution's unit opens the socket to
#   everybody because it counts on polkit.
# custom:
#   id: LVD-006
#   severity: high
#   family: API
#   facts: ["conf.auth_unix_rw", "daemon.polkit", "units.activation", "socket.rw.mode", "socket.rw.group", "conf.unix_sock_rw_perms", "conf.unix_sock_group", "live.rw"]
#   safe: "polkit (or sasl); none only with a socket of mode 0600, or 0660 with a limited group"
#   default: "polkit where libvirt was built with it (the unit then has SocketMode=0666), else none (with SocketMode=0600)"
#   remediation: >-
#     auth_unix_rw = "polkit"; restart the daemon (libvirtd, or the modular daemon of that file); guests keep running
#   disable:
#     how: >-
#       auth_unix_rw = "none" together with SocketMode=0660 and SocketGroup=GROUP in a drop-in of the socket unit; without the
#       drop-in every local user gets what root has
#     restart: >-
#       daemon restart, and restart of the socket unit for SocketMode; guests keep running
#     rollback: >-
#       auth_unix_rw = "polkit", remove the drop-in, systemctl daemon-reload, restart socket and service
#   messages:
#     authenticated: "The read-write socket is authenticated with {found}"
#     open: "auth_unix_rw is none and the socket's mode is {mode}: every local user controls every guest"
#     file: "auth_unix_rw is none and unix_sock_rw_perms is {mode}: the file opens the socket to every local user"
#     odd: "{mode} is not a file mode"
#     group: "auth_unix_rw is none and the whole group {group} may use the socket"
#     restricted: "No authentication, but the socket has mode {mode} and group {group}"
#     none: "The read-write socket is masked"
#   source: >-
#     libvirtd.conf 9.0.0 (auth_unix_rw), libvirtd.socket; remote_daemon.c (activation)
#   always: true
#   key50: 20
lvd_006 := judge.unreadable(["conf.auth_unix_rw"]) if not judge.readable("conf.auth_unix_rw")

else := judge.pass("authenticated", {"found": libvirt_daemon.authentication}, ["conf.auth_unix_rw"]) if libvirt_daemon.authenticated

else := judge.fail("open", {"mode": libvirt_daemon.wider("rw", "others")[0].mode}, array.concat(["conf.auth_unix_rw"], [m.fact | some m in libvirt_daemon.wider("rw", "others")])) if {
	count(libvirt_daemon.wider("rw", "others")) > 0
}

else := judge.fail("file", {"mode": judge.value("conf.unix_sock_rw_perms")}, ["conf.auth_unix_rw", "conf.unix_sock_rw_perms"]) if libvirt_daemon.opened_by_file

else := judge.missing("odd", {"mode": libvirt_daemon.unclear("rw")[0].mode}, ["conf.auth_unix_rw", libvirt_daemon.unclear("rw")[0].fact]) if count(libvirt_daemon.unclear("rw")) > 0

else := judge.fail("group", {"group": libvirt_daemon.group_of}, ["conf.auth_unix_rw", "socket.rw.group", "conf.unix_sock_group"]) if {
	libvirt_daemon.for_group(libvirt_daemon.configured_mode("rw").mode)
	libvirt_daemon.group_of in libvirt_daemon.broad_groups
}

else := judge.pass("restricted", {"mode": libvirt_daemon.configured_mode("rw").mode, "group": libvirt_daemon.group_of}, ["conf.auth_unix_rw", libvirt_daemon.configured_mode("rw").fact]) if {
	libvirt_daemon.configured_mode("rw")
}

else := judge.pass("none", {}, ["conf.auth_unix_rw", "socket.rw"]) if libvirt_daemon.no_socket("rw")

else := judge.unreadable(libvirt_daemon.mode_facts("rw"))

# METADATA
# title: Read-write socket permissions
# description: >-
#   A socket that everybody may open is safe only as long as polkit stands behind it. With socket activation SocketMode of the
#   unit decides, otherwise unix_sock_rw_perms. Execute bits mean nothing on a socket; what counts is whether others than owner
#   and group have any.
# custom:
#   id: LVD-007
#   severity: high
#   family: API
#   facts: ["units.activation", "socket.rw.mode", "conf.unix_sock_rw_perms", "conf.auth_unix_rw", "daemon.polkit", "live.rw"]
#   safe: "0666 or 0777 only with polkit; else no rights for others (0660, 0770, 0600)"
#   default: "SocketMode=0666 with polkit; in the file 0777 with polkit and 0700 without (the commented line shows 0770)"
#   remediation: >-
#     SocketMode=0660 and SocketGroup=libvirt in a drop-in of libvirtd.socket, or keep polkit; systemctl daemon-reload; restart
#     the socket
#   disable:
#     how: >-
#       SocketMode=0666 together with auth_unix_rw = "none"
#     restart: >-
#       restart of the socket unit and the daemon; guests keep running
#     rollback: >-
#       remove the drop-in, restore auth_unix_rw, systemctl daemon-reload, restart socket and daemon
#   messages:
#     narrow: "The read-write socket has mode {mode}"
#     authenticated: "Everybody may open the read-write socket, and {found} decides who may use it"
#     wide: "The read-write socket has mode {mode} and no authentication"
#     file: "unix_sock_rw_perms is {mode} and auth_unix_rw is none"
#     odd: "{mode} is not a file mode"
#     none: "The read-write socket is masked"
#   source: >-
#     libvirtd.conf 9.0.0 (unix_sock_rw_perms), libvirtd.socket; that 0770 counts as 0660 is this project's reading, since
#     connect(2) asks for write permission alone
#   always: true
lvd_007 := libvirt_daemon.limited("rw", "others") if {
	libvirt_daemon.configured_mode("rw")
	count(libvirt_daemon.wider("rw", "others")) == 0
}

else := judge.unreadable(["conf.auth_unix_rw"]) if not judge.readable("conf.auth_unix_rw")

else := judge.pass("authenticated", {"found": libvirt_daemon.authentication}, array.concat(["conf.auth_unix_rw"], [m.fact | some m in libvirt_daemon.modes("rw")])) if libvirt_daemon.authenticated

else := judge.fail("file", {"mode": judge.value("conf.unix_sock_rw_perms")}, ["conf.unix_sock_rw_perms", "conf.auth_unix_rw"]) if libvirt_daemon.opened_by_file

else := libvirt_daemon.limited("rw", "others")

# METADATA
# title: Admin socket permissions
# description: >-
#   The admin socket changes the daemon itself (limits, logging, connected clients) and asks nobody who they are: only its mode
#   protects it.
# custom:
#   id: LVD-008
#   severity: high
#   family: API
#   facts: ["units.activation", "socket.admin.mode", "conf.unix_sock_admin_perms", "live.admin"]
#   safe: "0600 or 0700: the owner alone"
#   default: "SocketMode=0600; in the file 0700"
#   remediation: >-
#     Remove the drop-in that widens libvirtd-admin.socket; without socket activation unix_sock_admin_perms = "0700"
#   disable:
#     how: >-
#       A wider SocketMode in a drop-in of the admin socket
#     restart: >-
#       restart of the socket unit and the daemon; guests keep running
#     rollback: >-
#       remove the drop-in, systemctl daemon-reload, restart socket and daemon
#   messages:
#     narrow: "The admin socket has mode {mode}"
#     wide: "The admin socket has mode {mode}: others than its owner may change the daemon"
#     odd: "{mode} is not a file mode"
#     none: "There is no admin socket"
#   source: >-
#     libvirtd.conf 9.0.0, libvirtd-admin.socket, remote_daemon.c
#   always: true
lvd_008 := libvirt_daemon.limited("admin", "owner")

# METADATA
# title: Read-only socket permissions
# description: >-
#   The read-only socket tells every local user which guests run, with their disks, addresses and states.
# custom:
#   id: LVD-009
#   severity: low
#   family: API
#   facts: ["units.activation", "socket.ro.mode", "conf.unix_sock_ro_perms", "live.ro"]
#   safe: "no rights for others: 0770 or 0660 and less"
#   default: "SocketMode=0666; in the file 0777"
#   remediation: >-
#     SocketMode=0660 and SocketGroup=libvirt in a drop-in of libvirtd-ro.socket; without socket activation unix_sock_ro_perms =
#     "0770"
#   disable:
#     how: >-
#       SocketMode=0666, or unix_sock_ro_perms = "0777" without socket activation
#     restart: >-
#       restart of the socket unit and the daemon; guests keep running
#     rollback: >-
#       restore the drop-in, systemctl daemon-reload, restart socket and daemon
#   messages:
#     narrow: "The read-only socket has mode {mode}"
#     wide: "The read-only socket has mode {mode}: every local user can list the guests"
#     odd: "{mode} is not a file mode"
#     none: "There is no read-only socket"
#   source: >-
#     libvirtd.conf 9.0.0, libvirtd-ro.socket
#   always: true
lvd_009 := libvirt_daemon.limited("ro", "others")

# METADATA
# title: Fine-grained access driver
# description: >-
#   Without an access driver every authenticated client may do everything to every guest. The polkit driver checks each call, so
#   that administrators of one tenant cannot touch the guests of another. The baseline says whether one person or several manage
#   the host.
# custom:
#   id: LVD-010
#   severity: medium
#   family: API
#   facts: ["conf.access_drivers"]
#   safe: "a list with polkit where several administrators share the host (parameter administrators)"
#   default: "not set: no checks after authentication"
#   remediation: >-
#     access_drivers = [ "polkit" ], with rules in /etc/polkit-1/rules.d; restart the daemon (libvirtd, or the modular daemon of
#     that file); guests keep running
#   disable:
#     how: >-
#       Remove access_drivers
#     restart: >-
#       restart the daemon (libvirtd, or the modular daemon of that file); guests keep running
#     rollback: >-
#       restore the line, restart the daemon
#   messages:
#     set: "polkit decides about every call"
#     one: "One administrator manages this host"
#     unset: "Several administrators share the host, and each may do everything to every guest"
#   source: >-
#     libvirtd.conf and remote_daemon_config.c of libvirt 9.0.0; for whom it is needed is a decision of the baseline
lvd_010 := judge.unreadable(["conf.access_drivers"]) if not judge.readable("conf.access_drivers")

else := judge.pass("set", {}, ["conf.access_drivers"]) if "polkit" in judge.value("conf.access_drivers")

else := judge.not_applicable("one", {}, ["conf.access_drivers"]) if judge.parameter("administrators") == "one"

else := judge.fail("unset", {}, ["conf.access_drivers"]) if judge.parameter("administrators") == "several"

else := judge.parameter_not_set("administrators", ["conf.access_drivers"])

# METADATA
# title: SASL security factor
# description: >-
#   On the TCP port only SASL encrypts. tcp_min_ssf is the least strength it may negotiate, in bits of key: 56 is single DES.
#   Judged whether or not TCP listens now.
# custom:
#   id: LVD-011
#   severity: medium
#   family: API
#   facts: ["conf.tcp_min_ssf", "daemon.kind"]
#   safe: "112 or more"
#   default: "56; the commented line shows 112 as an example"
#   remediation: >-
#     tcp_min_ssf = 112; restart the daemon (libvirtd, or the modular daemon of that file); guests keep running
#   disable:
#     how: >-
#       Remove tcp_min_ssf (values under 112 are refused since they are not supported)
#     restart: >-
#       restart the daemon (libvirtd, or the modular daemon of that file); guests keep running
#     rollback: >-
#       restore the line, restart the daemon
#   messages:
#     safe: "SASL on TCP must encrypt with {found} bits or more"
#     unset: "tcp_min_ssf is not set: SASL on TCP may fall to {found} bits, single DES"
#     low: "tcp_min_ssf is {found}, under 112"
#     local: "{daemon} serves local sockets only; it reads no setting of the network"
#   source: >-
#     libvirtd.conf and remote_daemon_config.c of libvirt 9.0.0; the setting exists since libvirt 7.10
lvd_011 := libvirt_daemon.no_network if not libvirt_daemon.network

else := judge.unreadable(["conf.tcp_min_ssf"]) if not judge.readable("conf.tcp_min_ssf")

else := judge.pass("safe", {"found": judge.value("conf.tcp_min_ssf")}, ["conf.tcp_min_ssf"]) if judge.value("conf.tcp_min_ssf") >= 112

else := judge.fail("unset", {"found": 56}, ["conf.tcp_min_ssf"]) if judge.absent("conf.tcp_min_ssf")

else := judge.fail("low", {"found": judge.value("conf.tcp_min_ssf")}, ["conf.tcp_min_ssf"])

# METADATA
# title: TLS priority not weakened
# description: >-
#   tls_priority replaces the protocols and ciphers that GnuTLS was configured to use. A string that adds SSL 3.0, TLS 1.0,
#   anonymous keys or broken ciphers weakens every connection to the daemon.
# custom:
#   id: LVD-012
#   severity: medium
#   family: API
#   facts: ["conf.tls_priority", "daemon.kind"]
#   safe: "not set, or NORMAL, @SYSTEM or SECURE words without added SSL 3.0, TLS 1.0 or broken ciphers"
#   default: "what libvirt was built with, usually NORMAL or @LIBVIRT,SYSTEM"
#   remediation: >-
#     Remove tls_priority; restart the daemon (libvirtd, or the modular daemon of that file); guests keep running
#   disable:
#     how: >-
#       Set a weaker priority string
#     restart: >-
#       restart the daemon (libvirtd, or the modular daemon of that file); guests keep running
#     rollback: >-
#       remove the line, restart the daemon
#   messages:
#     safe: "The priority string lets in nothing that is known to be weak"
#     weak: "tls_priority {found} lets in {weak}"
#     local: "{daemon} serves local sockets only; it reads no setting of the network"
#   source: >-
#     libvirtd.conf and remote_daemon_config.c of libvirt 9.0.0; GnuTLS manual, priority strings. NORMAL of GnuTLS 3.7 itself
#     still holds TLS 1.0 and is taken as not weakened
lvd_012 := libvirt_daemon.no_network if not libvirt_daemon.network

else := judge.unreadable(["conf.tls_priority"]) if not judge.readable("conf.tls_priority")

else := judge.fail("weak", {"found": judge.value("conf.tls_priority"), "weak": sort(tls_priority.weaknesses(judge.value("conf.tls_priority")))}, ["conf.tls_priority"]) if {
	count(tls_priority.weaknesses(judge.value("conf.tls_priority"))) > 0
}

else := judge.pass("safe", {}, ["conf.tls_priority"])

# own_certificates: libvirt reads crl_file only where the certificates are named too
own_certificates if {
	some name in ["conf.ca_file", "conf.cert_file", "conf.key_file"]
	judge.present(name)
}

# revocations: what gives the daemon a revocation list
revocations := array.concat(
	[n | n := "conf.crl_file"; judge.effective(n, "") != ""],
	[n | n := "pki.crl"; judge.present(n); not own_certificates],
)

# METADATA
# title: CRL configured
# description: >-
#   Without a revocation list a stolen client certificate stays valid until it expires. crl_file is read only together with
#   ca_file, cert_file or key_file; without any of these libvirt takes /etc/pki/CA/cacrl.pem where that file exists.
# custom:
#   id: LVD-013
#   severity: low
#   family: API
#   facts: ["conf.crl_file", "conf.ca_file", "conf.cert_file", "conf.key_file", "pki.crl", "live.tls", "socket.tls", "conf.listen_tls", "service.listen", "units.activation", "daemon.kind"]
#   safe: "a revocation list while the TLS listener is on"
#   default: "none"
#   remediation: >-
#     crl_file = "/etc/pki/CA/crl.pem" beside ca_file, cert_file and key_file, or the list at /etc/pki/CA/cacrl.pem; restart the
#     daemon (libvirtd, or the modular daemon of that file); guests keep running
#   disable:
#     how: >-
#       Remove crl_file
#     restart: >-
#       restart the daemon (libvirtd, or the modular daemon of that file); guests keep running
#     rollback: >-
#       restore the line, restart the daemon
#   messages:
#     set: "A revocation list is in use"
#     unset: "TLS is on and no revocation list is set"
#     unread: "crl_file {found} is not read, because neither ca_file, cert_file nor key_file is set"
#     off: "The TLS listener is off"
#     local: "{daemon} serves local sockets only; it reads no setting of the network"
#   source: >-
#     libvirtd.conf and remote_daemon_config.c of libvirt 9.0.0; remote_daemon.c (when crl_file is read), virnettlscontext.c
#     (default path)
lvd_013 := libvirt_daemon.no_network if not libvirt_daemon.network

else := judge.fail("unread", {"found": judge.value("conf.crl_file")}, array.concat(["conf.crl_file", "conf.ca_file"], libvirt_daemon.openers("tls"))) if {
	judge.present("conf.crl_file")
	not own_certificates
	not judge.present("pki.crl")
	libvirt_daemon.listening("tls")
}

else := libvirt_daemon.required("tls", revocations, ["conf.crl_file"])

# METADATA
# title: Client limits in place
# description: >-
#   Clients that have connected and not yet authenticated cost memory and descriptors. max_anonymous_clients bounds them; 0 takes
#   the bound away.
# custom:
#   id: LVD-017
#   severity: low
#   family: API
#   facts: ["conf.max_anonymous_clients", "conf.max_clients"]
#   safe: "max_anonymous_clients between 1 and 20"
#   default: "20 (max_clients 5000)"
#   remediation: >-
#     Remove max_anonymous_clients and max_clients; restart the daemon (libvirtd, or the modular daemon of that file); guests keep
#     running
#   disable:
#     how: >-
#       Raise max_anonymous_clients
#     restart: >-
#       restart the daemon (libvirtd, or the modular daemon of that file); guests keep running
#     rollback: >-
#       restore the line, restart the daemon
#   messages:
#     safe: "At most {found} clients may wait for authentication"
#     high: "{found} clients may wait for authentication, more than 20"
#     unlimited: "max_anonymous_clients is 0: clients without authentication are not limited"
#   source: >-
#     libvirtd.conf and remote_daemon_config.c of libvirt 9.0.0
#   always: true
lvd_017 := judge.unreadable(["conf.max_anonymous_clients"]) if not judge.readable("conf.max_anonymous_clients")

else := judge.fail("unlimited", {}, ["conf.max_anonymous_clients"]) if judge.value("conf.max_anonymous_clients") == 0

else := judge.fail("high", {"found": judge.value("conf.max_anonymous_clients")}, ["conf.max_anonymous_clients"]) if judge.value("conf.max_anonymous_clients") > 20

else := judge.pass("safe", {"found": judge.effective("conf.max_anonymous_clients", 20)}, ["conf.max_anonymous_clients"])

key := judge.value("pki.key")

# METADATA
# title: Private key file mode
# description: >-
#   Whoever reads the daemon's private key can pass for this host. The key lies where key_file says, else at
#   /etc/pki/libvirt/private/serverkey.pem.
# custom:
#   id: LVD-018
#   severity: high
#   family: API
#   facts: ["pki.key", "conf.key_file", "daemon.kind"]
#   safe: "mode 0600 or less, owned by root"
#   default: "as the administrator made it"
#   remediation: >-
#     chown root:root FILE; chmod 600 FILE
#   disable:
#     how: >-
#       No reason to widen it is known
#     restart: >-
#       none
#     rollback: >-
#       chmod 600 FILE
#   messages:
#     safe: "{path} has mode {mode} and belongs to root"
#     mode: "{path} has mode {mode}: others than its owner can read the private key"
#     owner: "{path} belongs to user {uid}, not to root"
#     no_key: "There is no private key of the daemon"
#     local: "{daemon} serves local sockets only; it reads no setting of the network"
#   source: >-
#     libvirt.org remote and kbase/tlscerts (path); that 0600 is the limit is this catalogue's choice
lvd_018 := libvirt_daemon.no_network if not libvirt_daemon.network

else := judge.unreadable(["pki.key"]) if not judge.readable("pki.key")

else := judge.not_applicable("no_key", {}, ["pki.key"]) if judge.absent("pki.key")

else := judge.fail("mode", key, ["pki.key"]) if libvirt_daemon.wide(key.mode, "owner")

else := judge.fail("owner", key, ["pki.key"]) if key.uid != 0

else := judge.pass("safe", key, ["pki.key"])
