public import Domain

/// The snapshots of a virtual machine, from the .vmsd file that VMware keeps beside its .vmx.
public enum SnapshotList {
  /// Snapshots listed at most; VMware supports 32 in a chain.
  private static let largest = 1024

  /// Value of the fact `snapshots`: a list of `{name, file?, created?, disks, current}` in the order of the file, each with its place.
  /// Absent for a machine without snapshots.
  ///
  /// - Throws: what `DictionaryText.read` throws.
  public static func fact(_ bytes: [UInt8], path: String) throws(Refusal) -> Fact {
    let text = try DictionaryText.read(bytes, path: path)
    guard text.isEnded else { return .unreadable("cut-off", .path(path)) }
    let counted = text["snapshot.numSnapshots"]
    guard let number = counted.map({ Int($0.value) }) ?? 0 else { return .unreadable("malformed", .path(path, line: counted?.line)) }
    // Without their number snapshots are listed only in a part of the file.
    if counted == nil, let other = text.entries.first(where: { $0.key.lowercased().hasSuffix(".uid") }) {
      return .unreadable("cut-off", .path(path, line: other.line))
    }
    let count = min(number, largest)
    let current = text["snapshot.current"]?.value
    var snapshots: [FactValue] = []
    var sources: [FactSource] = []
    // Numbers may have gaps after a snapshot was deleted; the count says how many are left.
    var place = 0
    while snapshots.count < count, place < largest {
      let prefix = "snapshot\(place)."
      place += 1
      guard let uid = text[prefix + "uid"] else { continue }
      let name = text[prefix + "displayName"]
      let entry = name ?? uid
      let created = seconds(text[prefix + "createTimeHigh"]?.value, text[prefix + "createTimeLow"]?.value)
      snapshots.append(
        .object([
          "name": .string(name?.value ?? uid.value), "file": text[prefix + "filename"].map { .string($0.value) },
          "created": created.map { .int($0) }, "disks": .int(text[prefix + "numDisks"].flatMap { Int64($0.value) } ?? 0),
          "current": .bool(uid.value == current),
        ]))
      sources.append(.path(path, line: entry.line, column: entry.column))
    }
    guard snapshots.count >= count else { return .unreadable("cut-off", .path(path, line: counted?.line)) }
    return snapshots.isEmpty ? .absent(.path(path)) : .present(.array(snapshots), sources: sources)
  }

  /// Seconds since 1970 of a time that is written as the upper and lower half of 64 bits of microseconds; nil for what is no time.
  static func seconds(_ high: String?, _ low: String?) -> Int64? {
    guard let high = high.flatMap({ Int64($0) }), let low = low.flatMap({ Int64($0) }), Int32(exactly: high) != nil,
      (Int64(Int32.min)...Int64(UInt32.max)).contains(low)
    else { return nil }
    return (high << 32 | Int64(UInt32(truncatingIfNeeded: low))) / 1_000_000
  }
}
