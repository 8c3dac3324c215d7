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

  /// Reads that failed and were not made good. The library takes some of them for successes: where the length asked for is no multiple of a sector it
  /// returns whatever lay in its buffer (tsk_img_read_no_cache, libtsk 4.11).
  private var failures = 0
  /// The read before this one, where it failed: the library reads ahead, and where that fails asks again for less.
  private var failed: Range<Int64>?

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
    return unsafe Unmanaged<SleuthKitImage>.fromOpaque(context).takeUnretainedValue().read(at: Int64(offset), buffer, count)
  }

  private func read(at offset: Int64, _ buffer: UnsafeMutablePointer<CChar>, _ count: Int) -> Int {
    let length = max(0, min(count, Int(clamping: source.size - offset)))
    let isRead = unsafe length > 0 && source.read(at: offset, into: UnsafeMutableRawBufferPointer(start: buffer, count: length))
    let range = offset..<offset + Int64(length)
    if let before = failed, !isRead || !before.contains(range.lowerBound) || range.upperBound > before.upperBound { failures += 1 }
    failed = isRead ? nil : range
    return isRead ? length : -1
  }

  /// How many reads of an image have failed for good. It never falls; one that failed last is not asked again.
  static func failures(of image: UnsafeMutablePointer<TSK_IMG_INFO>) -> Int {
    // SAFETY: as in `read`.
    let context = unsafe UnsafeRawPointer(image).load(fromByteOffset: contextOffset, as: UnsafeRawPointer.self)
    let image = unsafe Unmanaged<SleuthKitImage>.fromOpaque(context).takeUnretainedValue()
    if image.failed != nil { image.failures += 1 }
    image.failed = nil
    return image.failures
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
