// Backdoors and command-and-control implants of Linux guests.

rule BPFDoor
{
  meta:
    author = "Ringwall"
    description = "BPFDoor, a backdoor that wakes on a packet that a socket filter lets through, in front of any firewall"
    reference = "https://www.sandflysecurity.com/blog/bpfdoor-an-evasive-linux-backdoor-technical-analysis/"
    severity = "critical"
    attack = "T1205.002"
    date = "2026-11-26"
  strings:
    $lock = "/var/run/haldrund.pid"
    $copy = "kdmtmpflush" fullword
    $redirect = "/sbin/iptables -t nat -A PREROUTING -p tcp -s %s --dport %d -j REDIRECT --to-ports %d"
    $undo = "/sbin/iptables -t nat -D PREROUTING -p tcp -s %s --dport %d -j REDIRECT --to-ports %d"
    $start = "&& /bin/chmod 755 /dev/shm/%s && /dev/shm/%s --init && /bin/rm -f /dev/shm/%s"
  condition:
    2 of them
}

rule XZ_Backdoor
{
  meta:
    author = "Ringwall"
    description = "liblzma 5.6.0 or 5.6.1 with the backdoor of CVE-2024-3094: the first bytes of the function that it starts from"
    reference = "https://www.openwall.com/lists/oss-security/2024/03/29/4"
    severity = "critical"
    attack = "T1195.002"
    date = "2026-11-26"
  strings:
    $start = { F3 0F 1E FA 55 48 89 F5 4C 89 CE 53 89 FB 81 E7 00 00 00 80 48 83 EC 28 48 89 54 24 18 48 89 4C 24 10 }
  condition:
    $start
}

rule RedXOR
{
  meta:
    author = "Ringwall"
    description = "RedXOR, a backdoor that passes as polkit"
    reference = "https://intezer.com/blog/malware-analysis/new-linux-backdoor-redxor-likely-operated-by-chinese-nation-state-actor/"
    severity = "critical"
    attack = "T1036.005"
    date = "2026-11-26"
  strings:
    $update = ".po1kitd-update-k"
    $folder = ".po1kitd.thumb"
    $lock = "/var/tmp/.po1kitd"
  condition:
    any of them
}

rule Meterpreter
{
  meta:
    author = "Ringwall"
    description = "Meterpreter: names of commands that its session answers"
    reference = "https://github.com/rapid7/mettle"
    severity = "critical"
    attack = "T1059"
    date = "2026-11-26"
  strings:
    $encryption = "core_negotiate_tlv_encryption" fullword
    $machine = "core_machine_id" fullword
    $channel = "core_channel_open" fullword
    $migrate = "core_migrate" fullword
    $process = "stdapi_sys_process_execute" fullword
    $interfaces = "stdapi_net_config_get_interfaces" fullword
  condition:
    3 of them
}

rule Shellcode_Connect_Back_x64
{
  meta:
    author = "Ringwall"
    description = "Shellcode for x86-64 Linux that opens a TCP socket with three pushes, as generators of stagers write it"
    reference = "https://github.com/rapid7/metasploit-framework"
    severity = "high"
    attack = "T1059"
    date = "2026-11-26"
  strings:
    // push 41; pop rax; cdq; push 2; pop rdi; push 1; pop rsi; syscall; then the descriptor is kept in rdi.
    $socket = { 6A 29 58 99 6A 02 5F 6A 01 5E 0F 05 48 97 }
    $socket_tested = { 6A 29 58 99 6A 02 5F 6A 01 5E 0F 05 48 85 C0 }
  condition:
    any of them
}

rule Sliver
{
  meta:
    author = "Ringwall"
    description = "An implant of Sliver: packages that the Go compiler left the names of"
    reference = "https://github.com/BishopFox/sliver"
    severity = "critical"
    attack = "T1071.001"
    date = "2026-11-26"
  strings:
    $messages = "github.com/bishopfox/sliver/protobuf/sliverpb"
    $implant = "github.com/bishopfox/sliver/implant/sliver/"
  condition:
    any of them
}

rule Merlin
{
  meta:
    author = "Ringwall"
    description = "An agent of Merlin: packages that the Go compiler left the names of"
    reference = "https://github.com/Ne0nd0g/merlin"
    severity = "critical"
    attack = "T1071.001"
    date = "2026-11-26"
  strings:
    $agent = /github\.com\/Ne0nd0g\/merlin(-agent)?(\/v[0-9])?\/(pkg|agent|commands|core|run)/
  condition:
    $agent
}

