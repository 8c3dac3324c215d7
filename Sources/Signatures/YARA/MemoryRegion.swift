/// Populated physical memory of a guest, where it is mapped.
///
/// SAFETY: whoever makes a region promises that its bytes stay readable until the scan that it is given to has returned. They may change
/// meanwhile.
@safe public struct MemoryRegion: @unchecked Sendable {
  public let bytes: UnsafeRawBufferPointer
  /// Guest-physical address of the first byte.
  public let start: UInt64

  public init(bytes: UnsafeRawBufferPointer, start: UInt64) {
    unsafe self.bytes = bytes
    self.start = start
  }

  var block: Block { unsafe Block(bytes: bytes, start: start) }
}
