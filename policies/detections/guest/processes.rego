# Processes and who they are.
package ringwall.detections.guest.processes

import data.ringwall.lib.guest

# METADATA
# title: "A process is hidden"
# description: "The kernel keeps each process in the list of tasks, in the table of pids and among its parent's children, each thread in its process's list too, and all of them in that of their control groups. What is missing in any of them was taken out by force. What left all of them is found by the control group that it is in, or by the memory that task_struct is allocated from."
# custom:
#   id: GST-060
#   compares: [hidden, everywhere, thread, renumbered, parent, group, tracer, threads, namespaces]
#   torn: [ended, ending]
#   severity: critical
#   technique: [T1014, T1564]
#   facts: [processes]
#   remediation: "Keep an image of the guest's memory, look at what the process holds (ringwall guest ps, guest scan), and rebuild the guest from a trusted image."
#   messages:
#     hidden: "Process {pid} ({name}) is missing in: {places}"
#     everywhere: "Process {pid} ({name}) is in no list of processes and was found by: {traces}"
#     thread: "Thread {pid} of process {group} ({name}) is missing in: {places}"
#     renumbered: "The task of pid {number} ({name}) says that its pid is {pid}"
#     ended: "Process {pid} ({name}) is marked as one that has ended, and has its memory still"
#     ending: "Process {pid} ({name}) is marked as one that is ending, and sleeps with its memory"
#     group: "Task {pid} ({name}) is in the list of no control group"
#     parent: "Process {pid} ({name}) says that its parent is {parent}, and is a child of {owner}"
#     tracer: "Process {pid} ({name}) reports to another process than its parent, and nobody traces it"
#     threads: "Process {pid} ({name}) counts another number of threads than are in its list"
#     namespaces: "Process {pid} ({name}) has no namespaces, as one that has ended, and has not ended"
#   source: "kernel/fork.c, kernel/pid.c, kernel/cgroup/cgroup.c; volatility3 linux.pidhashtable checks two of these"
gst_060 contains guest.hit("hidden", hidden.task, {"pid": hidden.pid, "name": hidden.name, "places": concat(", ", [places[place] | some place in hidden.missingIn])}) if {
	some hidden in guest.value("processes").hidden
	count(object.get(hidden, "foundIn", [])) == 0
}

gst_060 contains guest.hit("everywhere", hidden.task, {"pid": hidden.pid, "name": hidden.name, "traces": concat(", ", hidden.foundIn)}) if {
	some hidden in guest.value("processes").hidden
	count(hidden.foundIn) > 0
}

gst_060 contains guest.hit("thread", thread.task, {"pid": thread.pid, "group": thread.group, "name": thread.name, "places": thread_places[thread.missingIn]}) if {
	some thread in guest.value("processes").hiddenThreads
}

gst_060 contains guest.hit("renumbered", task.task, {"pid": task.pid, "number": task.number, "name": task.name}) if {
	some task in guest.value("processes").renumbered
}

gst_060 contains guest.hit("parent", task.task, {"pid": task.pid, "name": task.name, "parent": task.parent, "owner": task.childOf}) if {
	some task in object.get(guest.value("processes"), "misplaced", [])
}

gst_060 contains guest.hit("group", task.task, {"pid": task.pid, "name": task.name}) if {
	some task in object.get(guest.value("processes"), "ungrouped", [])
}

gst_060 contains guest.hit(shown, task.task, {"pid": task.pid, "name": task.name}) if {
	some task in object.get(guest.value("processes"), "contradicting", [])
	shown := {"tracer": "tracer", "threadCount": "threads", "namespaces": "namespaces"}[task.kind]
}

# Memory is given back before a process is marked as a zombie; tools and checks leave out those that have ended.
gst_060 contains guest.hit("ended", process.task, {"pid": process.pid, "name": process.name}) if {
	some process in guest.value("processes").processes
	process.state in {"Z", "X"}
	process.mm != null
}

gst_060 contains guest.hit("ending", process.task, {"pid": process.pid, "name": process.name}) if {
	some process in guest.value("processes").processes
	process.exiting == true
	process.mm != null
	not process.kernelThread
	process.state in {"S", "T", "t"}
}

thread_places := {"thread_head": "signal_struct.thread_head", "table": "init_pid_ns.idr"}

places := {"list": "init_task.tasks", "table": "init_pid_ns.idr", "children": "task_struct.children"}

