# Processes and who they are.
package ringwall.detections.guest.processes

import data.ringwall.lib.guest

# METADATA
# title: "A process is hidden"
# description: "The kernel keeps each process in the list of tasks, in the table of pids and among its parent's children. One that is missing in any of them was taken out by force. A process that left all three is not seen here; its memory may still be found by ringwall guest scan."
# custom:
#   id: GST-060
#   compares: [hidden]
#   severity: critical
#   technique: [T1014, T1564]
#   facts: [processes]
#   remediation: "Keep an image of the guest's memory, look at what the process holds (ringwall guest ps, guest scan), and rebuild the guest from a trusted image."
#   messages:
#     hidden: "Process {pid} ({name}) is missing in: {places}"
#   source: "kernel/fork.c, kernel/pid.c; volatility3 linux.pidhashtable checks two of the three"
gst_060 contains guest.hit("hidden", hidden.task, {"pid": hidden.pid, "name": hidden.name, "places": concat(", ", [places[place] | some place in hidden.missingIn])}) if {
	some hidden in guest.value("processes").hidden
}

places := {"list": "init_task.tasks", "table": "init_pid_ns.idr", "children": "task_struct.children"}

# METADATA
# title: "Credentials were forged"
# description: "The kernel sets the real user and the account that pays for it (user_struct) together, and an effective root comes from a saved one. Where they contradict each other, somebody wrote a 0 into the credentials. Every capability for a user that is not root is what exploits write, and no service asks for. Whoever replaces all of them as the kernel would is not seen here."
# custom:
#   id: GST-061
#   compares: [user]
#   severity: critical
#   technique: [T1068, T1548]
#   facts: [processes]
#   remediation: "Treat the guest as taken over: keep an image of its memory, isolate it, and look for how the process came to run."
#   messages:
#     user: "Process {pid} ({name}) has the user {uid}, and its account is that of user {account}"
#     effective: "Process {pid} ({name}) acts as root, and neither its user {uid} nor its saved user {saved} is root"
#     capabilities: "Process {pid} ({name}) of user {uid} has every capability that there is"
#   source: "kernel/cred.c (commit_creds, set_cred_ucounts), kernel/sys.c (set_user)"
gst_061 contains guest.hit("user", process.task, {"pid": process.pid, "name": process.name, "uid": process.uid, "account": process.userUid}) if {
	some process in guest.value("processes").processes
	is_number(process.userUid)
	process.uid != process.userUid
	not process.state in {"Z", "X"}
}

gst_061 contains guest.hit("effective", process.task, {"pid": process.pid, "name": process.name, "uid": process.uid, "saved": process.suid}) if {
	some process in guest.value("processes").processes
	process.euid == 0
	process.uid != 0
	process.suid != 0
}

gst_061 contains guest.hit("capabilities", process.task, {"pid": process.pid, "name": process.name, "uid": process.uid}) if {
	facts := guest.value("processes")
	some process in facts.processes
	not 0 in {process.uid, process.euid, process.suid}
	is_string(process.permitted)
	process.permitted == facts.allCapabilities
	process.userNamespace == facts.userNamespace
}

# METADATA
# title: "Processes share credentials that are not theirs"
# description: "Every process has credentials of its own; only threads of one process share them, and only the idle task has those that the kernel started with (init_cred). An exploit that points a process to init_cred, or to another process's credentials, gives it all of their rights."
# custom:
#   id: GST-062
#   compares: [shared]
#   severity: critical
#   technique: [T1068, T1134.001]
#   facts: [processes]
#   remediation: "Treat the guest as taken over: keep an image of its memory, isolate it, and look for how the process came to run."
#   messages:
#     initial: "Process {pid} ({name}) has the credentials that the kernel started with (init_cred)"
#     shared: "Process {pid} ({name}) has the credentials of process {other}"
#   source: "kernel/cred.c (copy_creds)"
gst_062 contains guest.hit("initial", process.task, {"pid": process.pid, "name": process.name}) if {
	facts := guest.value("processes")
	some process in facts.processes
	process.pid != 0
	facts.initCred in {process.cred, process.realCred}
}

gst_062 contains guest.hit("shared", process.task, {"pid": process.pid, "name": process.name, "other": other.pid}) if {
	facts := guest.value("processes")
	some process in facts.processes
	process.realCred != facts.initCred
	some other in sharing[process.realCred]
	other.pid < process.pid
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
	regex.match(`^(kworker/|ksoftirqd/|kthreadd$|migration/|rcu_|kswapd|khugepaged$|kcompactd|watchdogd$|kauditd$|khungtaskd$|cpuhp/|kdevtmpfs$|jbd2/|kintegrityd|kblockd)`, process.name)
}

gst_065 contains guest.hit("title", process.task, {"pid": process.pid, "name": process.name, "title": process.title}) if {
	some process in guest.value("processes").processes
	not process.kernelThread
	process.mm != null
	is_string(process.title)
	regex.match(`^\[[^ ]+\]$`, process.title)
}
