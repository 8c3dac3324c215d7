/// A value of the language in 16 bytes, trivially copyable; composites and long text are records in a `Heap`.
///
/// `head` holds the tag in its lowest byte. Strings of up to 14 bytes are held in the value itself: their length is the second byte of
/// `head`, their bytes fill the rest of `head` and `body`, so that equality of short strings is equality of two words.
struct Value: BitwiseCopyable, Sendable {
  var head: UInt64
  var body: UInt64

  enum Tag: UInt8 {
    /// No value: what an expression that does not hold yields.
    case undefined = 0
    case null = 1
    /// `body` is 0 or 1.
    case boolean = 2
    /// `body` is the bit pattern of an Int64.
    case integer = 3
    /// Any other number: `body` is the address of a number record.
    case number = 4
    case shortString = 5
    /// `body` is the address of a text record.
    case longString = 6
    case array = 7
    case object = 8
    case set = 9
  }

  @inline(__always)
  init(head: UInt64, body: UInt64) {
    self.head = head
    self.body = body
  }

  @inline(__always)
  init(_ tag: Tag, _ body: UInt64) {
    head = UInt64(tag.rawValue)
    self.body = body
  }

  static let undefined = Value(.undefined, 0)
  static let null = Value(.null, 0)
  static let `true` = Value(.boolean, 1)
  static let `false` = Value(.boolean, 0)

  @inline(__always)
  static func boolean(_ value: Bool) -> Value { Value(.boolean, value ? 1 : 0) }
  @inline(__always)
  static func integer(_ value: Int64) -> Value { Value(.integer, UInt64(bitPattern: value)) }
  @inline(__always)
  static func integer(_ value: Int) -> Value { Value(.integer, UInt64(bitPattern: Int64(value))) }

  @inline(__always)
  var rawTag: UInt8 { UInt8(truncatingIfNeeded: head) }
  @inline(__always)
  var tag: Tag {
    // SAFETY: the lowest byte is only ever written from a Tag.
    unsafe unsafeBitCast(rawTag, to: Tag.self)
  }
  @inline(__always)
  var isUndefined: Bool { rawTag == 0 }
  @inline(__always)
  var isDefined: Bool { rawTag != 0 }
  @inline(__always)
  var isFalse: Bool { head == 2 && body == 0 }
  @inline(__always)
  var isTrue: Bool { head == 2 && body == 1 }
  @inline(__always)
  var address: Memory.Address { UInt(truncatingIfNeeded: body) }
  @inline(__always)
  var isNumber: Bool { rawTag == 3 || rawTag == 4 }
  @inline(__always)
  var isString: Bool { rawTag == 5 || rawTag == 6 }
  @inline(__always)
  var isArray: Bool { rawTag == 7 }
  @inline(__always)
  var isObject: Bool { rawTag == 8 }
  @inline(__always)
  var isSet: Bool { rawTag == 9 }
  @inline(__always)
  var isComposite: Bool { rawTag >= 7 }

  /// The integer of an `integer` value, or of a number that is integral and fits; nil otherwise.
  var exactInt: Int64? {
    switch tag {
    case .integer: Int64(bitPattern: body)
    case .number: NumberRecord(address).exactInt
    default: nil
    }
  }

  @inline(__always)
  var asBool: Bool? { rawTag == 2 ? body == 1 : nil }

  /// The nearest Double of a number; nil for other types.
  var asDouble: Double? {
    switch tag {
    case .integer: Double(Int64(bitPattern: body))
    case .number: NumberRecord(address).double
    default: nil
    }
  }

  /// Order of types (v1/ast/compare.go): null, boolean, number, string, array, object, set. Undefined comes first.
  @inline(__always)
  var typeRank: UInt8 {
    switch rawTag {
    case 0...3: rawTag
    case 4: 3
    case 5, 6: 4
    default: rawTag - 2
    }
  }