# METADATA
# title: "Credentials were forged"
# description: "The kernel sets the real user and the account that pays for it (user_struct) together, and an effective root comes from a saved one. Where they contradict each other, somebody wrote a 0 into the credentials. Every capability for a user that is not root is what exploits write, and no service asks for. Whoever replaces all of them as the kernel would is not seen here."
# custom:
#   id: GST-061
#   compares: [user, counted, namespace]
#   torn: [all]
#   doubts: [powerless, capable, realGroup, savedGroup, effectiveGroup, rootGroup, inheritable, raised]
#   severity: critical
#   technique: [T1068, T1548]
#   facts: [processes]
#   remediation: "Treat the guest as taken over: keep an image of its memory, isolate it, and look for how the process came to run."
#   messages:
#     user: "Process {pid} ({name}) has the user {uid}, and its account is that of user {account}"
#     effective: "Process {pid} ({name}) acts as root, and neither its user {uid} nor its saved user {saved} is root"
#     capabilities: "Process {pid} ({name}) of user {uid} has every capability that there is"
#     most: "Process {pid} ({name}) of user {uid} has all of the first 32 capabilities"
#     counted: "Process {pid} ({name}) has the user {uid}, and is counted as one of user {account}"
#     namespace: "Process {pid} ({name}) has another user namespace than the one that it is counted in"
#     files: "Process {pid} ({name}) reaches files as root, and none of its users is root"
#     group: "Process {pid} ({name}) acts as group 0, and neither its group {gid} nor its saved group {saved} is 0"
#     fileGroup: "Process {pid} ({name}) reaches files as group 0, and none of its groups is 0"
#     saved: "Process {pid} ({name}) of user {uid} may become root, and has none of root's capabilities"
#     beyond: "Process {pid} ({name}) has capabilities that the kernel does not know ({bits})"
#     unpermitted: "Process {pid} ({name}) uses capabilities that it is not permitted ({bits})"
#     ambient: "Process {pid} ({name}) has ambient capabilities that it may not inherit ({bits})"
#     powerless: "Process {pid} ({name}) of user {uid} acts as root, and has none of root's capabilities"
#     capable: "Process {pid} ({name}) of user {uid} has capabilities, and the kernel has not marked it as one that gained any ({bits})"
#     effectiveGroup: "Process {pid} ({name}) of user {uid} acts as group 0, and runs no program with the set-group-ID bit"
#     realGroup: "Process {pid} ({name}) of user {uid} has the real group 0, and neither its effective nor its saved group is 0"
#     savedGroup: "Process {pid} ({name}) of user {uid} has the saved group 0, and neither its real nor its effective group is 0"
#     rootGroup: "Process {pid} ({name}) of user {uid} has the group 0, which its origin does not explain"
#     inheritable: "Process {pid} ({name}) of user {uid} may inherit capabilities that process {parent} above it has not ({bits})"
#     raised: "Process {pid} ({name}) of user {uid} has ambient capabilities that process {parent} above it has not ({bits})"
#     escaped: "Process {pid} ({name}) belongs to a pid namespace of its own, and to the first namespaces of all other kinds"
#     root: "Process {pid} ({name}) has the root and the working folder that threads of the kernel share"
#   source: "kernel/cred.c (commit_creds, set_cred_ucounts), kernel/sys.c (set_user, __sys_setfsuid), security/commoncap.c (cap_capset)"
gst_061 contains guest.hit("user", process.task, {"pid": process.pid, "name": process.name, "uid": process.uid, "account": process.userUid}) if {
	some process in everyone
	is_number(process.userUid)
	process.uid != process.userUid
	not process.state in {"Z", "X"}
}

gst_061 contains guest.hit("effective", process.task, {"pid": process.pid, "name": process.name, "uid": process.uid, "saved": process.suid}) if {
	some process in everyone
	process.euid == 0
	process.uid != 0
	process.suid != 0
}

gst_061 contains guest.hit("capabilities", process.task, {"pid": process.pid, "name": process.name, "uid": process.uid}) if {
	facts := guest.value("processes")
	some process in everyone
	not 0 in {process.uid, process.euid, process.suid}
	holds_all(process, facts)
	process.userNamespace == facts.userNamespace
}

holds_all(process, facts) if {
	is_string(process.permitted)
	process.permitted == facts.allCapabilities
}

holds_all(process, _) if process.holdsAll == true

# what exploits write that were made for an older kernel
gst_061 contains guest.hit("most", process.task, {"pid": process.pid, "name": process.name, "uid": process.uid}) if {
	facts := guest.value("processes")
	some process in everyone
	not 0 in {process.uid, process.euid, process.suid}
	process.permittedLow == 4294967295
	not holds_all(process, facts)
	process.userNamespace == facts.userNamespace
}

gst_061 contains guest.hit("counted", process.task, {"pid": process.pid, "name": process.name, "uid": process.uid, "account": process.countedUid}) if {
	some process in lasting
	is_number(process.countedUid)
	process.countedUid != process.uid
}

gst_061 contains guest.hit("namespace", process.task, {"pid": process.pid, "name": process.name}) if {
	some process in lasting
	is_string(process.countedNamespace)
	process.countedNamespace != process.namespace
}

gst_061 contains guest.hit("files", process.task, {"pid": process.pid, "name": process.name}) if {
	some process in lasting
	process.fsuid == 0
	not 0 in {process.uid, process.euid, process.suid}
}

# who is root may take any group for a while, as sudo does
gst_061 contains guest.hit("group", process.task, {"pid": process.pid, "name": process.name, "gid": process.gid, "saved": process.sgid}) if {
	some process in lasting
	not 0 in {process.uid, process.euid, process.suid}
	process.egid == 0
	process.gid != 0
	process.sgid != 0
}

gst_061 contains guest.hit("fileGroup", process.task, {"pid": process.pid, "name": process.name}) if {
	some process in lasting
	not 0 in {process.uid, process.euid, process.suid}
	process.fsgid == 0
	not 0 in {process.gid, process.egid, process.sgid}
}

