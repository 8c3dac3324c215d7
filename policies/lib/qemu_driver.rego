# What qemu.conf's settings say together: addresses that consoles listen on, checks of certificates with their common default, accounts.
package ringwall.lib.qemu_driver

import data.ringwall.lib.judge
import data.ringwall.lib.tls_priority

conf(name) := concat("", ["conf.", name])

# loopback: only programs on the host itself reach the address
loopback(address) if lower(address) in {"localhost", "localhost.localdomain", "ip6-localhost", "::1", "[::1]", "0:0:0:0:0:0:0:1"}

loopback(address) if regex.match(`^(::ffff:)?127(\.[0-9]{1,3}){3}$`, lower(address))

listen(console) := judge.effective(conf(concat("", [console, "_listen"])), "127.0.0.1")

# place_facts: the settings that decide where a console listens
place_facts(console) := ["conf.rdp_listen"] if console == "rdp"

place_facts(console) := [conf(concat("", [console, "_listen"])), conf(concat("", [console, "_auto_unix_socket"]))] if console != "rdp"

# on_socket: guests that name no address get a local socket in place of the address
on_socket(console) if judge.value(conf(concat("", [console, "_auto_unix_socket"]))) == 1

local(console) if on_socket(console)

local(console) if loopback(listen(console))

remote(console) if {
	judge.all_readable(place_facts(console))
	not local(console)
}

flag(name, fallback) := judge.effective(conf(name), fallback)

# verify: whether a service asks its clients for a certificate: its own setting, then the common one, then its default
verify(service, fallback) := own if own := judge.value(conf(concat("", [service, "_tls_x509_verify"])))

else := common if common := judge.value("conf.default_tls_x509_verify")

else := fallback

verify_facts(service) := [conf(concat("", [service, "_tls_x509_verify"])), "conf.default_tls_x509_verify"]

# verified: cases verified, unverified (args: found)
verified(service, fallback) := judge.unreadable(verify_facts(service)) if not judge.all_readable(verify_facts(service))

else := judge.pass("verified", {"found": 1}, verify_facts(service)) if verify(service, fallback) == 1

else := judge.fail("unverified", {"found": verify(service, fallback)}, verify_facts(service))

# when_remote: a flag that a console needs once others than the host reach it. Cases: on, off (args: address), local (args: address).
when_remote(console, name) := judge.unreadable(when_facts(console, name)) if not judge.all_readable(when_facts(console, name))

else := judge.pass("on", {"address": listen(console)}, [conf(name)]) if flag(name, 0) == 1

else := judge.fail("off", {"address": listen(console)}, array.concat(place_facts(console), [conf(name)])) if remote(console)

else := judge.not_applicable("local", {"address": listen(console)}, place_facts(console))

when_facts(console, name) := array.concat(place_facts(console), [conf(name)])

# when_used: a flag that guests need who use something. Cases: on, off (args: guests), unused.
when_used(name, use) := judge.unreadable([conf(name)]) if not judge.readable(conf(name))

else := judge.pass("on", {}, [conf(name)]) if flag(name, 0) == 1

else := judge.fail("off", {"guests": judge.value(use)}, [conf(name), use]) if judge.present(use)

else := judge.not_applicable("unused", {}, [use]) if judge.absent(use)

else := judge.unreadable([use])

# no_password: cases none, empty, set
no_password(name) := judge.unreadable([conf(name)]) if not judge.readable(conf(name))

else := judge.pass("none", {}, [conf(name)]) if judge.absent(conf(name))

else := judge.pass("empty", {}, [conf(name)]) if judge.value(conf(name)).empty

else := judge.fail("set", {}, [conf(name)])

# not_root: an account that is not number 0. Cases: root (args: found), other (args: found).
not_root(name, fallback) := judge.unreadable([conf(name)]) if not judge.readable(conf(name))

else := judge.fail("root", {"found": judge.value(conf(name))}, array.concat([conf(name)], account_facts(name))) if is_root(name)

else := judge.pass("other", {"found": judge.effective(conf(name), fallback)}, [conf(name)])

account(name) := concat("", ["account.", name])

account_facts(name) := [n | n := account(name); judge.present(n)]

is_root(name) if judge.value(conf(name)) == "root"

is_root(name) if regex.match(`^\+?0+$`, judge.value(conf(name)))

is_root(name) if {
	judge.present(conf(name))
	judge.value(account(name)) == 0
}

# priorities: the settings that choose protocols and ciphers, by what they let in
priority_settings := [
	"conf.default_tls_priority", "conf.vnc_tls_priority", "conf.chardev_tls_priority", "conf.nbd_tls_priority", "conf.migrate_tls_priority",
	"conf.backup_tls_priority",
]

weak_priorities := [n | some n in priority_settings; count(tls_priority.weaknesses(judge.value(n))) > 0]

# release: the major number of libvirt's release, undefined while it is not known
release := to_number(split(judge.value("libvirt.version"), ".")[0])
