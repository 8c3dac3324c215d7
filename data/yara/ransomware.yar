// Programs that encrypt the disks of guests from within the hypervisor's own system, and what is left of them in a guest.

rule ESXiArgs_Encryptor
{
  meta:
    author = "Ringwall"
    description = "The program of ESXiArgs that encrypts one file"
    reference = "https://www.cisa.gov/news-events/cybersecurity-advisories/aa23-039a"
    severity = "critical"
    attack = "T1486"
    date = "2026-11-26"
  strings:
    $usage = "usage: encrypt <public_key> <file_to_encrypt> [<enc_step>] [<enc_size>] [<file_size>]"
    $step = "number of MB to skip while encryption"
    $key = "get_pk_data: key file is empty"
    $size = "encrypt_bytes: too big data"
  condition:
    $usage or 2 of ($step, $key, $size)
}

rule ESXiArgs_Script
{
  meta:
    author = "Ringwall"
    description = "The script of ESXiArgs that looks for disks of guests and encrypts them"
    reference = "https://www.cisa.gov/news-events/cybersecurity-advisories/aa23-039a"
    severity = "critical"
    attack = "T1486"
    date = "2026-11-26"
  strings:
    $start = "START ENCRYPT: $file_e SIZE: $size_kb STEP SIZE: $size_step"
    $call = "$CLEAN_DIR/encrypt $CLEAN_DIR/public.pem \"$file_e\""
  condition:
    any of them
}

rule Babuk_ESXi
{
  meta:
    author = "Ringwall"
    description = "The encryptor for ESXi of Babuk, or of one of the many that grew from its published sources"
    reference = "https://www.sentinelone.com/labs/hypervisor-ransomware-multiple-threat-actor-groups-hop-on-leaked-babuk-code-to-build-esxi-lockers/"
    severity = "critical"
    attack = "T1486"
    date = "2026-11-26"
  strings:
    $left = "Doesn't encrypted files: %d"
    $whole = "Whole files count: %d"
    $skipped = "Skipped files: %d"
  condition:
    $left and any of ($whole, $skipped)
}

rule HelloKitty_ESXi
{
  meta:
    author = "Ringwall"
    description = "An encryptor for ESXi of the HelloKitty and Abyss line: the commands by which it ends running guests"
    reference = "https://www.sentinelone.com/anthology/abyss-locker/"
    severity = "critical"
    attack = "T1489"
    date = "2026-11-26"
  strings:
    $soft = "esxcli vm process kill -t=soft -w=%d"
    $hard = "esxcli vm process kill -t=hard -w=%d"
    $force = "esxcli vm process kill -t=force -w=%d"
    $total = "Total VM run on host:"
  condition:
    2 of them
}

rule Black_Basta_ESXi
{
  meta:
    author = "Ringwall"
    description = "The encryptor of Black Basta for Linux and ESXi"
    reference = "https://attack.mitre.org/software/S1070/"
    severity = "critical"
    attack = "T1486"
    date = "2026-11-26"
  strings:
    $done = "Done time: %.4f seconds, encrypted: %.4f gb"
    $note = "Your data are stolen and encrypted"
    $percent = "fileEncryptionPercent" fullword
    $queue = "fileQueueLocker" fullword
  condition:
    $done or 2 of ($note, $percent, $queue)
}
