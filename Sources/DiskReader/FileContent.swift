internal import CTSK
internal import Disks

/// The bytes of a file, or of one of its streams, as long as the file is open.
@safe struct FileContent {
  private let attribute: UnsafePointer<TSK_FS_ATTR>
  private let file: OpenFile

  init(_ attribute: UnsafePointer<TSK_FS_ATTR>, of file: OpenFile) {
    unsafe self.attribute = attribute
    self.file = file
  }

  /// Bytes; never negative.
  var size: Int64 { unsafe max(0, Int64(attribute.pointee.size)) }

  /// Whether the library found no record of where a part of the bytes of a file of NTFS lies. It gives zeros for them. Of other file systems what it
  /// marks so are the holes of sparse files.
  var isPartlyLost: Bool {
    guard file.isNTFS, unsafe attribute.pointee.flags.rawValue & TSK_FS_ATTR_NONRES.rawValue != 0 else { return false }
    var next = unsafe attribute.pointee.nrd.run
    while let run = unsafe next {
      if unsafe run.pointee.flags.rawValue & TSK_FS_ATTR_RUN_FLAG_FILLER.rawValue != 0 { return true }
      unsafe next = run.pointee.next
    }
    return false
  }

  /// Fills the buffer from an offset.
  ///
  /// - Returns: bytes that were read: fewer than the buffer has at the end of the file, 0 behind it.
  func read(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) throws(DiskError) -> Int {
    guard offset >= 0, offset < size, buffer.count > 0 else { return 0 }
    let wanted = Int(min(Int64(buffer.count), size - offset))
    let failures = file.failures
    // SAFETY: the library writes at most `wanted` bytes, which the buffer has.
    let count = unsafe tsk_fs_attr_read(
      attribute, TSK_OFF_T(offset), buffer.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: CChar.self), wanted,
      TSK_FS_FILE_READ_FLAG_NONE)
    guard count > 0, count <= wanted else { throw DiskError(SleuthKit.reason) }
    guard file.failures == failures else { throw DiskError("blocks of the disk cannot be read") }
    return count
  }

  /// Hands the bytes over, in order, at most a chunk at a time.
  ///
  /// - Parameter take: false ends the reading.
  /// - Returns: why not all was read; nil where it was, or `take` ended it.
  func read(into chunk: UnsafeMutableRawBufferPointer, take: (UnsafeRawBufferPointer) -> Bool) -> String? {
    var offset: Int64 = 0
    while offset < size {
      do throws(DiskError) {
        let count = unsafe try read(at: offset, into: chunk)
        guard unsafe take(UnsafeRawBufferPointer(rebasing: chunk[0..<count])) else { return nil }
        offset += Int64(count)
      } catch {
        return error.message
      }
    }
    return nil
  }
}
