internal import CArchive

/// Archives of bundles: tar packed by gzip, through libarchive, in memory. Nothing is written to the file system.
public enum BundleArchive {
  /// The files of an archive in its order.
  ///
  /// Names may begin with "/", as OPA writes them, and stand for a place below the bundle's root. Refused are names that lead out of it
  /// (".."), that are no UTF-8, are empty or stand twice, links and devices, and whatever passes `limits`.
  ///
  /// - Parameter name: the archive's, for errors.
  public static func read(_ bytes: [UInt8], name: String, limits: BundleLimits = BundleLimits()) throws(DataError) -> [BundleEntry] {
    guard bytes.count <= limits.archive else { throw DataError("\(name): the archive is larger than \(size(limits.archive))") }
    guard bytes.starts(with: [0x1F, 0x8B]) else { throw DataError("\(name): not a bundle: it is no archive packed by gzip") }
    let result: Result<[BundleEntry], DataError> = unsafe bytes.withUnsafeBytes { buffer in
      do throws(DataError) { return .success(try unsafe read(buffer, name, limits)) } catch { return .failure(error) }
    }
    return try result.get()
  }

  private static func read(_ buffer: UnsafeRawBufferPointer, _ name: String, _ limits: BundleLimits) throws(DataError) -> [BundleEntry] {
    let locale = unsafe archive_enter_utf8()
    defer { unsafe archive_leave_utf8(locale) }
    guard let reader = unsafe archive_read_new() else { throw DataError("\(name): no memory to read the archive") }
    // SAFETY: the reader is freed here and nowhere else; it reads the buffer, which outlives it.
    defer { _ = unsafe archive_read_free(reader) }
    _ = unsafe archive_read_support_filter_gzip(reader)
    _ = unsafe archive_read_support_format_tar(reader)
    guard unsafe archive_read_open_memory(reader, buffer.baseAddress, buffer.count) == ARCHIVE_OK else {
      throw unsafe DataError("\(name): not a bundle: \(reason(reader))")
    }
    var found: [BundleEntry] = []
    var seen: Set<[String]> = []
    var headers = 0, total = 0
    while true {
      var entry: OpaquePointer?
      let status = unsafe archive_read_next_header(reader, &entry)
      if status == ARCHIVE_EOF { return found }
      guard status == ARCHIVE_OK || status == ARCHIVE_WARN, let entry = unsafe entry else {
        throw unsafe DataError("\(name): not a bundle: entry \(headers + 1) cannot be read: \(reason(reader))")
      }
      headers += 1
      guard headers <= limits.entries else { throw DataError("\(name): more than \(limits.entries) entries") }
      guard let pathname = unsafe archive_entry_pathname(entry), let text = unsafe String(validatingCString: pathname) else {
        throw DataError("\(name): entry \(headers): its name is no UTF-8")
      }
      if unsafe archive_entry_is_folder(entry) != 0 {
        // Folders need no entry; their names are held to the same rules.
        _ = try path(text, isFolder: true, name, headers, limits)
        continue
      }
      let path = try path(text, isFolder: false, name, headers, limits)
      let isLink = unsafe archive_entry_hardlink(entry) != nil || archive_entry_symlink(entry) != nil
      guard !isLink else { throw DataError("\(name): entry \(text): a link; a bundle holds files") }
      guard unsafe archive_entry_is_file(entry) != 0 else { throw DataError("\(name): entry \(text): neither a file nor a folder") }
      guard seen.insert(path).inserted else { throw DataError("\(name): entry \(text): stands twice") }
      let bytes = try unsafe content(reader, "\(name): entry \(text)", packed: buffer.count, &total, limits)
      found.append(BundleEntry(path, bytes))
    }
  }

