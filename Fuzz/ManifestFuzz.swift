import DiskReader
import Disks
import Domain

/// A libFuzzer entry: any bytes are read as a line of a manifest, as an image's head, and as the name of a file.
///
/// Beyond not crashing: what is taken as a record is written and read back as itself, and an escaped name leads back to its bytes.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzManifest(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  if let record = DiskRecord(line: bytes) { precondition(DiskRecord(line: record.line) == record, "a record that does not read back") }
  let name = EscapedName.text(of: bytes)
  precondition(EscapedName.bytes(of: name) == bytes, "a name that does not lead back")
  precondition(!name.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }, "a control in a name")
  let format = ImageFormat(head: bytes, tail: Array(bytes.suffix(512)))
  if let reference = format.reference(in: bytes) { precondition(!reference.isEmpty && !reference.contains("\n")) }
  _ = VolumeContent(head: bytes)
  return 0
}
