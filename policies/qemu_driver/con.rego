# Consoles of guests that set no address or password of their own.
package ringwall.controls.qemu_driver.con

import data.ringwall.lib.judge
import data.ringwall.lib.qemu_driver

vnc_protection := ["conf.vnc_tls", "conf.vnc_tls_x509_verify", "conf.default_tls_x509_verify"]

# METADATA
# title: VNC not on all addresses
# description: >-
#   vnc_listen is where guests without an address of their own show their screen and take keys. On any address but loopback the
#   console needs TLS and a check of the viewer's certificate. vnc_auto_unix_socket = 1 replaces the address by a local socket.
# custom:
#   id: LVQ-011
#   severity: high
#   family: CON
#   facts: ["conf.vnc_listen", "conf.vnc_auto_unix_socket", "conf.vnc_tls", "conf.vnc_tls_x509_verify", "conf.default_tls_x509_verify"]
#   safe: "a loopback address or local sockets; else TLS with verified certificates"
#   default: "127.0.0.1"
#   remediation: >-
#     Remove vnc_listen; restart virtqemud or libvirtd; stop and start the guests
#   disable:
#     how: >-
#       vnc_listen = "ADDRESS" together with vnc_tls = 1 and vnc_tls_x509_verify = 1 in /etc/libvirt/qemu.conf; restart virtqemud
#       or libvirtd; stop and start the guests
#     restart: >-
#       guest restart
#     rollback: >-
#       remove the lines; restart virtqemud or libvirtd; stop and start the guests
#   messages:
#     socket: "VNC uses local sockets"
#     local: "VNC listens on {address}"
#     clear: "VNC listens on {address} without TLS"
#     protected: "VNC listens on {address} with TLS and verified certificates"
#     unverified: "VNC listens on {address} with TLS, and any viewer may connect"
#   source: >-
#     qemu.conf of libvirt 9.0.0 and of master (qemu.conf.in)
#   always: true
lvq_011 := judge.unreadable(qemu_driver.place_facts("vnc")) if not judge.all_readable(qemu_driver.place_facts("vnc"))

else := judge.pass("socket", {}, ["conf.vnc_auto_unix_socket"]) if qemu_driver.on_socket("vnc")

else := judge.pass("local", {"address": qemu_driver.listen("vnc")}, ["conf.vnc_listen"]) if qemu_driver.local("vnc")

else := judge.unreadable(vnc_protection) if not judge.all_readable(vnc_protection)

else := judge.fail("clear", {"address": qemu_driver.listen("vnc")}, ["conf.vnc_listen", "conf.vnc_tls"]) if qemu_driver.flag("vnc_tls", 0) != 1

else := judge.pass("protected", {"address": qemu_driver.listen("vnc")}, array.concat(["conf.vnc_listen"], vnc_protection)) if qemu_driver.verify("vnc", 0) == 1

else := judge.fail("unverified", {"address": qemu_driver.listen("vnc")}, array.concat(["conf.vnc_listen"], vnc_protection))

# METADATA
# title: VNC TLS when remote
# description: >-
#   Without TLS everything typed and shown on a console crosses the network in clear.
# custom:
#   id: LVQ-012
#   severity: high
#   family: CON
#   facts: ["conf.vnc_listen", "conf.vnc_auto_unix_socket", "conf.vnc_tls"]
#   safe: "1 where VNC listens beyond the host"
#   default: "0"
#   remediation: >-
#     vnc_tls = 1 with certificates in /etc/pki/libvirt-vnc; restart virtqemud or libvirtd; stop and start the guests
#   disable:
#     how: >-
#       vnc_tls = 0 in /etc/libvirt/qemu.conf; restart virtqemud or libvirtd; stop and start the guests
#     restart: >-
#       guest restart
#     rollback: >-
#       vnc_tls = 1; restart virtqemud or libvirtd; stop and start the guests
#   messages:
#     on: "VNC uses TLS"
#     off: "VNC listens on {address} without TLS"
#     local: "VNC stays on the host"
#   source: >-
#     qemu.conf of libvirt 9.0.0 and of master (qemu.conf.in)
lvq_012 := qemu_driver.when_remote("vnc", "vnc_tls")

# METADATA
# title: VNC client certificate verified
# description: >-
#   TLS alone hides the console from listeners; only a verified certificate of the viewer says who may use it. Without a setting
#   of its own VNC takes default_tls_x509_verify, else 0.
# custom:
#   id: LVQ-013
#   severity: medium
#   family: CON
#   facts: ["conf.vnc_tls", "conf.vnc_tls_x509_verify", "conf.default_tls_x509_verify"]
#   safe: "1 where vnc_tls is 1"
#   default: "default_tls_x509_verify, else 0"
#   remediation: >-
#     vnc_tls_x509_verify = 1; restart virtqemud or libvirtd; stop and start the guests
#   disable:
#     how: >-
#       vnc_tls_x509_verify = 0 in /etc/libvirt/qemu.conf; restart virtqemud or libvirtd; stop and start the guests
#     restart: >-
#       guest restart
#     rollback: >-
#       vnc_tls_x509_verify = 1; restart virtqemud or libvirtd; stop and start the guests
#   messages:
#     no_tls: "VNC does not use TLS"
#     verified: "VNC viewers must show a certificate"
#     unverified: "VNC with TLS accepts every viewer"
#   source: >-
#     qemu.conf of libvirt 9.0.0 and of master (qemu.conf.in)
lvq_013 := judge.unreadable(["conf.vnc_tls"]) if not judge.readable("conf.vnc_tls")

