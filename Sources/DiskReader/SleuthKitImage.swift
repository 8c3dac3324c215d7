internal import CTSK
internal import Disks
internal import Domain

/// A disk as The Sleuth Kit wants it: an image of its "external" kind, whose bytes come from a `BlockSource`.
///
/// `TSK_IMG_INFO` is allocated by whoever opens such an image; a reference to this object lies behind it, where the callback finds it.
@safe final class SleuthKitImage {
  private let source: any BlockSource
  private let memory: UnsafeMutableRawPointer
  /// Valid as long as this object.
  let pointer: UnsafeMutablePointer<TSK_IMG_INFO>

  private static let contextOffset = unsafe (MemoryLayout<TSK_IMG_INFO>.size + 15) & ~15

  /// - Parameter sectorSize: bytes of a sector, 512 or 4096.
  init(_ source: any BlockSource, sectorSize: UInt32 = 512) throws(DiskError) {
    self.source = source
    let count = unsafe Self.contextOffset + MemoryLayout<UnsafeRawPointer>.size
    unsafe memory = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 16)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: count)
    let opened = unsafe tsk_img_open_external(
      memory, TSK_OFF_T(source.size), sectorSize,
      { image, offset, buffer, count in unsafe SleuthKitImage.read(image, offset, buffer, count) }, { _ in }, { _, _ in })
    guard let opened = unsafe opened else {
      unsafe memory.deallocate()
      throw DiskError("the disk could not be handed to The Sleuth Kit: \(SleuthKit.reason)")
    }
    unsafe pointer = opened
    // SAFETY: the memory holds a pointer's size from contextOffset on, aligned to 16; the reference is not owned, since this object
    // owns the memory and closes the image before it goes.
    unsafe memory.storeBytes(
      of: UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque()), toByteOffset: Self.contextOffset, as: UnsafeRawPointer.self)
  }

  deinit {
    unsafe tsk_img_close(pointer)
    unsafe memory.deallocate()
  }

  private static func read(
    _ image: UnsafeMutablePointer<TSK_IMG_INFO>?, _ offset: TSK_OFF_T, _ buffer: UnsafeMutablePointer<CChar>?, _ count: Int
  ) -> Int {
    guard let image = unsafe image, let buffer = unsafe buffer, offset >= 0, count >= 0 else { return -1 }
    // SAFETY: the library hands back the image that was opened in `init`, with the reference behind it; the object lives until the image
    // is closed.
    let context = unsafe UnsafeRawPointer(image).load(fromByteOffset: contextOffset, as: UnsafeRawPointer.self)
    let source = unsafe Unmanaged<SleuthKitImage>.fromOpaque(context).takeUnretainedValue().source
    guard Int64(offset) < source.size else { return -1 }
    let length = min(count, Int(min(source.size - Int64(offset), Int64(Int.max))))
    let isRead = unsafe source.read(at: Int64(offset), into: UnsafeMutableRawBufferPointer(start: buffer, count: length))
    return isRead ? length : -1
  }
}

enum SleuthKit {
  /// The library's version, such as "4.11.1".
  static var version: String {
    // SAFETY: a constant text of the library.
    unsafe tsk_version_get_str().map { unsafe String(cString: $0) } ?? "?"
  }

  /// What the library said of the last failure on this thread, in one line, safe to print.
  static var reason: String {
    // SAFETY: the library owns the text, which is valid until the next call of it on this thread.
    guard let text = unsafe tsk_error_get() else { return "no reason given" }
    return unsafe EscapedName.text(of: Array(String(cString: text).utf8.prefix(400)))
  }
}