rule Poseidon
{
  meta:
    author = "Ringwall"
    description = "An agent of Mythic for Linux: packages that the Go compiler left the names of"
    reference = "https://github.com/MythicAgents/poseidon"
    severity = "critical"
    attack = "T1071.001"
    date = "2026-11-26"
  strings:
    $agent = "github.com/MythicAgents/poseidon/"
  condition:
    $agent
}

rule Cobalt_Strike_Configuration
{
  meta:
    author = "Ringwall"
    description = "Settings of a Cobalt Strike beacon: type of connection, port and pause, plain or under either usual key"
    reference = "https://github.com/Sentinel-One/CobaltStrikeParser"
    severity = "critical"
    attack = "T1071.001"
    date = "2026-11-26"
  strings:
    $plain = { 00 01 00 01 00 02 00 ?? 00 02 00 01 00 02 ?? ?? 00 03 00 02 00 04 }
    $key_2e = { 2E 2F 2E 2F 2E 2C 2E ?? 2E 2C 2E 2F 2E 2C ?? ?? 2E 2D 2E 2C 2E 2A }
    $key_69 = { 69 68 69 68 69 6B 69 ?? 69 6B 69 68 69 6B ?? ?? 69 6A 69 6B 69 6D }
  condition:
    any of them
}

rule Cobalt_Strike_Beacon
{
  meta:
    author = "Ringwall"
    description = "A Cobalt Strike beacon: messages that it sends to its operator"
    reference = "https://cloud.google.com/blog/products/identity-security/making-cobalt-strike-harder-for-threat-actors-to-abuse"
    severity = "critical"
    attack = "T1055"
    date = "2026-11-26"
  strings:
    $session = "ppid %d is in a different desktop session (spawned jobs may fail). Use 'ppid' to reset."
    $download = "IEX (New-Object Net.Webclient).DownloadString('http://127.0.0.1:%u/')"
    $token = "could not run command (w/ token) because of its length of %d bytes!"
    $spawn = "could not spawn %s (token): %d"
    $library = "beacon.x64.dll" fullword
  condition:
    2 of them
}

rule Mirai
{
  meta:
    author = "Ringwall"
    description = "A bot of the Mirai family: its greeting under its usual key"
    reference = "https://github.com/jgamblin/Mirai-Source-Code"
    severity = "high"
    attack = "T1498"
    date = "2026-11-26"
  strings:
    $greeting = "listening tun0" xor(0x22)
    $infected = "/bin/busybox MIRAI" xor(0x22)
  condition:
    any of them
}

rule Reverse_Shell_Command
{
  meta:
    author = "Ringwall"
    description = "A command that connects a shell to another host, as it stands in a process's arguments, a history or a script"
    reference = "https://attack.mitre.org/techniques/T1059/004/"
    severity = "high"
    attack = "T1059.004"
    date = "2026-11-26"
  strings:
    $bash = /bash -i >& \/dev\/(tcp|udp)\/[0-9A-Za-z.:-]{3,60}\/[0-9]{1,5}/
    $python = /socket\.SOCK_STREAM\);s\.connect\(\(["'][0-9A-Za-z.:-]{3,60}["'], ?[0-9]{1,5}\)\);os\.dup2\(/
    $netcat = /mkfifo [!-~]{1,80}; ?cat [!-~]{1,80} ?\| ?\/bin\/(ba)?sh -i 2>&1 ?\| ?nc [0-9A-Za-z.:-]{3,60} [0-9]{1,5}/
  condition:
    any of them
}

rule Web_Shell_PHP
{
  meta:
    author = "Ringwall"
    description = "A page of PHP that runs what a request brings along"
    reference = "https://attack.mitre.org/techniques/T1505/003/"
    severity = "high"
    attack = "T1505.003"
    date = "2026-11-26"
  strings:
    $eval = /<\?php[ \r\n\t]{1,8}@?(eval|assert|system|passthru|shell_exec)[ ]?\([ ]?\$_(POST|GET|REQUEST|COOKIE)\[/ nocase
  condition:
    $eval
}
