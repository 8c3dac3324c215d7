# The SSH server of a host. It is off most of the time; these hold for the minutes in which it runs.
package ringwall.controls.vmware_esxi.ssh

import data.ringwall.lib.vmware_host

# METADATA
# title: SSH uses validated cryptography
# description: >-
#   The FIPS module of OpenSSH refuses algorithms that are weak or unproven, whatever the other side offers. It is on by
#   default and can be switched off for old clients, which then talk to root with old ciphers.
# custom:
#   id: SCG-esxi-8.ssh-fips
#   severity: medium
#   family: API
#   facts: ["fips.ssh"]
#   safe: "enabled"
#   default: "enabled"
#   remediation: >-
#     esxcli system security fips140 ssh set --enable=true
#   disable:
#     how: >-
#       esxcli system security fips140 ssh set --enable=false for a client that knows no validated cipher
#     restart: >-
#       none; holds for the next connection
#     rollback: >-
#       esxcli system security fips140 ssh set --enable=true
#   messages:
#     safe: "SSH uses validated cryptography"
#     unsafe: "SSH also uses cryptography that is not validated"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.ssh-fips; it names DISA STIG ESXI-80-000014 and
#     PCI DSS 4.0 2.2.7, 8.3.2
#   always: true
scg_esxi_8_ssh_fips := vmware_host.switched("fips.ssh", true)

# METADATA
# title: Only validated ciphers over SSH
# description: >-
#   A cipher in CBC mode or an old stream cipher lets somebody on the path change or recover parts of root's session. The
#   list names AES in GCM and counter mode alone.
# custom:
#   id: SCG-esxi-8.ssh-fips-ciphers
#   severity: medium
#   family: API
#   facts: ["ssh.ciphers"]
#   safe: "aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr"
#   default: "aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr"
#   remediation: >-
#     esxcli system ssh server config set --keyword=ciphers
#     --value=aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr
#   disable:
#     how: >-
#       esxcli system ssh server config set --keyword=ciphers with the further cipher at the end of the list
#     restart: >-
#       none; holds for the next connection
#     rollback: >-
#       esxcli system ssh server config set --keyword=ciphers
#       --value=aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr
#   messages:
#     safe: "SSH takes {found}"
#     unsafe: "SSH takes {found}"
#     absent: "The SSH server lists no ciphers"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.ssh-fips-ciphers; it names DISA STIG
#     ESXI-80-000187 and PCI DSS 4.0 2.2.7, 8.3.2
#   always: true
scg_esxi_8_ssh_fips_ciphers := vmware_host.sshd("ciphers", "aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr")

# METADATA
# title: Forwarded ports stay on the host
# description: >-
#   With gatewayports a port that somebody forwards over SSH is open to the whole network and not to the host alone: a
#   tunnel out of the management network for anybody.
# custom:
#   id: SCG-esxi-8.ssh-gateway-ports
#   severity: medium
#   family: API
#   facts: ["ssh.gatewayports"]
#   safe: "no"
#   default: "no"
#   remediation: >-
#     esxcli system ssh server config set --keyword=gatewayports --value=no
#   disable:
#     how: >-
#       esxcli system ssh server config set --keyword=gatewayports --value=yes
#     restart: >-
#       none; holds for the next connection
#     rollback: >-
#       esxcli system ssh server config set --keyword=gatewayports --value=no
#   messages:
#     safe: "Forwarded ports stay on the host"
#     unsafe: "Forwarded ports are open to the network (gatewayports {found})"
#     absent: "The SSH server lists no gatewayports"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.ssh-gateway-ports; it names DISA STIG
#     ESXI-80-000207
#   always: true
scg_esxi_8_ssh_gateway_ports := vmware_host.sshd("gatewayports", "no")

# METADATA
# title: No login because of the machine one comes from
# description: >-
#   Host-based authentication believes another machine who its user is. Whoever is root there is root here.
# custom:
#   id: SCG-esxi-8.ssh-host-based-auth
#   severity: medium
#   family: API
#   facts: ["ssh.hostbasedauthentication"]
#   safe: "no"
#   default: "no"
#   remediation: >-
#     esxcli system ssh server config set --keyword=hostbasedauthentication --value=no
#   disable:
#     how: >-
#       esxcli system ssh server config set --keyword=hostbasedauthentication --value=yes
#     restart: >-
#       none; holds for the next connection
#     rollback: >-
#       esxcli system ssh server config set --keyword=hostbasedauthentication --value=no
#   messages:
#     safe: "Other machines are not believed"
#     unsafe: "SSH believes other machines who their users are (hostbasedauthentication {found})"
#     absent: "The SSH server lists no hostbasedauthentication"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.ssh-host-based-auth; it names DISA STIG
#     ESXI-80-000202
#   always: true
scg_esxi_8_ssh_host_based_auth := vmware_host.sshd("hostbasedauthentication", "no")

