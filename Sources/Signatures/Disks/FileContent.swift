internal import CTSK

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

  /// Hands the bytes over, in order, at most a chunk at a time.
  ///
  /// - Parameter take: false ends the reading.
  /// - Returns: why not all was read; nil where it was, or `take` ended it.
  func read(into chunk: UnsafeMutableRawBufferPointer, take: (UnsafeRawBufferPointer) -> Bool) -> String? {
    var offset: Int64 = 0
    while offset < size {
      let wanted = Int(min(Int64(chunk.count), size - offset))
      // SAFETY: the library writes at most `wanted` bytes, which the buffer has.
      let count = unsafe tsk_fs_attr_read(
        attribute, TSK_OFF_T(offset), chunk.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: CChar.self), wanted,
        TSK_FS_FILE_READ_FLAG_NONE)
      guard count > 0, count <= wanted else { return SleuthKit.reason }
      guard unsafe take(UnsafeRawBufferPointer(rebasing: chunk[0..<count])) else { return nil }
      offset += Int64(count)
    }
    return nil
  }
}