# whoever keeps root as its saved user keeps what root is permitted, unless a program with the set-user-ID bit was started without any
gst_061 contains guest.hit("saved", process.task, {"pid": process.pid, "name": process.name, "uid": process.uid}) if {
	some process in lasting
	process.suid == 0
	process.uid != 0
	process.euid != 0
	process.permitted == "0x0"
	not process.setuidProgram == true
}

gst_061 contains guest.hit("beyond", process.task, {"pid": process.pid, "name": process.name, "bits": process.beyondLast}) if {
	some process in lasting
	is_string(process.beyondLast)
	process.beyondLast != "0x0"
}

gst_061 contains guest.hit("unpermitted", process.task, {"pid": process.pid, "name": process.name, "bits": process.notPermitted}) if {
	some process in lasting
	is_string(process.notPermitted)
	process.notPermitted != "0x0"
}

# the kernel keeps ambient capabilities within those that are permitted and inheritable
gst_061 contains guest.hit("ambient", process.task, {"pid": process.pid, "name": process.name, "bits": process.notInheritable}) if {
	some process in lasting
	is_string(process.notInheritable)
	process.notInheritable != "0x0"
}

# Who becomes root by a program gets what may be gained, and whoever gives that up is seldom still root.
gst_061 contains guest.hit("powerless", process.task, {"pid": process.pid, "name": process.name, "uid": process.uid}) if {
	some process in lasting
	process.mm != null
	process.euid == 0
	process.suid == 0
	process.permitted == "0x0"
	process.pidLevel == 0
	bits.or(process.boundingLow, process.boundingHigh) != 0
	process.userNamespace == guest.value("processes").userNamespace
	not process.setuidProgram == true
}

# Capabilities come from the program's file or from root, who gives up all but these; either leaves a mark, which a program may take away.
gst_061 contains guest.hit("capable", process.task, {"pid": process.pid, "name": process.name, "uid": process.uid, "bits": process.notAmbient}) if {
	some process in ordinary
	process.gained == false
	is_string(process.notAmbient)
	process.notAmbient != "0x0"
	process.permittedLow != 4294967295
}

# what a program with the set-group-ID bit starts acts as its group too
gst_061 contains guest.hit("effectiveGroup", process.task, {"pid": process.pid, "name": process.name, "uid": process.uid}) if {
	some process in ordinary
	process.egid == 0
	process.sgid == 0
	process.gid != 0
	not process.setgidProgram == true
}

# A program with the set-group-ID bit leaves the real group as it was; services that give up less than all of it do so too.
gst_061 contains guest.hit("realGroup", process.task, {"pid": process.pid, "name": process.name, "uid": process.uid}) if {
	some process in ordinary
	process.gid == 0
	not 0 in {process.egid, process.sgid}
	not process.setgidProgram == true
}

gst_061 contains guest.hit("savedGroup", process.task, {"pid": process.pid, "name": process.name, "uid": process.uid}) if {
	some process in ordinary
	process.sgid == 0
	not 0 in {process.gid, process.egid}
	not process.setgidProgram == true
}

# Containers run any user with the group 0; newgrp and sudo -g give it to whoever may have it.
gst_061 contains guest.hit("rootGroup", process.task, {"pid": process.pid, "name": process.name, "uid": process.uid}) if {
	some process in ordinary
	process.pidLevel == 0
	process.gid == 0
	0 in {process.egid, process.sgid}
	not process.setgidProgram == true
	strange_group(process)
}

# whoever gets its groups from a list of them (initgroups) has its own among them
strange_group(process) if {
	process.groups > 0
	process.inRootGroup == false
	not same_groups(process)
}

strange_group(process) if {
	some above in origins(process)
	above in ordinary
	not 0 in {above.gid, above.egid, above.sgid}
	not above.inRootGroup == true
}

# of a parent that is no better explained, the parent is told
same_groups(process) if {
	some above in origins(process)
	above in ordinary
	above.gid == 0
}

# Some container engines leave what may be inherited to every user, and pam_cap gives it to some.
gst_061 contains guest.hit("inheritable", process.task, {"pid": process.pid, "name": process.name, "uid": process.uid, "parent": above.pid, "bits": inherited(process)}) if {
	some process in ordinary
	process.pidLevel == 0
	some above in origins(process)
	inherits_more(process, above)
}

inherits_more(process, above) if {
	known := bits.or(process.permittedLow, above.inheritableLow)
	bits.and(process.inheritableLow, known) != process.inheritableLow
}

inherits_more(process, above) if {
	known := bits.or(process.permittedHigh, above.inheritableHigh)
	bits.and(process.inheritableHigh, known) != process.inheritableHigh
}

# Ambient capabilities come from who began the program, which is above it still or has ended; whoever gave up its own since has given them lawfully.
gst_061 contains guest.hit("raised", process.task, {"pid": process.pid, "name": process.name, "uid": process.uid, "parent": above.pid, "bits": sprintf("0x%08x%08x", [process.ambientHigh, process.ambientLow])}) if {
	some process in ordinary
	process.pidLevel == 0
	process.gained == false
	some above in origins(process)
	above in ordinary
	raises_more(process, above)
}