# METADATA
# title: Lost SSH clients are given up after three questions
# description: >-
#   The server asks a silent client whether it is still there, and closes the session after so many questions without an
#   answer. Without a limit the session of a cut connection stays open, with root in it.
# custom:
#   id: SCG-esxi-8.ssh-idle-timeout-count
#   severity: medium
#   family: API
#   facts: ["ssh.clientalivecountmax"]
#   safe: "3"
#   default: "3"
#   remediation: >-
#     esxcli system ssh server config set --keyword=clientalivecountmax --value=3
#   disable:
#     how: >-
#       esxcli system ssh server config set --keyword=clientalivecountmax --value=10 for a poor line
#     restart: >-
#       none; holds for the next connection
#     rollback: >-
#       esxcli system ssh server config set --keyword=clientalivecountmax --value=3
#   messages:
#     safe: "A silent client is given up after {found} questions"
#     unsafe: "A silent client is given up after {found} questions instead of 3"
#     absent: "The SSH server lists no clientalivecountmax"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.ssh-idle-timeout-count; it names DISA STIG
#     ESXI-80-000210 and PCI DSS 4.0 8.2.8
#   always: true
scg_esxi_8_ssh_idle_timeout_count := vmware_host.sshd("clientalivecountmax", "3")

# METADATA
# title: SSH asks every 200 seconds whether the client is there
# description: >-
#   Together with the number of questions this gives ten minutes, after which a session without a living client ends. 0
#   never asks.
# custom:
#   id: SCG-esxi-8.ssh-idle-timeout-interval
#   severity: medium
#   family: API
#   facts: ["ssh.clientaliveinterval"]
#   safe: "200"
#   default: "200"
#   remediation: >-
#     esxcli system ssh server config set --keyword=clientaliveinterval --value=200
#   disable:
#     how: >-
#       esxcli system ssh server config set --keyword=clientaliveinterval --value=0 for one session that must outlast a
#       network outage
#     restart: >-
#       none; holds for the next connection
#     rollback: >-
#       esxcli system ssh server config set --keyword=clientaliveinterval --value=200
#   messages:
#     safe: "The server asks every {found} seconds"
#     unsafe: "The server asks every {found} seconds instead of 200; 0 means never"
#     absent: "The SSH server lists no clientaliveinterval"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.ssh-idle-timeout-interval; it names DISA STIG
#     ESXI-80-000211 and PCI DSS 4.0 8.2.8
#   always: true
scg_esxi_8_ssh_idle_timeout_interval := vmware_host.sshd("clientaliveinterval", "200")

# METADATA
# title: SSH shows the banner of /etc/issue
# description: >-
#   The text that the site has agreed on stands in /etc/issue (Config.Etc.issue). The server shows it before the login
#   only if this keyword names the file.
# custom:
#   id: SCG-esxi-8.ssh-login-banner
#   severity: medium
#   family: API
#   facts: ["ssh.banner"]
#   safe: "/etc/issue"
#   default: "/etc/issue"
#   remediation: >-
#     esxcli system ssh server config set --keyword=banner --value=/etc/issue
#   disable:
#     how: >-
#       esxcli system ssh server config set --keyword=banner --value=none
#     restart: >-
#       none; holds for the next connection
#     rollback: >-
#       esxcli system ssh server config set --keyword=banner --value=/etc/issue
#   messages:
#     safe: "SSH shows {found}"
#     unsafe: "SSH shows {found} instead of /etc/issue"
#     absent: "The SSH server lists no banner"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.ssh-login-banner; it names DISA STIG
#     ESXI-80-000192
#   always: true
scg_esxi_8_ssh_login_banner := vmware_host.sshd("banner", "/etc/issue")

# METADATA
# title: ".rhosts files are ignored"
# description: >-
#   A file .rhosts in a home folder lets whoever could write it once log in for ever without a password.
# custom:
#   id: SCG-esxi-8.ssh-rhosts
#   severity: medium
#   family: API
#   facts: ["ssh.ignorerhosts"]
#   safe: "yes"
#   default: "yes"
#   remediation: >-
#     esxcli system ssh server config set --keyword=ignorerhosts --value=yes
#   disable:
#     how: >-
#       esxcli system ssh server config set --keyword=ignorerhosts --value=no
#     restart: >-
#       none; holds for the next connection
#     rollback: >-
#       esxcli system ssh server config set --keyword=ignorerhosts --value=yes
#   messages:
#     safe: ".rhosts files are ignored"
#     unsafe: ".rhosts files count (ignorerhosts {found})"
#     absent: "The SSH server lists no ignorerhosts"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.ssh-rhosts; it names DISA STIG ESXI-80-000052
#   always: true
scg_esxi_8_ssh_rhosts := vmware_host.sshd("ignorerhosts", "yes")

