// Modules that hide in the kernel. Names of their functions and the texts they compare with stay readable in memory while they hide
// themselves from every list of the guest.

rule Diamorphine
{
  meta:
    author = "Ringwall"
    description = "Diamorphine, a kernel module that hides processes, files and itself and gives root to whoever sends a signal"
    reference = "https://github.com/m0nad/Diamorphine"
    severity = "critical"
    attack = "T1014"
    date = "2026-11-26"
  strings:
    $prefix = "diamorphine_secret"
    $description = "description=LKM rootkit"
    $author = "author=m0nad"
    $getdents = "hacked_getdents64" fullword
    $kill = "hacked_kill" fullword
  condition:
    $prefix or ($description and $author) or ($getdents and $kill)
}

rule Reptile
{
  meta:
    author = "Ringwall"
    description = "Reptile, a kernel module with a port-knocking backdoor that hides processes, connections and parts of files"
    reference = "https://github.com/f0rb1dd3n/Reptile"
    severity = "critical"
    attack = "T1014"
    date = "2026-11-26"
  strings:
    $open_tag = "#<reptile>"
    $close_tag = "#</reptile>"
    $command = "/reptile/reptile_cmd"
    $shell = "/reptile/reptile_shell"
    $control = "khook_inet_ioctl" fullword
    $connections = "khook_tcp4_seq_show" fullword
    $packets = "khook_ip_rcv" fullword
    $processes = "khook_find_task_by_vpid" fullword
    $programs = "khook_load_elf_binary" fullword
  condition:
    ($open_tag and $close_tag) or any of ($command, $shell) or 2 of ($control, $connections, $packets, $processes, $programs)
}

rule Suterusu
{
  meta:
    author = "Ringwall"
    description = "Suterusu, a kernel module that replaces the first bytes of kernel functions to hide ports, processes and files"
    reference = "https://github.com/mncoppola/suterusu"
    severity = "critical"
    attack = "T1014"
    date = "2026-11-26"
  strings:
    $tcp = "n_tcp4_seq_show" fullword
    $control = "n_inet_ioctl" fullword
    $folders = "n_root_iterate" fullword
    $hide = "hide_tcp4_port" fullword
    $unhide = "unhide_udp6_port" fullword
    $pause = "hijack_pause" fullword
  condition:
    3 of them
}

rule Pumakit
{
  meta:
    author = "Ringwall"
    description = "PUMAKIT, a loader, kernel module and shared library that hook system calls by ftrace and are driven by rmdir"
    reference = "https://www.elastic.co/security-labs/declawing-pumakit"
    severity = "critical"
    attack = "T1014"
    date = "2026-11-26"
  strings:
    $library = "Kitsune PID %ld"
    $module = "PUMA %s"
    $path = "/usr/share/zov_f"
    $length = "kit_so_len" fullword
    $configuration = ".puma-config"
    $preload = "LD_PRELOAD=/lib64/libs.so"
  condition:
    2 of them
}

rule Drovorub
{
  meta:
    author = "Ringwall"
    description = "Drovorub, a client and agent under a kernel module, told what to do in JSON over WebSocket"
    reference = "https://media.defense.gov/2020/Aug/13/2002476465/-1/-1/0/CSA_DROVORUB_RUSSIAN_GRU_MALWARE_AUG_2020.PDF"
    severity = "critical"
    attack = "T1014"
    date = "2026-11-26"
  strings:
    $key = "clientkey_base64" fullword
    $files = "file_list_request" fullword
    $modules = "module_list_request" fullword
    $networks = "net_list_request" fullword
    $pending = "auth.pending"
    $login = "client_login" fullword
  condition:
    $key and 2 of ($files, $modules, $networks, $pending, $login)
}

rule Ebpfkit
{
  meta:
    author = "Ringwall"
    description = "ebpfkit, a rootkit of BPF programs that hides itself and takes orders from HTTP requests to other services"
    reference = "https://github.com/Gui774ume/ebpfkit"
    severity = "critical"
    attack = "T1014"
    date = "2026-11-26"
  strings:
    $path = "github.com/Gui774ume/ebpfkit/"
  condition:
    $path
}