raises_more(process, above) if bits.and(process.ambientLow, above.permittedLow) != process.ambientLow

raises_more(process, above) if bits.and(process.ambientHigh, above.permittedHigh) != process.ambientHigh

inherited(process) := sprintf("0x%08x%08x", [process.inheritableHigh, process.inheritableLow])

# who is not root, runs a program, and is in the first user namespace
ordinary contains process if {
	some process in lasting
	not process.kernelThread
	process.mm != null
	not 0 in {process.uid, process.euid, process.suid}
	process.userNamespace == guest.value("processes").userNamespace
}

# the process of a thread, and the parent of a process: several where one took another's number
origins(process) := {above | some above in by_pid[sprintf("%d", [process.group])]} if {
	object.get(process, "group", process.pid) != process.pid
} else := {above | some above in by_pid[sprintf("%d", [process.ppid])]}

# Who is not in the first pid namespace got other namespaces with it, which may be the first ones and are never their first set (init_nsproxy).
gst_061 contains guest.hit("escaped", process.task, {"pid": process.pid, "name": process.name}) if {
	some process in lasting
	process.pidLevel > 0
	process.firstNamespaces == true
}

# only the first process was made with it (init_fs); everybody else has a copy
gst_061 contains guest.hit("root", process.task, {"pid": process.pid, "name": process.name}) if {
	some process in lasting
	not process.kernelThread
	process.firstRoot == true
	process.mm != null
	process.pid != 1
	object.get(process, "group", process.pid) != 1
}

# processes, and threads whose credentials are not those of their process
everyone contains process if some process in guest.value("processes").processes

everyone contains thread if some thread in object.get(guest.value("processes"), "threads", [])

# those that have not ended
lasting contains process if {
	some process in everyone
	not process.state in {"Z", "X"}
	not process.exiting == true
}

# METADATA
# title: "Processes share credentials that are not theirs"
# description: "Every process has credentials of its own; only threads of one process share them, and only the idle task has those that the kernel started with (init_cred). An exploit that points a process to init_cred, or to another process's credentials, gives it all of their rights."
# custom:
#   id: GST-062
#   compares: [shared, borrowed, foreign, label, uncounted]
#   torn: [initial]
#   severity: critical
#   technique: [T1068, T1134.001]
#   facts: [processes]
#   remediation: "Treat the guest as taken over: keep an image of its memory, isolate it, and look for how the process came to run."
#   messages:
#     initial: "Process {pid} ({name}) has the credentials that the kernel started with (init_cred)"
#     shared: "Process {pid} ({name}) has the credentials of process {other}"
#     borrowed: "Process {pid} ({name}) acts with the credentials of process {other}"
#     foreign: "Process {pid} ({name}) has credentials at {address}, where the kernel allocates none"
#     uncounted: "{tasks} have the same credentials ({address}), to which the kernel knows of {count} references and not of {references}"
#     label: "Process {pid} ({name}) has the security label of process {other}, and other credentials"
#   source: "kernel/cred.c (copy_creds)"
gst_062 contains guest.hit("initial", process.task, {"pid": process.pid, "name": process.name}) if {
	facts := guest.value("processes")
	some process in everyone
	process.pid != 0
	facts.initCred in {process.cred, process.realCred}
}

gst_062 contains guest.hit("shared", process.task, {"pid": process.pid, "name": process.name, "other": other.pid}) if {
	facts := guest.value("processes")
	some process in everyone
	process.realCred != facts.initCred
	some other in sharing[process.realCred]
	other.pid < process.pid
	other.pid != object.get(process, "group", process.pid)
}

# the credentials that a process acts with may be others for a moment, but not those of another process
gst_062 contains guest.hit("borrowed", process.task, {"pid": process.pid, "name": process.name, "other": other.pid}) if {
	facts := guest.value("processes")
	some process in lasting
	process.cred != process.realCred
	process.cred != facts.initCred
	some other in sharing[process.cred]
	not other.pid in {process.pid, object.get(process, "group", process.pid)}
}

gst_062 contains guest.hit("foreign", process.task, {"pid": process.pid, "name": process.name, "address": process.cred}) if {
	facts := guest.value("processes")
	some process in lasting
	process.cred != facts.initCred
	process.allocated == false
}

# each struct cred has memory of its own for what security modules know of it
gst_062 contains guest.hit("label", process.task, {"pid": process.pid, "name": process.name, "other": other.pid}) if {
	some process in lasting
	some other in labels[process.label]
	other.cred != process.cred
	other.pid < process.pid
}

# Each task that has them raises their count.
gst_062 contains guest.hit("uncounted", shared.task, {"tasks": concat(", ", shared.tasks), "address": shared.address, "count": shared.count, "references": shared.references}) if {
	some shared in object.get(guest.value("processes"), "overused", [])
	shared.structure == "cred"
}

labels[process.label] contains {"pid": process.pid, "cred": process.cred} if {
	some process in lasting
	is_string(process.label)
}

sharing[process.realCred] contains {"pid": process.pid} if {
	some process in guest.value("processes").processes
	process.realCred != null
	process.pid != 0
}