else := judge.not_applicable("no_tls", {}, ["conf.vnc_tls"]) if qemu_driver.flag("vnc_tls", 0) == 0

else := qemu_driver.verified("vnc", 0)

# METADATA
# title: VNC SASL
# description: >-
#   SASL asks the person at the viewer who they are; VNC's own password is eight bytes long and shared.
# custom:
#   id: LVQ-014
#   severity: medium
#   family: CON
#   facts: ["conf.vnc_listen", "conf.vnc_auto_unix_socket", "conf.vnc_sasl"]
#   safe: "1 where VNC listens beyond the host"
#   default: "0"
#   remediation: >-
#     vnc_sasl = 1 with /etc/sasl2/qemu.conf; restart virtqemud or libvirtd; stop and start the guests
#   disable:
#     how: >-
#       vnc_sasl = 0 in /etc/libvirt/qemu.conf; restart virtqemud or libvirtd; stop and start the guests
#     restart: >-
#       guest restart
#     rollback: >-
#       vnc_sasl = 1; restart virtqemud or libvirtd; stop and start the guests
#   messages:
#     on: "VNC uses SASL"
#     off: "VNC listens on {address} without SASL"
#     local: "VNC stays on the host"
#   source: >-
#     qemu.conf of libvirt 9.0.0 and of master (qemu.conf.in)
lvq_014 := qemu_driver.when_remote("vnc", "vnc_sasl")

# METADATA
# title: No shared clear VNC password
# description: >-
#   A password in qemu.conf is the same for all guests, stands there in clear and counts eight bytes at most. An empty one makes
#   QEMU refuse every viewer.
# custom:
#   id: LVQ-015
#   severity: high
#   family: CON
#   facts: ["conf.vnc_password"]
#   safe: "not set"
#   default: "not set"
#   remediation: >-
#     Remove vnc_password, use SASL or a password per guest with an expiry; restart virtqemud or libvirtd; stop and start the
#     guests
#   disable:
#     how: >-
#       vnc_password = "..." in /etc/libvirt/qemu.conf; restart virtqemud or libvirtd; stop and start the guests
#     restart: >-
#       guest restart
#     rollback: >-
#       remove the line; restart virtqemud or libvirtd; stop and start the guests
#   messages:
#     none: "No VNC password is set for all guests"
#     empty: "vnc_password is empty, which lets nobody in"
#     set: "vnc_password sets one clear password for all guests"
#   source: >-
#     qemu.conf of libvirt 9.0.0 and of master (qemu.conf.in)
#   always: true
lvq_015 := qemu_driver.no_password("vnc_password")

# METADATA
# title: SPICE not on all addresses
# description: >-
#   spice_listen is where guests without an address of their own offer SPICE. On any address but loopback it needs TLS.
#   spice_auto_unix_socket = 1 replaces the address by a local socket.
# custom:
#   id: LVQ-016
#   severity: high
#   family: CON
#   facts: ["conf.spice_listen", "conf.spice_auto_unix_socket", "conf.spice_tls"]
#   safe: "a loopback address or local sockets; else TLS"
#   default: "127.0.0.1"
#   remediation: >-
#     Remove spice_listen; restart virtqemud or libvirtd; stop and start the guests
#   disable:
#     how: >-
#       spice_listen = "ADDRESS" together with spice_tls = 1 in /etc/libvirt/qemu.conf; restart virtqemud or libvirtd; stop and
#       start the guests
#     restart: >-
#       guest restart
#     rollback: >-
#       remove the lines; restart virtqemud or libvirtd; stop and start the guests
#   messages:
#     socket: "SPICE uses local sockets"
#     local: "SPICE listens on {address}"
#     clear: "SPICE listens on {address} without TLS"
#     protected: "SPICE listens on {address} with TLS"
#   source: >-
#     qemu.conf of libvirt 9.0.0 and of master (qemu.conf.in)
#   always: true
lvq_016 := judge.unreadable(qemu_driver.place_facts("spice")) if not judge.all_readable(qemu_driver.place_facts("spice"))

else := judge.pass("socket", {}, ["conf.spice_auto_unix_socket"]) if qemu_driver.on_socket("spice")

else := judge.pass("local", {"address": qemu_driver.listen("spice")}, ["conf.spice_listen"]) if qemu_driver.local("spice")

