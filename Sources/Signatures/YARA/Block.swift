internal import CYara

/// Bytes that follow one another, at the address of the first of them.
///
/// SAFETY: the bytes are readable as long as their owner lets them be scanned; nobody keeps a block longer.
@safe struct Block: @unchecked Sendable {
  let bytes: UnsafeRawBufferPointer
  let start: UInt64

  init(bytes: UnsafeRawBufferPointer, start: UInt64) {
    unsafe self.bytes = bytes
    self.start = start
  }

  var count: Int { unsafe bytes.count }
  var end: UInt64 { start + UInt64(count) }
}

/// Blocks as libyara asks for them: one at a time, from the first whenever it wants them again.
@safe final class BlockSequence {
  /// What the first pass is given. libyara searches strings in it.
  private let searched: [Block]
  /// What later passes are given: those of conditions that read bytes by their address, and of modules.
  private let read: [Block]
  private let fileSize: UInt64?
  private var isFirstPass = true
  private var next = 0
  private var passes = 0
  /// Runs when the strings have been searched; true ends the scan there, with conditions unasked.
  var atEnd: () -> Bool = { false }
  // SAFETY: allocated here, freed in deinit; libyara has the pointer no longer than a scan takes.
  private let current = UnsafeMutablePointer<YR_MEMORY_BLOCK>.allocate(capacity: 1)

  /// - Parameter fileSize: what `filesize` is in conditions; nil leaves it undefined, as for any memory.
  init(searched: [Block], read: [Block], fileSize: UInt64?) {
    self.searched = searched
    self.read = read
    self.fileSize = fileSize
    unsafe current.initialize(to: YR_MEMORY_BLOCK())
  }

  deinit { unsafe current.deallocate() }

  /// Lets libyara scan these blocks; returns its error code.
  func scan(with scanner: UnsafeMutablePointer<YR_SCANNER>) -> CInt {
    var iterator = unsafe YR_MEMORY_BLOCK_ITERATOR()
    // SAFETY: this object outlives the call, and the iterator's functions are called within it alone.
    unsafe iterator.context = Unmanaged.passUnretained(self).toOpaque()
    unsafe iterator.first = { iterator in unsafe BlockSequence.of(iterator)?.first(iterator) }
    unsafe iterator.next = { iterator in unsafe BlockSequence.of(iterator)?.following(iterator) }
    if fileSize != nil { unsafe iterator.file_size = { iterator in unsafe BlockSequence.of(iterator)?.fileSize ?? 0 } }
    isFirstPass = true
    passes = 0
    return unsafe yr_scanner_scan_mem_blocks(scanner, &iterator)
  }

  private static func of(_ iterator: UnsafeMutablePointer<YR_MEMORY_BLOCK_ITERATOR>?) -> BlockSequence? {
    // SAFETY: `scan` set the pointer.
    guard let context = unsafe iterator?.pointee.context else { return nil }
    return unsafe Unmanaged<BlockSequence>.fromOpaque(context).takeUnretainedValue()
  }

  private func first(_ iterator: UnsafeMutablePointer<YR_MEMORY_BLOCK_ITERATOR>?) -> UnsafeMutablePointer<YR_MEMORY_BLOCK>? {
    passes += 1
    isFirstPass = passes == 1
    next = 0
    return unsafe following(iterator)
  }

  private func following(_ iterator: UnsafeMutablePointer<YR_MEMORY_BLOCK_ITERATOR>?) -> UnsafeMutablePointer<YR_MEMORY_BLOCK>? {
    // SAFETY: blocks stay readable while their owner lets them be scanned, which ends after `scan`.
    unsafe iterator?.pointee.last_error = ERROR_SUCCESS
    let blocks = isFirstPass ? searched : read
    guard next < blocks.count else {
      if isFirstPass, atEnd() { unsafe iterator?.pointee.last_error = ERROR_CALLBACK_ERROR }
      return nil
    }
    let block = blocks[next]
    next += 1
    unsafe current.pointee.base = block.start
    unsafe current.pointee.size = block.bytes.count
    unsafe current.pointee.context = UnsafeMutableRawPointer(mutating: block.bytes.baseAddress)
    unsafe current.pointee.fetch_data = { block in unsafe UnsafePointer(block?.pointee.context?.assumingMemoryBound(to: UInt8.self)) }
    return unsafe current
  }
}