# METADATA
# title: "A process is root, and its parent is not"
# description: "Rights come from the parent or from a program with the set-user-ID bit. A root process below an ordinary user that runs no such program was given its rights by an exploit, or was started directly by sudo or su, which leave no trace in memory: look at its parent."
# custom:
#   id: GST-063
#   compares: [rights]
#   severity: medium
#   technique: [T1068, T1548.001]
#   facts: [processes]
#   remediation: "Find out how the process came to run (the journal of sudo and su); if nothing explains it, treat the guest as taken over."
#   messages:
#     rights: "Process {pid} ({name}) runs as root; its parent {parent} ({parentName}) is user {uid}"
#   source: "kernel/cred.c, fs/exec.c (bprm_fill_uid)"
gst_063 contains guest.hit("rights", process.task, {"pid": process.pid, "name": process.name, "parent": parent.pid, "parentName": parent.name, "uid": parent.uid}) if {
	some process in guest.value("processes").processes
	0 in {process.uid, process.euid}
	not process.kernelThread
	not process.setuidProgram == true
	not process.state in {"Z", "X"}
	some parent in by_pid[sprintf("%d", [process.ppid])]
	not 0 in {parent.uid, parent.euid, parent.suid}
	process.userNamespace == parent.userNamespace
}

by_pid[sprintf("%d", [process.pid])] contains process if {
	some process in guest.value("processes").processes
}

# METADATA
# title: "A thread of the kernel has memory of its own as a process has"
# description: "Threads of the kernel have no user memory, but for a while that of the process that they work for. One with memory that no process has is a process with the kernel's mark (PF_KTHREAD), which tools leave out of their lists."
# custom:
#   id: GST-064
#   compares: [memory]
#   severity: high
#   technique: [T1036, T1564]
#   facts: [processes]
#   remediation: "Look at what the process runs (ringwall guest ps, guest scan) and isolate the guest if it is not explained."
#   messages:
#     memory: "Process {pid} ({name}) is marked as a thread of the kernel and has memory of its own"
#   source: "include/linux/sched.h (PF_KTHREAD), kernel/kthread.c (kthread_use_mm)"
gst_064 contains guest.hit("memory", process.task, {"pid": process.pid, "name": process.name}) if {
	some process in guest.value("processes").processes
	process.kernelThread
	process.mm != null
	not process.mm in user_memory
}

user_memory contains process.mm if {
	some process in guest.value("processes").processes
	not process.kernelThread
	process.mm != null
}

# METADATA
# title: "A program is named as a thread of the kernel"
# description: "A program can call itself what it likes. Names of threads of the kernel, and titles in brackets as ps shows them, are chosen to be overlooked."
# custom:
#   id: GST-065
#   torn: [all]
#   severity: high
#   technique: [T1036.004, T1036.005]
#   facts: [processes]
#   remediation: "Look at which program it is (/proc/PID/exe in the guest, ringwall guest scan) and end it if it is not explained."
#   messages:
#     name: "Process {pid} runs a program and is named {name}"
#     title: "Process {pid} ({name}) runs a program and shows itself as {title}"
#   source: "MITRE ATT&CK T1036.004"
gst_065 contains guest.hit("name", process.task, {"pid": process.pid, "name": process.name}) if {
	some process in guest.value("processes").processes
	not process.kernelThread
	process.mm != null
	named_as_thread(process.name)
}

named_as_thread(name) if {
	some thread in guest.value("processes").processes
	thread.kernelThread
	is_string(thread.thread)
	thread.name == plain(name)
	count(thread.name) > 3
}

named_as_thread(name) if {
	regex.match(`^(kworker/|ksoftirqd/|kthreadd$|migration/|rcu_|kswapd|khugepaged$|kcompactd|watchdogd$|kauditd$|khungtaskd$|cpuhp/|kdevtmpfs$|jbd2/|kintegrityd|kblockd)`, plain(name))
}

# as ps shows threads of the kernel
plain(name) := trim_suffix(trim_prefix(name, "["), "]")

gst_065 contains guest.hit("title", process.task, {"pid": process.pid, "name": process.name, "title": process.title}) if {
	some process in guest.value("processes").processes
	not process.kernelThread
	process.mm != null
	is_string(process.title)

	# a title that was written over a longer one is filled up
	regex.match(`^\[[^ ]+\] *$`, process.title)
}

# METADATA
# title: "A process gained rights since the baseline"
# description: "A process that runs the same program as before gains no capabilities, does not become root without the right to change its user, and gets rid neither of its sandbox (seccomp), nor of no_new_privs, nor of locked securebits. One that did was given its rights by somebody who wrote them into its credentials."
# custom:
#   id: GST-066
#   torn: [all]
#   severity: critical
#   technique: [T1068, T1548]
#   facts: [processes, baseline.processes]
#   remediation: "Treat the guest as taken over: keep an image of its memory, isolate it, and look for how the process came to its rights."
#   messages:
#     capabilities: "Process {pid} ({name}) runs the same program as in the baseline and has more capabilities ({now}, before {before})"
#     root: "Process {pid} ({name}) runs the same program as in the baseline, was user {before} and is root now"
#     sandbox: "Process {pid} ({name}) was in a sandbox (seccomp) in the baseline and is in none now"
#     privileges: "Process {pid} ({name}) could gain no rights in the baseline (no_new_privs) and can now"
#     locks: "Process {pid} ({name}) has lost locked securebits since the baseline"
#     bounding: "Process {pid} ({name}) could not gain some capabilities in the baseline and can now"
#     inheritable: "Process {pid} ({name}) runs the same program as in the baseline and may inherit capabilities that it could not give itself"
#     group: "Process {pid} ({name}) runs the same program as in the baseline, had the group {before} and has the group 0 now"
#   source: "kernel/cred.c, security/commoncap.c (cap_task_prctl), kernel/seccomp.c, Documentation/userspace-api/no_new_privs.rst"
gst_066 contains guest.hit("capabilities", process.task, {"pid": process.pid, "name": process.name, "now": process.permitted, "before": old.permitted}) if {
	some process, old in same_program
	more(process, old)
}

