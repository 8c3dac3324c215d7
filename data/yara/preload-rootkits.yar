// Shared libraries that every program of a guest is made to load, so that it sees what they let it see.

rule Azazel
{
  meta:
    author = "Ringwall"
    description = "A shell that the preloaded library Azazel, or one of its many descendants, hides: the variable that marks it"
    reference = "https://github.com/chokepoint/azazel"
    severity = "critical"
    attack = "T1574.006"
    date = "2026-11-26"
  strings:
    $variable = "HIDE_THIS_SHELL="
    // The library itself holds its texts with every byte inverted but for the lowest bit.
    $inverted = "HIDE_THIS_SHELL" xor(0xfe)
  condition:
    any of them
}

rule HiddenWasp
{
  meta:
    author = "Ringwall"
    description = "HiddenWasp, a preloaded library and a backdoor for Linux"
    reference = "https://intezer.com/blog/hiddenwasp-malware-targeting-linux-systems/"
    severity = "critical"
    attack = "T1574.006"
    date = "2026-11-26"
  strings:
    $variable = "I_AM_HIDDEN="
    $name = "I_AM_HIDDEN" fullword
    $library = "libse1inux"
    $process = "fake_processname" fullword
    $copy = "tmp.scp.XXXXXX"
  condition:
    $variable or ($name and any of ($library, $process, $copy)) or ($library and $process)
}

rule Symbiote
{
  meta:
    author = "Ringwall"
    description = "Symbiote, a preloaded library that hides its companions' files and traffic and collects passwords"
    reference = "https://intezer.com/blog/research/new-linux-threat-symbiote/"
    severity = "critical"
    attack = "T1574.006"
    date = "2026-11-26"
  strings:
    $certbot64 = "certbotx64"
    $certbot86 = "certbotx86"
    $server = "javaserverx64"
    $client = "javaclientex64"
    $node = "javanodex86"
  condition:
    3 of them
}

rule Libprocesshider
{
  meta:
    author = "Ringwall"
    description = "libprocesshider, a preloaded library that leaves one process out of every listing; miners come with it"
    reference = "https://github.com/gianlucaborello/libprocesshider"
    severity = "high"
    attack = "T1564"
    date = "2026-11-26"
  strings:
    $variable = "process_to_filter" fullword
    $original = "original_readdir" fullword
    $name = "get_process_name" fullword
    $error = "Error in dlsym: %s"
  condition:
    $variable and any of ($original, $name, $error)
}
