import DiskReader
import Disks

/// A libFuzzer entry: any bytes behind a format's magic number are an image whose tables are checked.
///
/// Beyond not crashing: the check ends in its time, what it counts is more than nothing, and each kind of notice is told once.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzImageCheck(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let given = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  guard let first = given.first else { return 0 }
  let magics: [(ImageFormat, [UInt8])] = [
    (.qcow2, [0x51, 0x46, 0x49, 0xFB]), (.vmdk, [0x4B, 0x44, 0x4D, 0x56]), (.vmdk, Array("# Disk DescriptorFile\n".utf8)),
    (.vdi, Array("<<< Oracle VM VirtualBox Disk Image >>>\n".utf8)), (.vhdx, Array("vhdxfile".utf8)), (.vhd, Array("conectix".utf8)),
  ]
  let (format, magic) = magics[Int(first) % magics.count]
  let notices = ImageCheck.notices(of: MemorySource(magic + given.dropFirst()), format: format, within: .milliseconds(200))
  precondition(notices.allSatisfy { $0.count > 0 }, "a notice of nothing")
  precondition(Set(notices.map(\.kind)).count == notices.count, "a notice that is told twice")
  return 0
}