more(process, old) if bits.and(process.permittedLow, old.permittedLow) != process.permittedLow

more(process, old) if bits.and(process.permittedHigh, old.permittedHigh) != process.permittedHigh

gst_066 contains guest.hit("root", process.task, {"pid": process.pid, "name": process.name, "before": old.uid}) if {
	some process, old in same_program
	0 in {process.uid, process.euid, process.suid, process.fsuid}
	not 0 in {old.uid, old.euid, old.suid, old.fsuid}

	# CAP_SETUID
	bits.and(old.permittedLow, 128) == 0
}

gst_066 contains guest.hit("sandbox", process.task, {"pid": process.pid, "name": process.name}) if {
	some process, old in same_task
	old.sandbox.mode > 0
	process.sandbox.mode == 0
}

gst_066 contains guest.hit("privileges", process.task, {"pid": process.pid, "name": process.name}) if {
	some process, old in same_task
	old.noNewPrivileges == true
	process.noNewPrivileges == false
}

# every second bit locks the one before it (include/uapi/linux/securebits.h)
gst_066 contains guest.hit("locks", process.task, {"pid": process.pid, "name": process.name}) if {
	some process, old in same_task
	locked := bits.and(old.securebits, 170)
	bits.and(process.securebits, locked) != locked
}

# the set only shrinks, but for whoever enters another user namespace
gst_066 contains guest.hit("bounding", process.task, {"pid": process.pid, "name": process.name}) if {
	some process, old in same_task
	process.userNamespace == old.userNamespace
	wider(process, old)
}

wider(process, old) if bits.and(process.boundingLow, old.boundingLow) != process.boundingLow

wider(process, old) if bits.and(process.boundingHigh, old.boundingHigh) != process.boundingHigh

# a process adds to these what it is permitted
gst_066 contains guest.hit("inheritable", process.task, {"pid": process.pid, "name": process.name}) if {
	some process, old in same_program
	not more(process, old)
	process.userNamespace == old.userNamespace
	more_inherited(process, old)
}

more_inherited(process, old) if {
	bits.and(process.inheritableLow, bits.or(old.inheritableLow, old.permittedLow)) != process.inheritableLow
}

more_inherited(process, old) if {
	bits.and(process.inheritableHigh, bits.or(old.inheritableHigh, old.permittedHigh)) != process.inheritableHigh
}

gst_066 contains guest.hit("group", process.task, {"pid": process.pid, "name": process.name, "before": old.gid}) if {
	some process, old in same_program
	0 in {process.gid, process.egid, process.sgid}
	not 0 in {old.gid, old.egid, old.sgid}

	# CAP_SETGID
	bits.and(old.permittedLow, 64) == 0
}

# of the same boot: a task is known by its id, the moment in which it started and where it lies
same_task[process] := old if {
	guest.same_kernel
	some process in lasting
	some old in earlier[sprintf("%d %v %s", [process.pid, process.started, process.task])]
}

# and of the same program, which another exec replaces
same_program[process] := old if {
	some process, old in same_task
	process.mm != null
	process.mm == old.mm
}

earlier[sprintf("%d %v %s", [process.pid, process.started, process.task])] contains process if {
	some process in guest.before("processes").processes
}

# METADATA
# title: "A thread of the kernel is none, or runs code that is not the kernel's"
# description: "Each thread of the kernel has a structure that says which function it runs, is made by kthreadd, and was never a program. One without that structure is a process in disguise; one that runs code of nobody belongs to a rootkit, most often to a module that hides. A process without memory of its own that carries no mark of a thread of the kernel is the reverse. Names of the kernel's threads go with what they run, and none of them can be given another from outside."
# custom:
#   id: GST-067
#   compares: [function, disguise, child, stripped]
#   torn: [unmarked]
#   doubts: [worker]
#   severity: high
#   technique: [T1014, T1036]
#   facts: [processes]
#   remediation: "Keep an image of the guest's memory, look at the code that the thread runs, and rebuild the guest from a trusted image."
#   messages:
#     function: "The thread of the kernel {pid} ({name}) runs {address}, which belongs to {owner}"
#     disguise: "Process {pid} ({name}) is marked as a thread of the kernel, and the kernel did not make it as one"
#     child: "Process {pid} ({name}) is marked as a thread of the kernel, and process {parent}, which is none, made it"
#     unmarked: "Process {pid} ({name}) runs no program, and is not marked as a thread of the kernel"
#     stripped: "Process {pid} ({name}) runs a program and has no memory"
#     renamed: "The thread of the kernel {pid} runs {function} and is named {name}; the kernel names such threads {expected}"
#     worker: "The thread of the kernel {pid} is named {name}, and runs {function}, which is no worker's"
#   source: "kernel/kthread.c (struct kthread, kthreadd)"
gst_067 contains guest.hit("function", process.task, {"pid": process.pid, "name": process.name, "address": process.function.address, "owner": guest.shown(process.function.owner)}) if {
	some process in lasting
	process.kernelThread
	process.function.address
	not runs_code(process.function.owner)
}

