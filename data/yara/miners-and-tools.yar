// What an intruder brings along: programs that are no secret, and seldom meant to be in a guest.

rule XMRig
{
  meta:
    author = "Ringwall"
    description = "XMRig, a miner of Monero: the hosts that it gives its share to"
    reference = "https://github.com/xmrig/xmrig"
    severity = "medium"
    attack = "T1496"
    date = "2026-11-26"
  strings:
    $tls = "donate.ssl.xmrig.com" fullword
    $plain = "donate.v2.xmrig.com" fullword
  condition:
    any of them
}

rule Kinsing
{
  meta:
    author = "Ringwall"
    description = "Kinsing, which spreads through open services of containers and starts a miner under a kernel thread's name"
    reference = "https://blog.aquasec.com/threat-alert-kinsing-malware-container-vulnerability"
    severity = "critical"
    attack = "T1496"
    date = "2026-11-26"
  strings:
    $miner = "/tmp/kdevtmpfsi"
    $scan = "-iL $INPUT --rate $RATE -p$PORT -oL $OUTPUT"
    $redis = "main.redisBrute" fullword
    $masscan = "main.masscan" fullword
    $connect = "main.backconnect" fullword
  condition:
    $miner or 2 of ($scan, $redis, $masscan, $connect)
}

rule Chisel
{
  meta:
    author = "Ringwall"
    description = "Chisel, a tunnel through HTTP; administrators use it too"
    reference = "https://github.com/jpillora/chisel"
    severity = "medium"
    attack = "T1572"
    date = "2026-11-26"
  strings:
    $path = /github\.com\/jpillora\/chisel\/(client|server|share)/
  condition:
    $path
}

rule Pspy
{
  meta:
    author = "Ringwall"
    description = "pspy, which watches other users' processes without root"
    reference = "https://github.com/DominicBreuker/pspy"
    severity = "medium"
    attack = "T1057"
    date = "2026-11-26"
  strings:
    $path = "github.com/dominicbreuker/pspy/"
  condition:
    $path
}

rule Traitor
{
  meta:
    author = "Ringwall"
    description = "traitor, which tries one way to root after the other"
    reference = "https://github.com/liamg/traitor"
    severity = "high"
    attack = "T1068"
    date = "2026-11-26"
  strings:
    $path = "github.com/liamg/traitor/"
  condition:
    $path
}

rule CDK
{
  meta:
    author = "Ringwall"
    description = "CDK, a kit for breaking out of containers"
    reference = "https://github.com/cdk-team/CDK"
    severity = "high"
    attack = "T1611"
    date = "2026-11-26"
  strings:
    $path = "github.com/cdk-team/CDK/"
  condition:
    $path
}

rule UPX_Packed
{
  meta:
    author = "Ringwall"
    description = "A program packed with UPX; packing is no offence, and hides a program's strings from rules on disks"
    reference = "https://upx.github.io/"
    severity = "info"
    attack = "T1027.002"
    date = "2026-11-26"
  strings:
    $notice = "$Info: This file is packed with the UPX executable packer http://upx.sf.net $"
    $magic = "UPX!"
  condition:
    $notice and $magic
}
