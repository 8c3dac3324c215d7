internal import Domain

/// Which file a process is said to run (`mm_struct.exe_file`, as /proc/PID/exe shows it), against the one that is mapped where its code begins. Whoever
/// gives a process the file of another lets it pass for that other program.
struct ProgramFiles {
  struct Difference: Hashable {
    let process: Process
    /// struct file of the mapping, and of the program.
    let mapped: UInt64
    let named: UInt64
    /// False where the program lies on a file system of layers, whose mappings are of files of another one.
    let isSure: Bool
  }

  private let guest: Guest
  private let executable: UInt64
  private let code: UInt64
  private let mapping: UInt64
  private let inode: UInt64
  private let entry: UInt64?
  /// The name behind a file of another layer (struct backing_file, since 6.5).
  private let backing: UInt64?

  init?(_ guest: Guest) {
    let kernel = guest.kernel
    guard let executable = kernel.offset("mm_struct", "exe_file"), let code = kernel.offset("mm_struct", "start_code"),
      let mapping = kernel.offset("vm_area_struct", "vm_file"), let inode = kernel.offset("file", "f_inode")
    else { return nil }
    self.guest = guest
    self.executable = executable
    self.code = code
    self.mapping = mapping
    self.inode = inode
    entry = (kernel.offset("file", "f_path") ?? kernel.offset("file", "__f_path")).flatMap { place in
      kernel.offset("path", "dentry").map { place &+ $0 }
    }
    backing = kernel.offset("backing_file", "user_path").flatMap { place in kernel.offset("path", "dentry").map { place &+ $0 } }
  }

  /// Nil where both are one file, and where there is nothing to compare: a program may unmap its own code or put other memory in its place.
  func difference(_ process: Process, _ mm: UInt64, _ areas: UnlistedPages.Areas) -> Difference? {
    guard let named = guest.pointer(mm &+ executable), let start = guest.pointer(mm &+ code), let area = areas.area(at: start),
      let mapped = guest.pointer(area.place &+ mapping), let own = guest.pointer(named &+ inode), let other = guest.pointer(mapped &+ inode),
      own != other
    else { return nil }
    if let entry, let name = guest.pointer(named &+ entry) {
      let names = [entry, backing].compactMap(\.self).compactMap { guest.pointer(mapped &+ $0) }
      if names.contains(name) { return nil }
    }
    // A process that was just given to another program has another file already.
    guard guest.pointer(mm &+ executable) == named, guest.pointer(area.place &+ mapping) == mapped else { return nil }
    return Difference(process: process, mapped: mapped, named: named, isSure: !isLayered(own))
  }

  /// File systems that hand mappings on to files of others.
  private static let layered: Set<String> = ["overlay", "aufs", "shiftfs", "fuse", "ecryptfs"]

  private func isLayered(_ inode: UInt64) -> Bool {
    guard let block = guest.kernel.offset("inode", "i_sb").flatMap({ guest.pointer(inode &+ $0) }),
      let type = guest.kernel.offset("super_block", "s_type").flatMap({ guest.pointer(block &+ $0) }),
      let name = guest.kernel.offset("file_system_type", "name").flatMap({ guest.pointer(type &+ $0) }),
      let text = guest.string(name, limit: 16)
    else { return true }
    return Self.layered.contains(text)
  }
}

extension ProgramFiles.Difference {
  /// pid, name, task, and paths of the file that is mapped and of the one that is named.
  func factValue(_ guest: Guest) -> FactValue {
    [
      "pid": .int(Int64(process.pid)), "name": .string(process.name), "task": addressValue(process.address),
      "mapped": .string(guest.path(ofFile: mapped) ?? "?"), "named": .string(guest.path(ofFile: named) ?? "?"),
    ]
  }
}
