internal import Domain

/// The devices of a .vmx: keys with the same part before the first dot, as `ethernet0.present` and `ethernet0.virtualDev`.
struct ConfigurationDevices {
  struct Device {
    /// As written: "ethernet0", "scsi0:1".
    let name: String
    /// Lower case, without the numbers at its end: "ethernet", "scsi".
    let family: String
    let numbers: [Int]
    var keys: [String: DictionaryText.Entry] = [:]

    subscript(key: String) -> DictionaryText.Entry? { keys[key] }

    /// False where the key `present` is not written, or says so. What is neither true nor false counts as present.
    var isPresent: Bool { self["present"].map { MachineNames.flag($0.value) ?? true } ?? false }

    func flag(_ key: String) -> Bool? { self[key].flatMap { MachineNames.flag($0.value) } }
    func text(_ key: String) -> String? { self[key].map(\.value) }
  }

  /// Sorted by family and numbers.
  let all: [Device]

  private static let families: Set<String> = [
    "ethernet", "scsi", "ide", "sata", "nvme", "floppy", "serial", "parallel", "usb", "ehci", "usb_xhci", "sound", "vmci", "vtpm",
    "pcipassthru", "sharedfolder",
  ]

  init(_ text: DictionaryText) {
    var devices: [String: Device] = [:]
    for entry in text.entries {
      guard let dot = entry.key.firstIndex(of: "."), dot != entry.key.startIndex else { continue }
      let name = String(entry.key[..<dot])
      let (family, numbers) = Self.parts(of: name.lowercased())
      guard Self.families.contains(family) else { continue }
      let key = entry.key[entry.key.index(after: dot)...].lowercased()
      devices[name.lowercased(), default: Device(name: name, family: family, numbers: numbers)].keys[key] = entry
    }
    all = devices.values.sorted { a, b in
      a.family == b.family ? a.numbers.lexicographicallyPrecedes(b.numbers) : a.family < b.family
    }
  }

  func of(_ families: String...) -> [Device] { all.filter { families.contains($0.family) } }

  /// "scsi0:1" is scsi with 0 and 1.
  private static func parts(of name: String) -> (String, [Int]) {
    let end = name.utf8.firstIndex { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } ?? name.endIndex
    return (String(name[..<end]), name[end...].split(separator: ":").map { Int($0) ?? -1 })
  }
}