  /// The bytes of the entry that the reader stands at.
  private static func content(
    _ reader: OpaquePointer, _ place: String, packed: Int, _ total: inout Int, _ limits: BundleLimits
  ) throws(DataError) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      // SAFETY: the buffer is the array's own, and no more than its length is written.
      let count = unsafe chunk.withUnsafeMutableBytes { unsafe archive_read_data(reader, $0.baseAddress, $0.count) }
      if count == 0 { return bytes }
      guard count > 0 else { throw unsafe DataError("\(place): cannot be unpacked: \(reason(reader))") }
      total += count
      guard bytes.count + count <= limits.entry else { throw DataError("\(place): larger than \(size(limits.entry))") }
      guard total <= limits.total else { throw DataError("\(place): the bundle unpacks to more than \(size(limits.total))") }
      guard total <= limits.unsuspicious || total / limits.ratio <= packed else {
        throw DataError("\(place): the bundle unpacks to more than \(limits.ratio) times its size")
      }
      bytes += chunk[0..<count]
    }
  }

  private static func path(
    _ text: String, isFolder: Bool, _ name: String, _ number: Int, _ limits: BundleLimits
  ) throws(DataError) -> [String] {
    guard text.utf8.count <= limits.path else { throw DataError("\(name): entry \(number): its name is longer than \(limits.path) bytes") }
    let parts = text.split(separator: "/").map(String.init).filter { $0 != "." }
    guard !parts.contains("..") else { throw DataError("\(name): entry \(text): its name leads out of the bundle") }
    guard isFolder || !parts.isEmpty else { throw DataError("\(name): entry \(number): it has no name") }
    guard parts.count <= limits.depth else { throw DataError("\(name): entry \(text): deeper than \(limits.depth) folders") }
    return parts
  }

  /// The archive that holds the entries, sorted by path; the same entries give the same bytes: no times, owners or names of machines.
  public static func write(_ entries: [BundleEntry]) throws(DataError) -> [UInt8] {
    let locale = unsafe archive_enter_utf8()
    defer { unsafe archive_leave_utf8(locale) }
    // Headers and padding, also for names that need a header of their own, and what gzip adds to bytes that it cannot shrink.
    let plain = entries.reduce(20_480) { $0 + $1.bytes.count + 2 * $1.text.utf8.count + 4096 }
    var packed = [UInt8](repeating: 0, count: plain + plain / 512 + 4096)
    var used = 0
    guard let writer = unsafe archive_write_new() else { throw DataError("cannot write the bundle: no memory") }
    // SAFETY: the writer is freed at the end of the closure, while the buffer it writes to and `used` live.
    let problem: String? = unsafe packed.withUnsafeMutableBytes { buffer in
      unsafe withUnsafeMutablePointer(to: &used) { used in
        defer { _ = unsafe archive_write_free(writer) }
        _ = unsafe archive_write_add_filter_gzip(writer)
        _ = unsafe archive_write_set_filter_option(writer, "gzip", "timestamp", nil)
        _ = unsafe archive_write_set_format_pax_restricted(writer)
        guard unsafe archive_write_open_memory(writer, buffer.baseAddress, buffer.count, used) == ARCHIVE_OK else {
          return unsafe reason(writer)
        }
        for entry in entries.sorted(by: { $0.text.utf8.lexicographicallyPrecedes($1.text.utf8) }) {
          if let problem = unsafe write(entry, to: writer) { return "\(entry.text): \(problem)" }
        }
        return unsafe archive_write_close(writer) == ARCHIVE_OK ? nil : unsafe reason(writer)
      }
    }
    if let problem { throw DataError("cannot write the bundle: \(problem)") }
    return Array(packed[0..<used])
  }

  private static func write(_ item: BundleEntry, to writer: OpaquePointer) -> String? {
    guard let entry = unsafe archive_entry_new() else { return "no memory" }
    defer { unsafe archive_entry_free(entry) }
    unsafe archive_entry_set_pathname(entry, item.text)
    unsafe archive_entry_set_size(entry, Int64(item.bytes.count))
    unsafe archive_entry_become_file(entry)
    unsafe archive_entry_set_perm(entry, 0o600)
    guard unsafe archive_write_header(writer, entry) >= ARCHIVE_WARN else { return unsafe reason(writer) }
    // SAFETY: no more is read than the array's length.
    let count = unsafe item.bytes.withUnsafeBytes { unsafe archive_write_data(writer, $0.baseAddress, $0.count) }
    return count == item.bytes.count ? nil : unsafe reason(writer)
  }

  private static func reason(_ archive: OpaquePointer) -> String {
    guard let text = unsafe archive_error_string(archive) else { return "unknown error" }
    return unsafe String(cString: text)
  }

  private static func size(_ bytes: Int) -> String { bytes >= 1 << 20 ? "\(bytes >> 20) MiB" : "\(bytes) bytes" }
}
