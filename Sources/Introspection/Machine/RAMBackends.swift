internal import QMP
internal import Glibc

/// The back ends of a machine's RAM and the files that hold them.
struct RAMBackends {
  struct Backend: Sendable, Hashable {
    let id: String
    let bytes: UInt64
    /// The path of memory-backend-file; nil for the others.
    let file: String?
  }

  let process: QEMUProcess
  let backends: [Backend]
  let map: MachineMap
  /// The mapping of each back end that `map` names.
  let mappings: [String: SharedMapping]
  let files: RAMFiles

  /// - Parameter monitor: a QMP monitor, which knows the layout; nil to go by /proc and the command line alone.
  init(_ process: QEMUProcess, monitor: Monitor?) throws(MachineError) {
    self.process = process
    files = RAMFiles(pid: process.pid)
    if let monitor {
      do throws(QMPError) { backends = try Self.backends(monitor, process) } catch { throw .monitor(error) }
      let text: String
      do throws(QMPError) { text = try monitor.human("info mtree -f") } catch { throw .monitor(error) }
      guard let map = MachineMap(flatView: text, backends: Set(backends.map(\.id))) else {
        throw .unknownLayout(pid: process.pid, reason: "info mtree -f names no RAM of \(backends.map(\.id).joined(separator: ", "))")
      }
      self.map = map
    } else {
      backends = try Self.backends(process)
      guard
        let map = MachineMap(
          backends: backends.map { ($0.id, $0.bytes) }, machine: process.machine, limit: process.machineOptions.size("max-ram-below-4g"))
      else { throw .unknownLayout(pid: process.pid, reason: "its command line gives no sizes that can be added up") }
      self.map = map
    }
    mappings = try Self.match(backends, map, files, process, monitor)
  }

  // MARK: - Which back ends there are

  private static func backends(_ monitor: Monitor, _ process: QEMUProcess) throws(QMPError) -> [Backend] {
    let order = process.backends.compactMap { $0["id"] }
    var found: [Backend] = []
    for entry in try monitor.execute("query-memdev").elements.prefix(256) {
      guard let bytes = entry["size"]?.unsigned else { continue }
      // RAM without a back end of its own is called as the machine's default, and is private.
      let id = entry["id"]?.text ?? "pc.ram"
      var file: String?
      do throws(QMPError) {
        file = try monitor.execute("qom-get", ["path": .text("/objects/" + id), "property": "mem-path"]).text
      } catch .refused {}
      found.append(Backend(id: id, bytes: bytes, file: file))
    }
    return found.sorted { (order.firstIndex(of: $0.id) ?? .max, $0.id) < (order.firstIndex(of: $1.id) ?? .max, $1.id) }
  }

  /// The back ends of the machine's nodes, in their order, from the command line.
  private static func backends(_ process: QEMUProcess) throws(MachineError) -> [Backend] {
    let known = Dictionary(
      process.backends.compactMap { options in options["id"].map { ($0, options) } }
    ) { _, last in last }
    let nodes = nodes(process)
    let ids = nodes.isEmpty ? process.machineOptions["memory-backend"].map { [$0] } ?? [] : nodes.compactMap { $0["memdev"] }
    guard !ids.isEmpty else { throw .privateMemory(pid: process.pid, ShareableRAM(process)) }
    var found: [Backend] = []
    for id in ids {
      guard let options = known[id], let bytes = options.size("size") else {
        throw .unknownLayout(pid: process.pid, reason: "its command line names the back end \(id) and gives it no size")
      }
      found.append(Backend(id: id, bytes: bytes, file: options["mem-path"]))
    }
    return found
  }

  /// The machine's nodes by their numbers, which is how its memory lies; one without a number has the next (hw/core/numa.c,
  /// parse_numa_node).
  private static func nodes(_ process: QEMUProcess) -> [QEMUOptions] {
    let nodes = process.values("numa").map { QEMUOptions($0, implied: "type") }.filter { $0["type"] == "node" }
    let numbered = nodes.enumerated().map { index, node in (number: node["nodeid"].flatMap { Int($0) } ?? index, node: node) }
    return numbered.sorted { $0.number < $1.number }.map(\.node)
  }

  // MARK: - Which file is whose

