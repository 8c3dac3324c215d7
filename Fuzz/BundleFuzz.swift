import Judgement

/// A libFuzzer entry: any bytes are read as the archive of a bundle; what does not begin as gzip is taken as the tar inside.
///
/// Beyond not crashing and staying within the bounds: no name leads out of the bundle, none stands twice, and what was read is written as
/// an archive that is read as the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzBundle(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  var limits = BundleLimits()
  limits.entries = 100
  limits.entry = 1 << 20
  limits.total = 4 << 20
  let archive = bytes.starts(with: [0x1F, 0x8B]) ? bytes : stored(bytes)
  guard let entries = try? BundleArchive.read(archive, name: "fuzz.tar.gz", limits: limits) else { return 0 }
  precondition(entries.count <= limits.entries && entries.reduce(0) { $0 + $1.bytes.count } <= limits.total, "past a bound")
  precondition(Set(entries.map(\.path)).count == entries.count, "a name stands twice")
  for part in entries.flatMap(\.path) {
    precondition(!["", ".", ".."].contains(part) && !part.utf8.contains(0x2F), "a name that leads out of the bundle")
  }
  guard let written = try? BundleArchive.write(entries), let again = try? BundleArchive.read(written, name: "again") else {
    preconditionFailure("what was read cannot be written and read again")
  }
  precondition(Set(again) == Set(entries), "what was written is read as something else")
  _ = try? Bundle(entries, name: "fuzz.tar.gz")
  return 0
}

/// A gzip of stored blocks, whose sum libarchive does not look at.
private func stored(_ bytes: [UInt8]) -> [UInt8] {
  var result: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
  var rest = bytes[...]
  repeat {
    let part = rest.prefix(65_535)
    rest = rest.dropFirst(part.count)
    let count = UInt16(part.count)
    result += [rest.isEmpty ? 1 : 0, UInt8(count & 0xFF), UInt8(count >> 8), UInt8(~count & 0xFF), UInt8(~count >> 8)] + part
  } while !rest.isEmpty
  return result + [UInt8](repeating: 0, count: 8)
}
