# What an ESXi host says of its services, accounts, SSH server and standard switches.
package ringwall.lib.vmware_host

import data.ringwall.lib.judge

# switched: an answer of esxcli that is a flag has the value. Cases: safe, unsafe.
switched(fact, wanted) := judge.pass("safe", {}, [fact]) if judge.value(fact) == wanted

else := judge.fail("unsafe", {}, [fact]) if judge.present(fact)

else := judge.unreadable([fact])

# service: the fact of a service, by its key in vim25
service(key) := concat(".", ["service", key])

# stopped: the service does not run and does not start with the host. Cases: safe, running, starts (args: policy), none.
stopped(key) := judge.unreadable([service(key)]) if not judge.readable(service(key))

else := judge.not_applicable("none", {}, [service(key)]) if judge.absent(service(key))

else := judge.fail("running", {}, [service(key)]) if judge.value(service(key)).running

else := judge.fail("starts", {"policy": judge.value(service(key)).policy}, [service(key)]) if judge.value(service(key)).policy != "off"

else := judge.pass("safe", {}, [service(key)])

# no_shell: the account may not open a shell. Cases: safe, unsafe, none.
no_shell(user) := judge.unreadable([account(user)]) if not judge.readable(account(user))

else := judge.not_applicable("none", {}, [account(user)]) if judge.absent(account(user))

else := judge.fail("unsafe", {}, [account(user)]) if judge.value(account(user)).shell

else := judge.pass("safe", {}, [account(user)])

account(user) := concat(".", ["account", user])

# sshd: a keyword of the SSH server has the value. Cases: safe, unsafe (args: found), absent.
sshd(keyword, wanted) := judge.pass("safe", {"found": judge.value(ssh(keyword))}, [ssh(keyword)]) if lower(judge.value(ssh(keyword))) == wanted

else := judge.fail("unsafe", {"found": judge.value(ssh(keyword))}, [ssh(keyword)]) if judge.present(ssh(keyword))

else := judge.missing("absent", {}, [ssh(keyword)]) if judge.absent(ssh(keyword))

else := judge.unreadable([ssh(keyword)])

ssh(keyword) := concat(".", ["ssh", keyword])

# rejected: no standard switch accepts what the policy names, and no port group overrides it. A port group's null is inherited.
# Cases: safe, unsafe (args: device), unset (args: device), none.
rejected(policy) := judge.unreadable(standard) if not judge.all_readable(standard)

else := judge.not_applicable("none", {}, standard) if count(judge.effective("vswitches", [])) == 0

else := judge.fail("unsafe", {"device": names(accepting(policy))}, places(accepting(policy))) if count(accepting(policy)) > 0

else := judge.missing("unset", {"device": names(silent(policy))}, places(silent(policy))) if count(silent(policy)) > 0

else := judge.pass("safe", {}, standard)

standard := ["vswitches", "portgroups"]

accepting(policy) := [element |
	some list in standard
	some index, is in judge.value(list)
	is[policy] == true
	element := {"name": is.name, "place": sprintf("%s[%d]", [list, index])}
]

silent(policy) := [element |
	some index, is in judge.value("vswitches")
	is[policy] == null
	element := {"name": is.name, "place": sprintf("vswitches[%d]", [index])}
]

names(elements) := {element.name | some element in elements}

places(elements) := [element.place | some element in elements]