runs_code(owner) if guest.is_function(owner)

runs_code(owner) if owner.kind == "module"

gst_067 contains guest.hit("disguise", process.task, {"pid": process.pid, "name": process.name}) if {
	some process in lasting
	process.kernelThread
	process.thread == null
	process.mm == null
	not process.pid in {0, 2}
}

gst_067 contains guest.hit("child", process.task, {"pid": process.pid, "name": process.name, "parent": process.ppid}) if {
	some process in lasting
	process.kernelThread
	process.mm == null
	process.parentKernelThread == false
}

gst_067 contains guest.hit("unmarked", process.task, {"pid": process.pid, "name": process.name}) if {
	some process in lasting
	not process.kernelThread
	process.mm == null
	process.ppid in {0, 2}
	process.pid != 1

	# the kernel's own helpers (modprobe) have no program yet while they start
	process.state in {"S", "I"}
}

# Memory is given back only by who ends. A helper that the kernel starts has none until its program begins, and is a child of the kernel until then.
gst_067 contains guest.hit("stripped", process.task, {"pid": process.pid, "name": process.name}) if {
	some process in lasting
	not process.kernelThread
	process.mm == null
	begun(process)
}

begun(process) if process.forked == false

begun(process) if process.parentKernelThread == false

gst_067 contains guest.hit("renamed", process.task, {"pid": process.pid, "name": process.name, "function": process.function.owner.name, "expected": expected}) if {
	some process in lasting
	process.kernelThread
	is_string(process.givenName)
	process.name != process.givenName
	expected := process.givenName
}

gst_067 contains guest.hit("renamed", process.task, {"pid": process.pid, "name": process.name, "function": process.function.owner.name, "expected": expected}) if {
	some process in lasting
	process.kernelThread
	guest.is_function(process.function.owner)
	expected := thread_names[process.function.owner.name]
	not startswith(process.name, expected)
}

# how the names begin of threads that run a function of the kernel
thread_names := {
	"devtmpfsd": "kdevtmpfs", "irq_thread": "irq/", "kauditd_thread": "kauditd", "kcompactd": "kcompactd", "khugepaged": "khugepaged",
	"ksm_scan_thread": "ksmd", "kswapd": "kswapd", "oom_reaper": "oom_reaper", "rcu_gp_kthread": "rcu_", "worker_thread": "kworker/",
}

# Those that help out where a queue is stuck were named as their queue up to 6.8.
gst_067 contains guest.hit("renamed", process.task, {"pid": process.pid, "name": process.name, "function": process.function.owner.name, "expected": "kworker/R-"}) if {
	some process in rescuers
	not startswith(process.name, "kworker/R-")
	some other in rescuers
	startswith(other.name, "kworker/R-")
}

rescuers contains process if {
	some process in lasting
	process.kernelThread
	guest.is_function(process.function.owner)
	process.function.owner.name == "rescuer_thread"
}

# Modules name their threads as they like, and few take the name of another's.
gst_067 contains guest.hit("worker", process.task, {"pid": process.pid, "name": process.name, "function": guest.shown(process.function.owner)}) if {
	some process in lasting
	process.kernelThread
	startswith(process.name, "kworker/")
	process.function.address
	runs_code(process.function.owner)
	not process.function.owner.name in {"worker_thread", "rescuer_thread"}
	not thread_names[process.function.owner.name]
}

# METADATA
# title: "A process left its sandbox"
# description: "seccomp holds a process to the system calls that it was given, and no process can lift it again. Where the mode, the filter and the mark that sends system calls to it contradict each other, somebody switched it off."
# custom:
#   id: GST-068
#   torn: [all]
#   severity: high
#   technique: [T1562, T1611]
#   facts: [processes]
#   remediation: "Treat the guest as taken over: keep an image of its memory, isolate it, and look for how the process left its sandbox."
#   messages:
#     filter: "Process {pid} ({name}) has the seccomp mode 0, and a filter is attached to it"
#     asked: "Process {pid} ({name}) has the seccomp mode 0, and its system calls ask for one"
#     empty: "Process {pid} ({name}) has the seccomp mode of a filter, and no filter"
#     unasked: "Process {pid} ({name}) has the seccomp mode {mode}, and its system calls do not ask it"
#   source: "kernel/seccomp.c (seccomp_assign_mode), include/linux/thread_info.h (SYSCALL_WORK_SECCOMP)"
gst_068 contains guest.hit("filter", process.task, {"pid": process.pid, "name": process.name}) if {
	some process in lasting
	process.sandbox.mode == 0
	process.sandbox.filter
}

