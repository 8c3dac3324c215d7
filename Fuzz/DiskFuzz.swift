import DiskReader
import Disks

/// A libFuzzer entry: any bytes are read as a whole disk. Seeds: small images of each file system.
///
/// Beyond not crashing: a reading ends within its bounds in an end or in one sentence, every record reads back as it was written, and no entry's path
/// leaves the root.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzDisk(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  var limits = ReadingLimits()
  limits.entries = 500
  limits.depth = 16
  limits.fileBytes = 1 << 20
  limits.contentBytes = 8 << 20
  limits.seconds = 5
  var entries = 0
  for work in [DiskWork.manifest, .list(path: Array("/a/b".utf8))] {
    do throws(DiskError) {
      try DiskReading(MemorySource(bytes), work: work, limits: limits) { record in
        precondition(DiskRecord(line: record.line) == record, "a record that does not read back")
        if case .entry(let entry) = record {
          entries += 1
          precondition(entry.path.first == 0x2F && !entry.path.split(separator: 0x2F).contains([0x2E, 0x2E]), "a path that leaves the root")
        }
        return true
      }.run()
    } catch {
      precondition(!error.message.isEmpty && !error.message.contains("\n"), "an error that is no sentence")
    }
  }
  precondition(entries <= 2 * limits.entries + 2, "more entries than the bound")
  return 0
}