# METADATA
# title: No forwarding of local sockets
# description: >-
#   Local sockets of a host are how its daemons talk to each other, often without a login. Forwarded over SSH they can be
#   reached from the other end.
# custom:
#   id: SCG-esxi-8.ssh-stream-local-forwarding
#   severity: medium
#   family: API
#   facts: ["ssh.allowstreamlocalforwarding"]
#   safe: "no"
#   default: "no"
#   remediation: >-
#     esxcli system ssh server config set --keyword=allowstreamlocalforwarding --value=no
#   disable:
#     how: >-
#       esxcli system ssh server config set --keyword=allowstreamlocalforwarding --value=yes
#     restart: >-
#       none; holds for the next connection
#     rollback: >-
#       esxcli system ssh server config set --keyword=allowstreamlocalforwarding --value=no
#   messages:
#     safe: "Local sockets are not forwarded"
#     unsafe: "Local sockets are forwarded (allowstreamlocalforwarding {found})"
#     absent: "The SSH server lists no allowstreamlocalforwarding"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.ssh-stream-local-forwarding
#   always: true
scg_esxi_8_ssh_stream_local_forwarding := vmware_host.sshd("allowstreamlocalforwarding", "no")

# METADATA
# title: No tunnels through the host
# description: >-
#   A host has a leg in the management, storage and vMotion networks. With TCP forwarding one SSH session reaches from
#   the outside into all of them, past the firewalls between.
# custom:
#   id: SCG-esxi-8.ssh-tcp-forwarding
#   severity: medium
#   family: API
#   facts: ["ssh.allowtcpforwarding"]
#   safe: "no"
#   default: "no"
#   remediation: >-
#     esxcli system ssh server config set --keyword=allowtcpforwarding --value=no
#   disable:
#     how: >-
#       esxcli system ssh server config set --keyword=allowtcpforwarding --value=yes for the length of an intervention
#     restart: >-
#       none; holds for the next connection
#     rollback: >-
#       esxcli system ssh server config set --keyword=allowtcpforwarding --value=no
#   messages:
#     safe: "TCP is not forwarded"
#     unsafe: "TCP is forwarded through the host (allowtcpforwarding {found})"
#     absent: "The SSH server lists no allowtcpforwarding"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.ssh-tcp-forwarding; it names DISA STIG
#     ESXI-80-000230
#   always: true
scg_esxi_8_ssh_tcp_forwarding := vmware_host.sshd("allowtcpforwarding", "no")

# METADATA
# title: No network devices over SSH
# description: >-
#   permittunnel joins two networks at the level of packets or frames: a private line of its own between an outside
#   machine and the host's networks.
# custom:
#   id: SCG-esxi-8.ssh-tunnels
#   severity: medium
#   family: API
#   facts: ["ssh.permittunnel"]
#   safe: "no"
#   default: "no"
#   remediation: >-
#     esxcli system ssh server config set --keyword=permittunnel --value=no
#   disable:
#     how: >-
#       esxcli system ssh server config set --keyword=permittunnel --value=yes
#     restart: >-
#       none; holds for the next connection
#     rollback: >-
#       esxcli system ssh server config set --keyword=permittunnel --value=no
#   messages:
#     safe: "SSH makes no network devices"
#     unsafe: "SSH joins networks (permittunnel {found})"
#     absent: "The SSH server lists no permittunnel"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.ssh-tunnels; it names DISA STIG ESXI-80-000209
#   always: true
scg_esxi_8_ssh_tunnels := vmware_host.sshd("permittunnel", "no")

# METADATA
# title: Users cannot set the environment of their login
# description: >-
#   Variables such as LD_PRELOAD in a user's own file change what programs do from the first moment, and can step around
#   restrictions on a key.
# custom:
#   id: SCG-esxi-8.ssh-user-environment
#   severity: medium
#   family: API
#   facts: ["ssh.permituserenvironment"]
#   safe: "no"
#   default: "no"
#   remediation: >-
#     esxcli system ssh server config set --keyword=permituserenvironment --value=no
#   disable:
#     how: >-
#       esxcli system ssh server config set --keyword=permituserenvironment --value=yes
#     restart: >-
#       none; holds for the next connection
#     rollback: >-
#       esxcli system ssh server config set --keyword=permituserenvironment --value=no
#   messages:
#     safe: "Environments of users are ignored"
#     unsafe: "Environments of users count (permituserenvironment {found})"
#     absent: "The SSH server lists no permituserenvironment"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.ssh-user-environment; it names DISA STIG
#     ESXI-80-000204
#   always: true
scg_esxi_8_ssh_user_environment := vmware_host.sshd("permituserenvironment", "no")