  /// A file's back end is told by its path, else by its size; several of one size by the order in which they were made, and that order is
  /// checked against what the monitor reads.
  private static func match(
    _ backends: [Backend], _ map: MachineMap, _ files: RAMFiles, _ process: QEMUProcess, _ monitor: Monitor?
  ) throws(MachineError) -> [String: SharedMapping] {
    let used = Set(map.parts.map(\.backend))
    var left = files.inOrderOfCreation
    var matched: [String: SharedMapping] = [:]
    var unsure: [Backend] = []
    for backend in backends where used.contains(backend.id) {
      if let file = backend.file, let index = left.firstIndex(where: { $0.path == file && $0.count >= backend.bytes }) {
        matched[backend.id] = left.remove(at: index)
      } else {
        unsure.append(backend)
      }
    }
    for backend in unsure {
      let candidates = left.filter { $0.count == backend.bytes }
      guard let first = candidates.first else {
        // What the command line does not make was added later, but for RAM that the machine makes for itself ("pc.ram").
        let isAdded = !backend.id.hasSuffix(".ram") && !process.backends.contains { $0["id"] == backend.id }
        throw isAdded
          ? .privateAddition(pid: process.pid, backend: backend.id) : .privateMemory(pid: process.pid, ShareableRAM(process))
      }
      var chosen = first
      if candidates.count > 1, let monitor {
        let check = ContentCheck(files: files, monitor: monitor, parts: map.parts.filter { $0.backend == backend.id })
        chosen =
          candidates.max { check.matches($0) < check.matches($1) || (check.matches($0) == check.matches($1) && $1 == first) } ?? first
      }
      matched[backend.id] = chosen
      left.removeAll { $0 == chosen }
    }
    return matched
  }

  /// Opens the files. The caller closes the descriptors, each once.
  func sources() throws(MachineError) -> [(descriptor: Int32, fileOffset: UInt64, range: PhysicalRange)] {
    var descriptors: [UInt64: Int32] = [:]
    var found: [(descriptor: Int32, fileOffset: UInt64, range: PhysicalRange)] = []
    do throws(MachineError) {
      for part in map.parts {
        guard let mapping = mappings[part.backend] else { continue }
        guard part.offset <= mapping.count, part.range.count <= mapping.count - part.offset else {
          throw MachineError.unknownLayout(
            pid: process.pid, reason: "\(part.backend) is mapped with \(mapping.count) bytes, and the machine's map goes beyond them")
        }
        if descriptors[mapping.inode] == nil { descriptors[mapping.inode] = try files.open(mapping) }
        found.append((descriptors[mapping.inode] ?? -1, mapping.offset + part.offset, part.range))
      }
    } catch {
      for descriptor in descriptors.values { _ = close(descriptor) }
      throw error
    }
    return found
  }
}

/// Compares what a file holds with what QEMU reads at the guest-physical address where it would lie.
private struct ContentCheck {
  let files: RAMFiles
  let monitor: Monitor
  let parts: [MachineMap.Part]

  /// How many of some pages that hold data are the same, as far as their first 32 bytes say.
  func matches(_ mapping: SharedMapping) -> Int {
    guard let part = parts.max(by: { $0.range.count < $1.range.count }), let descriptor = try? files.open(mapping) else { return 0 }
    defer { _ = close(descriptor) }
    var same = 0
    // SEEK_DATA, which Glibc's module does not name.
    let seekData: Int32 = 3
    for step in 0..<16 {
      let from = part.offset + part.range.count / 16 * UInt64(step)
      let data = lseek(descriptor, off_t(clamping: mapping.offset + from), seekData)
      guard data >= 0, UInt64(data) >= mapping.offset + from, UInt64(data) - mapping.offset < part.offset + part.range.count - 32 else {
        continue
      }
      let address = part.range.start + (UInt64(data) - mapping.offset - part.offset)
      var words = [UInt64](repeating: 0, count: 4)
      // SAFETY: pread(2) writes at most the 32 bytes of the array.
      let count = unsafe words.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, 32, data) }
      guard count == 32, words.contains(where: { $0 != 0 }) else { continue }
      guard let text = try? monitor.human("xp /4gx 0x" + String(address, radix: 16)) else { continue }
      let read = text.split(whereSeparator: \.isWhitespace).filter { $0.hasPrefix("0x") }.compactMap {
        UInt64($0.dropFirst(2), radix: 16)
      }
      if read == words { same += 1 }
    }
    return same
  }
}
