internal import Glibc

/// Kernels that were found before, by build id: where in the image the parts lie. One that left no VMCOREINFO is then found by the bytes of
/// its build id, and not by the form of tables that anybody can imitate.
///
/// One small file for each build. A file only says where to look: everything is read from the guest and passes the same cross-checks. Files
/// that somebody else owns or may write are passed over.
public struct KernelCache: Sendable {
  public let folder: String

  /// Kernels that are read and kept at most.
  private static let limit = 256

  /// - Parameter folder: nil for `$XDG_CACHE_HOME/ringwall/kernels`, else `~/.cache/ringwall/kernels`. Nil where neither is set.
  public init?(folder: String? = nil) {
    if let folder {
      self.folder = folder
    } else if let cache = Self.variable("XDG_CACHE_HOME"), cache.hasPrefix("/") {
      self.folder = cache + "/ringwall/kernels"
    } else if let home = Self.variable("HOME"), home.hasPrefix("/") {
      self.folder = home + "/.cache/ringwall/kernels"
    } else {
      return nil
    }
  }

  private static func variable(_ name: String) -> String? {
    // SAFETY: getenv(3) gives NULL or a text that ends with a zero byte; it is copied at once.
    unsafe getenv(name).map { unsafe String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// A kernel as the cache knows it: offsets from `_text`.
  struct Entry: Sendable, Hashable {
    let buildID: String
    /// Of the note that holds the build id.
    let note: UInt64
    let text: UInt64
    let pageTable: UInt64
    let places: KallsymsPlaces
    /// Of `kallsyms_relative_base`, whose value differs from boot to boot; nil where there is none.
    let base: UInt64?
  }

  // MARK: Files

  /// What the folder holds; files that cannot be read or are not understood are left out.
  func entries() -> [Entry] {
    guard let directory = unsafe opendir(folder) else { return [] }
    defer { unsafe closedir(directory) }
    var found: [Entry] = []
    while found.count < Self.limit, let item = unsafe readdir(directory) {
      // SAFETY: d_name ends with a zero byte (readdir(3)).
      let name = unsafe withUnsafePointer(to: &item.pointee.d_name) {
        unsafe String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
      }
      guard name.hasSuffix(".kernel"), let entry = Entry(bytes: read(name)), name == entry.buildID + ".kernel" else { continue }
      found.append(entry)
    }
    return found
  }

  private func read(_ name: String) -> [UInt8] {
    let descriptor = unsafe open(folder + "/" + name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return [] }
    defer { _ = close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o022 == 0,
      status.st_uid == geteuid() || status.st_uid == 0
    else { return [] }
    // SAFETY: read(2) writes no more than the capacity, and as many bytes are initialised as it says.
    return unsafe [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
      count = max(0, unsafe Glibc.read(descriptor, buffer.baseAddress, 4096))
    }
  }

  /// Keeps a kernel. What cannot be written is not kept: the next search takes its usual time.
  func keep(_ entry: Entry) {
    var path = ""
    for part in folder.split(separator: "/") {
      path += "/" + part
      _ = unsafe mkdir(path, 0o700)
    }
    let file = "\(folder)/\(entry.buildID).kernel"
    let fresh = "\(file).\(getpid())"
    let descriptor = unsafe open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { return }
    let bytes = entry.bytes
    // SAFETY: write(2) reads no more than the array's own bytes.
    let count = unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
    _ = close(descriptor)
    let isKept = unsafe count == bytes.count && rename(fresh, file) == 0
    if !isKept { _ = unsafe unlink(fresh) }
  }
}

extension KernelCache.Entry {
  private static let form = "ringwall.kernel/1"

  /// Lines of a key and a hexadecimal number, behind the name of the form and the build id.
  var bytes: [UInt8] {
    var lines = [Self.form, buildID]
    func add(_ key: String, _ value: UInt64) { lines.append(key + " " + String(value, radix: 16)) }
    add("note", note)
    add("text", text)
    add("pages", pageTable)
    add("names", places.names)
    add("count", UInt64(places.count))
    add("tokens", places.tokenTable)
    add("index", places.tokenIndex)
    switch places.values {
    case .offsets(let place, _): add("offsets", place)
    case .relative(let place): add("relative", place)
    case .addresses(let place): add("addresses", place)
    }
    if let base { add("base", base) }
    return Array((lines.joined(separator: "\n") + "\n").utf8)
  }

  init?(bytes: [UInt8]) {
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    guard lines.count > 2, lines[0] == Self.form, (16...128).contains(lines[1].utf8.count),
      lines[1].allSatisfy({ "0123456789abcdef".contains($0) })
    else { return nil }
    var values: [Substring: UInt64] = [:]
    for line in lines.dropFirst(2) {
      let words = line.split(separator: " ")
      // Offsets in an image of less than 1 GiB.
      guard words.count == 2, let value = UInt64(words[1], radix: 16), value < 1 << 30 else { return nil }
      values[words[0]] = value
    }
    guard let note = values["note"], let text = values["text"], let pageTable = values["pages"], let names = values["names"],
      let count = values["count"], let tokens = values["tokens"], let index = values["index"]
    else { return nil }
    let kind: KallsymsPlaces.Values
    if let place = values["offsets"], values["base"] != nil {
      kind = .offsets(place, base: 0)
    } else if let place = values["relative"] {
      kind = .relative(place)
    } else if let place = values["addresses"] {
      kind = .addresses(place)
    } else {
      return nil
    }
    buildID = String(lines[1])
    self.note = note
    self.text = text
    self.pageTable = pageTable
    places = KallsymsPlaces(names: names, count: UInt32(count), tokenTable: tokens, tokenIndex: index, values: kind)
    base = values["base"]
  }

  /// From a kernel that was found; nil where it has no build id, or its parts lie outside of the image.
  init?(_ kernel: Kernel, _ places: KallsymsPlaces, basePlace: UInt64?) {
    guard let id = kernel.buildID, let note = kernel.buildNote, let text = kernel.symbol("_stext"),
      let pageTable = kernel.symbol("init_top_pgt") ?? kernel.symbol("swapper_pg_dir")
    else { return nil }
    let start = kernel.image.lowerBound
    let moved = places.moved(by: 0 &- start)
    guard [note, text, pageTable].allSatisfy(kernel.image.contains), moved.names < 1 << 30, basePlace.map(kernel.image.contains) ?? true
    else { return nil }
    buildID = id
    self.note = note - start
    self.text = text - start
    self.pageTable = pageTable - start
    self.places = moved
    base = basePlace.map { $0 - start }
  }

  /// The bytes of the GNU note that holds the build id.
  var noteBytes: [UInt8] {
    let digits = Array(buildID.utf8)
    func value(_ digit: UInt8) -> UInt8 { digit < 0x3A ? digit - 0x30 : digit - 0x57 }
    let id = stride(from: 0, to: digits.count - 1, by: 2).map { value(digits[$0]) << 4 | value(digits[$0 + 1]) }
    return [4, 0, 0, 0, UInt8(id.count), 0, 0, 0, 3, 0, 0, 0] + Array("GNU\0".utf8) + id
  }
}

extension KallsymsPlaces {
  /// The same places in another kind of address; wraps. A base is no place and stays.
  func moved(by distance: UInt64) -> KallsymsPlaces {
    let moved: Values =
      switch values {
      case .offsets(let place, let base): .offsets(place &+ distance, base: base)
      case .relative(let place): .relative(place &+ distance)
      case .addresses(let place): .addresses(place &+ distance)
      }
    return KallsymsPlaces(
      names: names &+ distance, count: count, tokenTable: tokenTable &+ distance, tokenIndex: tokenIndex &+ distance, values: moved)
  }
}
