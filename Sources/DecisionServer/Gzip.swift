internal import CZlib

/// Bodies packed as gzip (RFC 1952), by zlib.
enum Gzip {
  enum Failure: Error {
    case damaged, tooLong
  }

  /// Window of 32 KiB, with gzip's head and tail.
  private static let window = MAX_WBITS + 16
  private static let step = 64 << 10

  static func unpack(_ bytes: [UInt8], limit: Int) throws(Failure) -> [UInt8] {
    var stream = unsafe z_stream()
    guard unsafe inflateInit2_(&stream, window, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { throw .damaged }
    defer { unsafe inflateEnd(&stream) }
    var result: [UInt8] = []
    var input = bytes
    var code = Z_OK
    // SAFETY: zlib reads what is left of the input and writes no more than the part has room for; both outlive the calls.
    unsafe input.withUnsafeMutableBufferPointer { source in
      unsafe stream.next_in = source.baseAddress
      unsafe stream.avail_in = UInt32(clamping: source.count)
      var part = [UInt8](repeating: 0, count: step)
      repeat {
        let written = unsafe part.withUnsafeMutableBufferPointer { target in
          unsafe stream.next_out = target.baseAddress
          unsafe stream.avail_out = UInt32(target.count)
          code = unsafe inflate(&stream, Z_NO_FLUSH)
          return target.count - Int(unsafe stream.avail_out)
        }
        result += part[..<written]
      } while code == Z_OK && result.count <= limit
    }
    if result.count > limit { throw .tooLong }
    guard code == Z_STREAM_END else { throw .damaged }
    return result
  }

  /// Nil where zlib has no memory.
  static func pack(_ bytes: [UInt8]) -> [UInt8]? {
    var stream = unsafe z_stream()
    let begun = unsafe deflateInit2_(
      &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard begun == Z_OK else { return nil }
    defer { unsafe deflateEnd(&stream) }
    var result = [UInt8](repeating: 0, count: Int(unsafe deflateBound(&stream, UInt(bytes.count))))
    var input = bytes
    // SAFETY: the result has room for whatever the input becomes, as deflateBound says; both outlive the call.
    let code = unsafe input.withUnsafeMutableBufferPointer { source in
      unsafe result.withUnsafeMutableBufferPointer { target in
        unsafe stream.next_in = source.baseAddress
        unsafe stream.avail_in = UInt32(clamping: source.count)
        unsafe stream.next_out = target.baseAddress
        unsafe stream.avail_out = UInt32(clamping: target.count)
        return unsafe deflate(&stream, Z_FINISH)
      }
    }
    guard code == Z_STREAM_END else { return nil }
    return Array(result.prefix(Int(unsafe stream.total_out)))
  }
}
