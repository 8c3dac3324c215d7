import Foundation

/// Files of an estate of virtual machines, as their platforms export them: the same for the same seed.
///
/// Guests differ as those of a site do: in names, numbers and addresses, in how many disks and networks they have, and in settings that are
/// safe or not.
struct EstateFiles {
  let folder: URL
  private var random = SplitMix64(state: 7)

  /// Writes `count` guests into folders of 250.
  init(count: Int, at folder: URL) throws {
    self.folder = folder
    for number in 0..<count {
      let rack = folder.appending(path: "rack-\(number / 250)")
      if number % 250 == 0 { try FileManager.default.createDirectory(at: rack, withIntermediateDirectories: true) }
      let (suffix, text) =
        switch number % 20 {
        case 0: ("xml", domain(number, listen: "127.0.0.1"))
        case 1..<11: ("xml", domain(number))
        case 11..<14: ("args", commandLine(number))
        default: ("vmx", machine(number))
        }
      try Data(text.utf8).write(to: rack.appending(path: "guest-\(number).\(suffix)"))
    }
  }

  /// A domain whose console listens elsewhere than the ones do whose number is a multiple of 20: on 127.0.0.1.
  static func domain(_ number: Int, listen: String) -> String {
    var files = EstateFiles(random: SplitMix64(state: UInt64(number)))
    return files.domain(number, listen: listen)
  }

  private init(random: SplitMix64) {
    folder = URL(filePath: "/")
    self.random = random
  }

  private mutating func pick(_ texts: String...) -> String { texts[Int(random.next() % UInt64(texts.count))] }

  private mutating func hexadecimal(_ digits: Int) -> String {
    var text = ""
    for _ in 0..<digits { text += String(random.next() % 16, radix: 16) }
    return text
  }

  private mutating func identifier(_ number: Int) -> String {
    let tail = String(number, radix: 16)
    return
      "\(hexadecimal(8))-\(hexadecimal(4))-4\(hexadecimal(3))-9\(hexadecimal(3))-\(String(repeating: "0", count: 12 - tail.count))\(tail)"
  }

  private mutating func address() -> String { "52:54:00:\(hexadecimal(2)):\(hexadecimal(2)):\(hexadecimal(2))" }

  private mutating func domain(_ number: Int, listen: String? = nil) -> String {
    var devices = ""
    for disk in 0..<(1 + number % 3) {
      let name = Array("abc")[disk]
      devices += """
            <disk type='file' device='disk'>
              <driver name='qemu' type='\(pick("qcow2", "qcow2", "raw"))' cache='none' discard='unmap'/>
              <source file='/var/lib/libvirt/images/guest-\(number)-\(disk).qcow2'/>
              <target dev='vd\(name)' bus='virtio'/>
              <address type='pci' domain='0x0000' bus='0x0\(4 + disk)' slot='0x00' function='0x0'/>
            </disk>

        """
    }
    for _ in 0..<(1 + number % 2) {
      devices += """
            <interface type='bridge'>
              <mac address='\(address())'/>
              <source bridge='br\(random.next() % 4)'/>
              <model type='\(pick("virtio", "virtio", "virtio", "e1000"))'/>
            </interface>

        """
    }
    return """
      <domain type='kvm'>
        <name>guest-\(number)</name>
        <uuid>\(identifier(number))</uuid>
        <memory unit='KiB'>\(pick("1048576", "2097152", "4194304"))</memory>
        <vcpu placement='static'>\(pick("1", "2", "4"))</vcpu>
        <os>
          <type arch='x86_64' machine='\(pick("pc-q35-7.2", "pc-i440fx-7.2"))'>hvm</type>
          <boot dev='hd'/>
        </os>
        <features><acpi/><apic/></features>
        <cpu mode='\(pick("host-passthrough", "host-model"))' check='none'/>
        <clock offset='utc'/>
        <devices>
          <emulator>/usr/bin/qemu-system-x86_64</emulator>
      \(devices)    <serial type='pty'><target type='isa-serial' port='0'/></serial>
          <console type='pty'><target type='serial' port='0'/></console>
          <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
          <graphics type='vnc' port='-1' autoport='yes' listen='\(listen ?? pick("127.0.0.1", "127.0.0.1", "0.0.0.0"))'/>
          <video><model type='virtio' heads='1' primary='yes'/></video>
          <memballoon model='virtio'/>
          <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
        </devices>
      </domain>

      """
  }

