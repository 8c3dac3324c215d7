internal import Domain

/// Tables of settings (struct ctl_table) in the kernel's data against those in its own file: what a setting is called, which function answers,
/// what it writes and who may do so. The kernel changes none of it once it has started.
extension IntegrityReader {
  struct SettingDifferences {
    var compared = 0
    var rows: [FactValue] = []
  }

  /// Nil where the file holds no data, or the kernel's types do not tell of these tables.
  func settingDifferences(of file: KernelFile) -> SettingDifferences? {
    let kernel = guest.kernel
    let wanted: [(name: String, size: Int)] = [("procname", 8), ("data", 8), ("maxlen", 4), ("mode", 2), ("proc_handler", 8)]
    let members = wanted.compactMap { member in kernel.offset("ctl_table", member.name).map { (member.name, $0, member.size) } }
    guard let data = file.data, members.count == wanted.count, let size = kernel.size("ctl_table"),
      // The guest's own types say so.
      members.allSatisfy({ $0.1 <= size && UInt64($0.2) <= size - $0.1 })
    else { return nil }
    var search = CallbackSearch(guest)
    search.settings()
    var found = SettingDifferences()
    for setting in search.found where setting.family == .setting {
      let linked = setting.entry &- kernel.slide
      guard kernel.image.contains(setting.entry), linked >= data.address, linked - data.address <= UInt64(data.bytes.count),
        UInt64(data.bytes.count) - (linked - data.address) >= size, let memory = guest.bytes(setting.entry, count: Int(size))
      else { continue }
      found.compared += 1
      let start = Int(linked - data.address)
      for (name, offset, length) in members {
        let now = PatchTable.word(memory, Int(offset), length)
        let original = PatchTable.word(data.bytes, start + Int(offset), length)
        // What the file leaves empty the boot fills: a setting of memory that it takes for it.
        if now == original || (original == 0 && name == "data") { continue }
        if length == 8, original >> 63 == 1, now == original &+ kernel.slide { continue }
        found.rows.append([
          "name": .string(setting.name), "member": .string(name), "at": code.fact(setting.entry &+ offset), "value": addressValue(now),
          "original": addressValue(length == 8 && original >> 63 == 1 ? original &+ kernel.slide : original),
        ])
      }
    }
    return found
  }
}