  /// OPA's type names, as `type_name` gives them.
  var typeName: StaticString {
    switch tag {
    case .undefined: "undefined"
    case .null: "null"
    case .boolean: "boolean"
    case .integer, .number: "number"
    case .shortString, .longString: "string"
    case .array: "array"
    case .object: "object"
    case .set: "set"
    }
  }
}

// MARK: - Text

extension Value {
  /// Bytes of the longest short string.
  static let shortLimit = 14

  /// A string of at most `shortLimit` bytes.
  @inline(__always)
  static func short(_ bytes: UnsafeBufferPointer<UInt8>) -> Value {
    let count = bytes.count
    let tagged = UInt64(Tag.shortString.rawValue) | UInt64(truncatingIfNeeded: count) << 8
    guard count > 0 else { return Value(head: tagged, body: 0) }
    // SAFETY: every load lies inside the text: those at its end overlap those at its beginning.
    let raw = unsafe UnsafeRawPointer(bytes.baseAddress.unsafelyUnwrapped)
    var low: UInt64 = 0, high: UInt64 = 0
    if count >= 8 {
      low = unsafe UInt64(littleEndian: raw.loadUnaligned(as: UInt64.self))
      let end = unsafe UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self))
      high = count == 8 ? 0 : end >> UInt64(truncatingIfNeeded: 8 &* (16 &- count))
    } else if count >= 4 {
      let start = unsafe UInt64(UInt32(littleEndian: raw.loadUnaligned(as: UInt32.self)))
      let end = unsafe UInt64(UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self)))
      low = start | end << UInt64(truncatingIfNeeded: 8 &* (count &- 4))
    } else {
      var i = 0
      while i < count {
        unsafe low |= UInt64(bytes[i]) << UInt64(truncatingIfNeeded: 8 &* i)
        i &+= 1
      }
    }
    return Value(head: tagged | low << 16, body: low >> 48 | high << 16)
  }

  /// A string from UTF-8 bytes, which must be valid.
  static func string(_ bytes: UnsafeBufferPointer<UInt8>, in heap: Heap) -> Value {
    let count = bytes.count
    if count <= shortLimit { return unsafe short(bytes) }
    let address = heap.allocate(TextRecord.headerSize &+ count)
    Memory.store(address, 8, UInt64(count))
    // SAFETY: the record was allocated with room for count bytes.
    unsafe Memory.pointer(address + UInt(TextRecord.headerSize)).copyMemory(
      from: UnsafeRawPointer(bytes.baseAddress.unsafelyUnwrapped), byteCount: count)
    Memory.store(address, 0, Hashing.bytes(address + UInt(TextRecord.headerSize), count))
    return Value(.longString, UInt64(address))
  }

  static func string(_ bytes: [UInt8], in heap: Heap) -> Value {
    unsafe bytes.withUnsafeBufferPointer { unsafe string($0, in: heap) }
  }

  static func string(_ bytes: ArraySlice<UInt8>, in heap: Heap) -> Value {
    unsafe bytes.withUnsafeBufferPointer { unsafe string($0, in: heap) }
  }

  static func string(_ text: String, in heap: Heap) -> Value {
    var text = text
    return text.withUTF8 { unsafe string($0, in: heap) }
  }

  /// Number of bytes of a string; 0 for other types.
  @inline(__always)
  var textCount: Int {
    switch rawTag {
    case 5: Int(truncatingIfNeeded: (head >> 8) & 0xff)
    case 6: Int(Memory.load(address, 8, as: UInt64.self))
    default: 0
    }
  }

  /// Calls `body` with the UTF-8 bytes of a string (empty for other types). The buffer is valid during the call only.
  @inline(__always)
  func withText<R, E: Error>(_ use: (UnsafeBufferPointer<UInt8>) throws(E) -> R) throws(E) -> R {
    if rawTag == 6 {
      return try unsafe use(Memory.buffer(address + UInt(TextRecord.headerSize), count: textCount))
    }
    // The bytes of a short string follow each other in memory once head is shifted past tag and length.
    var words = (head >> 16 | body << 48, body >> 16)
    let count = textCount
    return try unsafe withUnsafeBytes(of: &words) { raw throws(E) in
      // SAFETY: a short string has at most 14 bytes, all inside the two words.
      try unsafe use(UnsafeBufferPointer(start: raw.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self), count: count))
    }
  }

  /// The bytes of a string; empty for other types.
  var text: [UInt8] { unsafe withText { unsafe Array($0) } }
  /// The text of a string; empty for other types.
  var string: String { unsafe withText { unsafe String(decoding: $0, as: UTF8.self) } }
}