  private mutating func commandLine(_ number: Int) -> String {
    """
    LC_ALL=C \\
    PATH=/usr/bin \\
    /usr/bin/qemu-system-x86_64 \\
    -name guest=guest-\(number) \\
    -uuid \(identifier(number)) \\
    -machine \(pick("pc-q35-7.2", "pc-i440fx-7.2")),accel=kvm \\
    -cpu \(pick("host", "Skylake-Server")) \\
    -m \(pick("1024", "2048")) \\
    -nodefaults \\
    -sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=\(pick("deny", "allow")) \\
    -qmp unix:/run/qemu/guest-\(number).sock,server=on,wait=off \\
    -drive file=/var/lib/libvirt/images/guest-\(number).qcow2,if=virtio,format=\(pick("qcow2", "raw")) \\
    -netdev tap,id=n0,script=no -device virtio-net-pci,netdev=n0,mac=\(address()) \\
    -vnc \(pick("127.0.0.1", "0.0.0.0")):\(number % 100)

    """
  }

  private mutating func machine(_ number: Int) -> String {
    var text = """
      .encoding = "UTF-8"
      config.version = "8"
      virtualHW.version = "\(pick("19", "20", "21"))"
      displayName = "guest-\(number)"
      guestOS = "\(pick("debian12-64", "windows2022srvNext-64", "rhel9-64"))"
      uuid.bios = "56 4d \(hexadecimal(2)) \(hexadecimal(2)) \(hexadecimal(2)) \(hexadecimal(2)) \(hexadecimal(2)) \(hexadecimal(2))-\(hexadecimal(2)) \(hexadecimal(2)) \(hexadecimal(2)) \(hexadecimal(2)) \(hexadecimal(2)) \(hexadecimal(2)) \(hexadecimal(2)) \(hexadecimal(2))"
      memSize = "\(pick("2048", "4096"))"
      numvcpus = "\(pick("2", "4"))"
      firmware = "\(pick("efi", "bios"))"
      uefi.secureBoot.enabled = "\(pick("TRUE", "FALSE"))"
      isolation.tools.copy.disable = "\(pick("TRUE", "FALSE"))"
      isolation.tools.paste.disable = "\(pick("TRUE", "FALSE"))"
      isolation.tools.diskShrink.disable = "TRUE"
      isolation.tools.diskWiper.disable = "TRUE"
      tools.setInfo.sizeLimit = "1048576"
      RemoteDisplay.maxConnections = "\(pick("1", "2"))"
      RemoteDisplay.vnc.enabled = "\(pick("FALSE", "TRUE"))"
      log.keepOld = "10"
      log.rotateSize = "2048000"
      vmci0.present = "TRUE"
      floppy0.present = "FALSE"
      scsi0.present = "TRUE"
      scsi0.virtualDev = "pvscsi"
      scsi0:0.present = "TRUE"
      scsi0:0.fileName = "guest-\(number).vmdk"
      scsi0:0.mode = "\(pick("persistent", "independent-nonpersistent"))"

      """
    for network in 0..<(1 + number % 2) {
      text += """
        ethernet\(network).present = "TRUE"
        ethernet\(network).virtualDev = "\(pick("vmxnet3", "e1000e"))"
        ethernet\(network).networkName = "VLAN \(100 + random.next() % 50)"
        ethernet\(network).addressType = "vpx"
        ethernet\(network).generatedAddress = "00:50:56:\(hexadecimal(2)):\(hexadecimal(2)):\(hexadecimal(2))"

        """
    }
    return text
  }
}

/// Sebastiano Vigna's generator: the same numbers for the same seed.
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
