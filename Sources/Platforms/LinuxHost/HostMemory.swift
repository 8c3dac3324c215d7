internal import Domain

extension HostFacts {
  /// Facts `ksm.run`, `ksm.pages_sharing`, `unit.ksm`, `unit.ksmtuned` ("enabled"), `swap.areas` ([{name, kind, protection}]).
  mutating func readMemory() {
    for name in ["run", "pages_sharing"] { readNumber("ksm." + name, "/sys/kernel/mm/ksm/" + name, within: "/sys/kernel/mm") }
    for unit in ["ksm", "ksmtuned"] { readUnit(unit) }
    readSwap()
  }

  /// A service counts as enabled when a target wants it.
  private mutating func readUnit(_ unit: String) {
    let folder = "/etc/systemd/system"
    let path = "\(folder)/multi-user.target.wants/\(unit).service"
    self["unit." + unit] = tree.exists(path) ? .present("enabled", .path(path)) : missing(.path(path), within: folder)
  }

  private mutating func readSwap() {
    let path = "/proc/swaps"
    let text: String
    do throws(Tree.Failure) {
      text = String(decoding: try tree.bytes(path, limit: 1 << 20), as: UTF8.self)
    } catch {
      self["swap.areas"] = error == .notFound || error == .notGiven ? missingInstance(.path(path)) : .unreadable(error.why, .path(path))
      return
    }
    var areas: [FactValue] = []
    var sources: [FactSource] = []
    for (number, line) in NumberedLines(text) where number > 1 {
      let words = line.words
      guard words.count >= 2 else { continue }
      let name = Self.unescaped(words[0])
      areas.append([
        "name": .string(name), "kind": .string(words[1]), "protection": .string(protection(ofSwap: name, kind: words[1])),
      ])
      sources.append(.path(path, line: number, column: 1))
    }
    self["swap.areas"] = .present(.array(areas), sources: areas.isEmpty ? [.path(path, line: 1)] : sources)
  }

  /// "dm-crypt", "zram", "none", or "unknown" where the tree does not show what the area lies on.
  private func protection(ofSwap name: String, kind: String) -> String {
    if kind == "file" { return device(holding: name).map(protection(ofDevice:)) ?? "unknown" }
    if name.hasPrefix("/dev/mapper/") { return mapped(String(name.dropFirst(12))).map { protection(ofDevice: $0) } ?? "unknown" }
    guard name.hasPrefix("/dev/") else { return "unknown" }
    return protection(ofDevice: String(name.dropFirst(5)))
  }

  private func protection(ofDevice device: String) -> String { protection(ofDevice: device, depth: 0) }

  /// Documentation/admin-guide/devices.txt of Linux.
  private static let diskNames = ["sd", "vd", "xvd", "hd", "nvme", "mmcblk"]

  /// What a block device lies on. A volume of LVM is as safe as the weakest device below it.
  private func protection(ofDevice device: String, depth: Int) -> String {
    guard depth < 8 else { return "unknown" }
    let folder = "/sys/block/" + device
    if device.hasPrefix("zram") {
      // Written-back pages leave memory for the device named here.
      guard let backing = try? tree.line(folder + "/backing_dev").trimmed, backing != "none", backing.hasPrefix("/dev/") else {
        return "zram"
      }
      return protection(ofDevice: String(backing.dropFirst(5)), depth: depth + 1)
    }
    // Names that only disks and their partitions have tell it without the tree of block devices.
    guard device.hasPrefix("dm-") else {
      return tree.exists("/sys/block") || Self.diskNames.contains(where: device.hasPrefix) ? "none" : "unknown"
    }
    guard let uuid = try? tree.line(folder + "/dm/uuid") else { return "unknown" }
    if uuid.hasPrefix("CRYPT-") { return "dm-crypt" }
    guard let below = try? tree.names(in: folder + "/slaves"), !below.isEmpty else { return "none" }
    let protections = Set(below.map { protection(ofDevice: $0, depth: depth + 1) })
    if protections.contains("none") { return "none" }
    return protections == ["dm-crypt"] ? "dm-crypt" : "unknown"
  }

  /// dm-N of a device-mapper name.
  private func mapped(_ name: String) -> String? {
    let devices = ((try? tree.names(in: "/sys/block")) ?? []).filter { $0.hasPrefix("dm-") }
    return devices.first { (try? tree.line("/sys/block/\($0)/dm/name")) == name }
  }

  /// The block device of the file system that holds a file, from the mount with the longest matching point.
  private func device(holding path: String) -> String? {
    let text = ["/proc/self/mounts", "/proc/mounts", "/proc/1/mounts"].lazy.compactMap { try? tree.line($0) }.first ?? ""
    var best: (point: String, source: String)?
    for (_, line) in NumberedLines(text) {
      let words = line.words
      guard words.count >= 2 else { continue }
      let point = Self.unescaped(words[1])
      let holds = point == "/" || path == point || path.hasPrefix(point + "/")
      // Of two mounts on one point the later one is seen.
      if holds, point.count >= (best?.point.count ?? 0) { best = (point, Self.unescaped(words[0])) }
    }
    guard let source = best?.source, source.hasPrefix("/dev/") else { return nil }
    let name = String(source.dropFirst(5))
    return name.hasPrefix("mapper/") ? mapped(String(name.dropFirst(7))) : name
  }

  /// Blanks in names are written as octal escapes ("\040"). Source: fs/seq_file.c, mangle_path.
  private static func unescaped(_ text: String) -> String {
    guard text.contains("\\") else { return text }
    var bytes: [UInt8] = []
    let source = Array(text.utf8)
    var i = 0
    while i < source.count {
      if source[i] == 0x5C, i + 3 < source.count, let byte = UInt8(String(decoding: source[(i + 1)...(i + 3)], as: UTF8.self), radix: 8) {
        bytes.append(byte)
        i += 4
      } else {
        bytes.append(source[i])
        i += 1
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