/// Layout of a long string: hash (8 bytes), count (8), bytes.
enum TextRecord {
  static let headerSize = 16
}

/// A number that is no Int64 literal: hash (8), double (8), exact integer (8), flags (4: bit 0 integral and fits Int64, bit 1 a binary
/// number), count (4), the literal's bytes; of a binary number its mantissa (8), exponent (4) and sign (4).
///
/// The literal is kept: numbers are arbitrary-precision decimals, and print as written. A binary number is a result of arithmetic, whose
/// literal is made whenever it is asked for.
struct NumberRecord {
  static let headerSize = 32
  let address: Memory.Address

  @inline(__always)
  init(_ address: Memory.Address) { self.address = address }

  var hash: UInt64 { Memory.load(address, 0) }
  var double: Double { Memory.load(address, 8) }
  private var flags: UInt32 { Memory.load(address, 24) }
  var exactInt: Int64? { flags & 1 == 1 ? Memory.load(address, 16) : nil }
  /// The literal where it is kept; empty for a binary number.
  var bytes: UnsafeBufferPointer<UInt8> { unsafe Memory.buffer(address + 32, count: Int(Memory.load(address, 28, as: UInt32.self))) }
  var literal: [UInt8] {
    if let binary { return binary.text }
    return unsafe Array(bytes)
  }

  /// Whether the literal has a point or an exponent.
  var isFraction: Bool {
    if flags & 2 == 2 { return true }
    return unsafe !bytes.allSatisfy { $0 == 0x2D || $0 &- 0x30 <= 9 }
  }

  var binary: ExtendedFloat? {
    guard flags & 2 == 2 else { return nil }
    return ExtendedFloat(
      isNegative: Memory.load(address, 44, as: UInt32.self) == 1, mantissa: Memory.load(address, 32),
      exponent: Int(Memory.load(address, 40, as: Int32.self)))
  }

  /// - Parameter double: the nearest one.
  static func make(_ number: ExtendedFloat, double: Double, in heap: Heap) -> Value {
    let address = heap.allocate(headerSize + 16)
    Memory.store(address, 0, Hashing.word(double.bitPattern ^ 0x9e37_79b9))
    Memory.store(address, 8, double)
    Memory.store(address, 16, Int64(0))
    Memory.store(address, 24, UInt64(2))
    Memory.store(address, 32, number.mantissa)
    Memory.store(address, 40, Int32(truncatingIfNeeded: number.exponent))
    Memory.store(address, 44, UInt32(number.isNegative ? 1 : 0))
    return Value(.number, UInt64(address))
  }

  /// - Parameters:
  ///   - literal: a valid JSON number.
  ///   - double: the nearest Double (infinite when out of range).
  ///   - exact: its value when it is integral and fits.
  static func make(_ literal: [UInt8], double: Double, exact: Int64?, in heap: Heap) -> Value {
    let address = heap.allocate(headerSize + literal.count)
    let hash = if let exact { Hashing.integer(exact) } else { Hashing.word(double.bitPattern ^ 0x9e37_79b9) }
    Memory.store(address, 0, hash)
    Memory.store(address, 8, double)
    Memory.store(address, 16, exact ?? 0)
    Memory.store(address, 24, UInt32(exact == nil ? 0 : 1))
    Memory.store(address, 28, UInt32(truncatingIfNeeded: literal.count))
    for (i, byte) in literal.enumerated() { Memory.store(address + 32, i, byte) }
    return Value(.number, UInt64(address))
  }
}