else := judge.unreadable(["conf.spice_tls"]) if not judge.readable("conf.spice_tls")

else := judge.pass("protected", {"address": qemu_driver.listen("spice")}, ["conf.spice_listen", "conf.spice_tls"]) if qemu_driver.flag("spice_tls", 0) == 1

else := judge.fail("clear", {"address": qemu_driver.listen("spice")}, ["conf.spice_listen", "conf.spice_tls"])

# METADATA
# title: SPICE TLS when remote
# description: >-
#   Without TLS everything typed and shown, and files dropped on the viewer, cross the network in clear.
# custom:
#   id: LVQ-017
#   severity: high
#   family: CON
#   facts: ["conf.spice_listen", "conf.spice_auto_unix_socket", "conf.spice_tls"]
#   safe: "1 where SPICE listens beyond the host"
#   default: "0"
#   remediation: >-
#     spice_tls = 1 with certificates in /etc/pki/libvirt-spice; restart virtqemud or libvirtd; stop and start the guests
#   disable:
#     how: >-
#       spice_tls = 0 in /etc/libvirt/qemu.conf; restart virtqemud or libvirtd; stop and start the guests
#     restart: >-
#       guest restart
#     rollback: >-
#       spice_tls = 1; restart virtqemud or libvirtd; stop and start the guests
#   messages:
#     on: "SPICE uses TLS"
#     off: "SPICE listens on {address} without TLS"
#     local: "SPICE stays on the host"
#   source: >-
#     qemu.conf of libvirt 9.0.0 and of master (qemu.conf.in)
lvq_017 := qemu_driver.when_remote("spice", "spice_tls")

# METADATA
# title: No shared clear SPICE password
# description: >-
#   A password in qemu.conf is the same for all guests, stands there in clear and counts for every guest that sets none of its
#   own. An empty one makes QEMU refuse every viewer.
# custom:
#   id: LVQ-018
#   severity: high
#   family: CON
#   facts: ["conf.spice_password"]
#   safe: "not set"
#   default: "not set"
#   remediation: >-
#     Remove spice_password, use SASL or a password per guest with an expiry; restart virtqemud or libvirtd; stop and start the
#     guests
#   disable:
#     how: >-
#       spice_password = "..." in /etc/libvirt/qemu.conf; restart virtqemud or libvirtd; stop and start the guests
#     restart: >-
#       guest restart
#     rollback: >-
#       remove the line; restart virtqemud or libvirtd; stop and start the guests
#   messages:
#     none: "No SPICE password is set for all guests"
#     empty: "spice_password is empty, which lets nobody in"
#     set: "spice_password sets one clear password for all guests"
#   source: >-
#     qemu.conf of libvirt 9.0.0 and of master (qemu.conf.in)
#   always: true
lvq_018 := qemu_driver.no_password("spice_password")

# METADATA
# title: RDP console not on all addresses
# description: >-
#   libvirt 11 can serve a guest's screen by RDP. rdp_listen is where guests without an address of their own offer it,
#   rdp_password the password that all of them share.
# custom:
#   id: LVQ-019
#   severity: high
#   family: CON
#   facts: ["conf.rdp_listen", "conf.rdp_password", "libvirt.version"]
#   safe: "rdp_listen a loopback address, rdp_password not set"
#   default: "127.0.0.1, no password"
#   remediation: >-
#     Remove rdp_listen and rdp_password; restart virtqemud or libvirtd; stop and start the guests
#   disable:
#     how: >-
#       rdp_listen = "ADDRESS" in /etc/libvirt/qemu.conf; restart virtqemud or libvirtd; stop and start the guests
#     restart: >-
#       guest restart
#     rollback: >-
#       remove the lines; restart virtqemud or libvirtd; stop and start the guests
#   messages:
#     older: "libvirt {version} serves no RDP"
#     open: "RDP listens on {address}"
#     password: "rdp_password sets one clear password for all guests"
#     local: "RDP listens on {address}, with no shared password"
#   source: >-
#     qemu.conf.in of libvirt master; that older releases than 11 lack it is from the catalogue
lvq_019 := judge.unreadable(["conf.rdp_listen", "conf.rdp_password"]) if not judge.all_readable(["conf.rdp_listen", "conf.rdp_password"])

else := judge.not_applicable("older", {"version": judge.value("libvirt.version")}, ["libvirt.version"]) if {
	qemu_driver.release < 11
	judge.absent("conf.rdp_listen")
	judge.absent("conf.rdp_password")
}

else := judge.fail("open", {"address": qemu_driver.listen("rdp")}, ["conf.rdp_listen"]) if qemu_driver.remote("rdp")

else := judge.fail("password", {}, ["conf.rdp_password"]) if judge.value("conf.rdp_password").empty == false

else := judge.pass("local", {"address": qemu_driver.listen("rdp")}, ["conf.rdp_listen", "conf.rdp_password"])