gst_068 contains guest.hit("asked", process.task, {"pid": process.pid, "name": process.name}) if {
	some process in lasting
	process.sandbox.mode == 0
	not process.sandbox.filter
	process.sandbox.asked
}

gst_068 contains guest.hit("empty", process.task, {"pid": process.pid, "name": process.name}) if {
	some process in lasting
	process.sandbox.mode == 2
	not process.sandbox.filter
}

gst_068 contains guest.hit("unasked", process.task, {"pid": process.pid, "name": process.name, "mode": process.sandbox.mode}) if {
	some process in lasting
	process.sandbox.mode in {1, 2}
	not process.sandbox.asked
}

# METADATA
# title: "A process carries the mark that a rootkit hides it by"
# description: "Diamorphine and those that were made from it hide every process whose flags have the bit 0x10000000. The kernel itself sets this bit (PF_MEMALLOC_PIN) only while it pins pages for the process, and not while that sleeps."
# custom:
#   id: GST-069
#   torn: [all]
#   severity: high
#   technique: [T1014, T1564]
#   facts: [processes]
#   remediation: "Keep an image of the guest's memory, look at what the process does and for a hidden module, and rebuild the guest from a trusted image."
#   messages:
#     mark: "Process {pid} ({name}) sleeps and has the flags {flags}"
#   source: "Diamorphine (PF_INVISIBLE); include/linux/sched.h (PF_MEMALLOC_PIN)"
gst_069 contains guest.hit("mark", process.task, {"pid": process.pid, "name": process.name, "flags": process.flags}) if {
	some process in lasting
	process.pinning == true
	process.state in {"S", "T", "t"}
}

# METADATA
# title: "A task uses what belongs to another"
# description: "Memory, open files, folders, namespaces and handlers of signals are shared when a task is made, and each structure counts who has it. More references than it knows of come from a pointer that somebody wrote: a task was given the open files or the memory of a stranger. The memory that a process has, the one that its processor runs with and the process that owns it are set together as well. A process whose root lies in other mounts than those of its namespace was given one of the two, or went there lawfully by /proc/PID/root. Whoever raises the count, or writes all of them, is not seen here."
# custom:
#   id: GST-082
#   compares: [uncounted, activeMemory, memoryOwner, rootFolder]
#   doubts: [rootFolder]
#   severity: critical
#   technique: [T1014, T1055]
#   facts: [processes]
#   remediation: "Keep an image of the guest's memory, find out which of the tasks is the stranger and what it does, and isolate the guest."
#   messages:
#     uncounted: "{tasks} have the same {structure} ({address}), to which the kernel knows of {count} references and not of {references}"
#     activeMemory: "Process {pid} ({name}) has another memory than the one that it runs with"
#     memoryOwner: "Process {pid} ({name}) has memory that a process with another memory owns"
#     rootFolder: "Process {pid} ({name}) has a root in another namespace of mounts than its own"
#   source: "kernel/fork.c (copy_mm, copy_files, copy_fs, copy_sighand), kernel/nsproxy.c (copy_namespaces), fs/exec.c (exec_mmap), kernel/exit.c (mm_update_next_owner)"
gst_082 contains guest.hit("uncounted", shared.task, {"tasks": concat(", ", shared.tasks), "structure": shared.structure, "address": shared.address, "count": shared.count, "references": shared.references}) if {
	some shared in object.get(guest.value("processes"), "overused", [])
	shared.structure != "cred"
}

gst_082 contains guest.hit(task.kind, task.task, {"pid": task.pid, "name": task.name}) if {
	some task in object.get(guest.value("processes"), "contradicting", [])
	task.kind in {"activeMemory", "memoryOwner", "rootFolder"}
}

# METADATA
# title: "A process hides which program it runs"
# description: "The kernel keeps the file of each program that it starts, which /proc/PID/exe shows, and maps the program's code from it. A process without one looks like a thread of the kernel; one with another file looks like that other program. A process may exchange its own file lawfully (PR_SET_MM_EXE_FILE) once nothing of the old one is mapped, as CRIU does."
# custom:
#   id: GST-083
#   compares: [none]
#   doubts: [other]
#   severity: high
#   technique: [T1036, T1564]
#   facts: [processes, executable]
#   partial: [executable.layered]
#   remediation: "Look at what the process has mapped (ringwall guest maps, guest scan), and isolate the guest if it is not explained."
#   messages:
#     none: "Process {pid} ({name}) runs a program, and the kernel knows no file of it"
#     other: "Process {pid} ({name}) is said to run {named}, and its code is that of {mapped}"
#   source: "fs/exec.c (begin_new_exec), kernel/fork.c (replace_mm_exe_file)"
gst_083 contains guest.hit("none", process.task, {"pid": process.pid, "name": process.name}) if {
	some process in lasting
	not process.kernelThread
	process.mm != null
	process.file == false
}

gst_083 contains guest.hit("other", process.task, {"pid": process.pid, "name": process.name, "named": process.named, "mapped": process.mapped}) if {
	some process in object.get(guest.value("executable"), "programs", [])
}
