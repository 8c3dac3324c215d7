# Consoles.
package ringwall.controls.qemu.con

import data.ringwall.lib.qemu_access

# METADATA
# title: VNC over TLS with SASL, or on a Unix socket
# description: >-
#   A VNC connection carries the guest's screen and every key that is pressed. QEMU's VNC server has no encryption by itself and takes anybody;
#   the password of the protocol is cut to eight characters. An address without a host listens everywhere.
# custom:
#   id: QMU-008
#   severity: high
#   family: CON
#   facts: [argv.graphics, argv.unresolved]
#   safe: "unix:PATH, or tls-creds=ID,sasl=on"
#   default: no VNC server where a display is chosen; an omitted host means every address
#   remediation: "-vnc unix:PATH and a tunnel to it, or -object tls-creds-x509,id=ID,dir=DIR,endpoint=server,verify-peer=on -vnc ADDRESS,tls-creds=ID,sasl=on"
#   disable:
#     how: "-vnc :0 on the command line; start the guest again"
#     restart: guest restart
#     rollback: restore the socket or TLS with SASL
#   messages:
#     none: The guest has no VNC server
#     local: VNC listens on a Unix socket or not at all
#     safe: VNC is encrypted and asks who calls
#     plain: "VNC listens on {found} without TLS"
#     unauthenticated: "VNC listens on {found} with TLS, and SASL does not ask who calls"
#     unresolved: "{found} may hold further options and was not looked into"
#   source: "qemu.org system/invocation -vnc (an omitted host accepts any host), system/vnc-security"
qmu_008 := qemu_access.vnc

# METADATA
# title: SPICE with tickets and TLS
# description: >-
#   A SPICE connection carries screen, keys, clipboard, sound and USB devices. disable-ticketing lets anybody in who reaches the port; without a
#   TLS port all of it crosses the network in clear.
# custom:
#   id: QMU-009
#   severity: high
#   family: CON
#   facts: [argv.graphics, argv.unresolved]
#   safe: "a Unix socket, or tickets (no disable-ticketing=on) and tls-port"
#   default: no SPICE server; with -spice the default address is any
#   remediation: "-spice tls-port=PORT,x509-dir=DIR with a ticket, or unix=on,addr=PATH"
#   disable:
#     how: disable-ticketing=on
#     restart: guest restart
#     rollback: remove disable-ticketing, set a ticket
#   messages:
#     none: The guest has no SPICE server
#     local: SPICE listens on a Unix socket or not at all
#     safe: SPICE is encrypted and asks for a ticket
#     open: "SPICE listens on {found} and lets anybody in: disable-ticketing=on"
#     plain: "SPICE listens on {found} without TLS"
#     unresolved: "{found} may hold further options and was not looked into"
#   source: "qemu.org system/invocation -spice (addr, disable-ticketing, tls-port)"
qmu_009 := qemu_access.spice
