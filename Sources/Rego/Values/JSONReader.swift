/// Reads a JSON text (RFC 8259, all of it checked, UTF-8 included) into values.
///
/// What it returns is frozen: sorted, and read without writing. Memory and time grow with the text, whatever it holds; the stack does not.
/// Of equal keys the last one wins. Numbers are kept as written.
struct JSONReader: ~Copyable {
  /// Containers inside each other.
  static let depthLimit = 1000

  private enum Mode: UInt64 {
    case array = 0
    /// The keys are a path in the cache's tree; only values stand on the stack.
    case shaped = 1
    /// Keys and values stand on the stack in turn.
    case loose = 2
  }

  let text: JSONText
  private let heap: Heap
  private let shapes: ShapeCache
  private let depthLimit: Int
  let replacesSurrogates: Bool
  private var stack = ValueStack()
  var scratch: [UInt8] = []
  /// How far the text was given back (see `giveBack`); its bytes before that are gone.
  private(set) var given = TextPlace()

  private init(_ text: JSONText, _ heap: Heap, _ shapes: ShapeCache, _ depthLimit: Int, _ replacesSurrogates: Bool) {
    self.text = text
    self.heap = heap
    self.shapes = shapes
    self.depthLimit = depthLimit
    self.replacesSurrogates = replacesSurrogates
  }

  /// - Parameters:
  ///   - heap: Where the values live.
  ///   - shapes: Forms known from earlier documents; its heap must live as long as the values. Nil: forms are found anew, in `heap`.
  ///   - replacesSurrogates: An escaped surrogate without its partner becomes U+FFFD, as in Go; else it is an error.
  static func read(
    _ bytes: UnsafeBufferPointer<UInt8>, in heap: Heap, shapes: ShapeCache? = nil, depthLimit: Int = depthLimit,
    replacesSurrogates: Bool = false
  ) throws(JSONError) -> Value {
    var reader = JSONReader(unsafe JSONText(bytes), heap, shapes ?? ShapeCache(heap: heap), depthLimit, replacesSurrogates)
    return try reader.document(givingBackFrom: .max)
  }

  /// Reads a text that nobody needs afterwards: where it is large, its memory goes back to the system behind what was read.
  static func read(handingOver bytes: consuming [UInt8], in heap: Heap) throws(JSONError) -> Value {
    guard bytes.count >= 2 * portion else { return try read(bytes, in: heap) }
    // A buffer that may be written is this function's own: an array that is shared was copied.
    return try unsafe bytes.withUnsafeMutableBufferPointer { buffer throws(JSONError) in
      var reader = JSONReader(unsafe JSONText(UnsafeBufferPointer(buffer)), heap, ShapeCache(heap: heap), depthLimit, false)
      return try reader.document(givingBackFrom: portion)
    }
  }

  static func read(
    _ bytes: [UInt8], in heap: Heap, shapes: ShapeCache? = nil, replacesSurrogates: Bool = false
  ) throws(JSONError) -> Value {
    try unsafe bytes.withUnsafeBufferPointer { buffer throws(JSONError) in
      try unsafe read(buffer, in: heap, shapes: shapes, replacesSurrogates: replacesSurrogates)
    }
  }

  /// - Parameter first: where text is given back for the first time; the text's memory must then be this reader's own.
  private mutating func document(givingBackFrom first: Int) throws(JSONError) -> Value {
    let text = text
    var full = first
    let root = shapes.root
    var position = 0
    /// Values on the stack; below those of a container stands a record of the container around it.
    var top = 0
    var base = 0
    var depth = 0
    var mode = Mode.array
    var shape = root

    while true {
      position = skipSpace(position)
      if top &+ 3 > stack.capacity { stack.grow(keeping: top) }
      let byte = text.byte(at: position)
      switch byte {
      case 0x22:
        stack[top] = try string(&position)
        top &+= 1
      case 0x7B, 0x5B:
        guard depth < depthLimit else { throw JSONError("exceeded max depth", offset: position, in: text, after: given) }
        stack[top] = Value(head: UInt64(base) << 2 | mode.rawValue, body: UInt64(shape.address))
        top &+= 1
        base = top
        depth &+= 1
        position = skipSpace(position &+ 1)
        if byte == 0x5B {
          mode = .array
          if text.byte(at: position) != 0x5D { continue }
        } else {
          mode = .shaped
          shape = root
          if text.byte(at: position) != 0x7D {
            try key(&position, &top, base, &mode, &shape)
            continue
          }
        }
      case 0x2D, 0x30...0x39:
        stack[top] = try number(&position)
        top &+= 1
      case 0x74, 0x66, 0x6E:
        stack[top] = try word(&position)
        top &+= 1
      default: throw unexpected(position, "looking for beginning of value")
      }

      // A value is complete; so may be the containers that end behind it.
      while true {
        position = skipSpace(position)
        if depth == 0 {
          if position < text.count { throw unexpected(position, "after top-level value") }
          return stack[0]
        }
        let byte = text.byte(at: position)
        if byte == 0x2C {
          position &+= 1
          if mode != .array {
            position = skipSpace(position)
            if top &+ 3 > stack.capacity { stack.grow(keeping: top) }
            try key(&position, &top, base, &mode, &shape)
          }
          break
        }
        guard byte == (mode == .array ? 0x5D : 0x7D) else {
          throw unexpected(position, mode == .array ? "after array element" : "after object key:value pair")
        }
        position &+= 1
        if position >= full { full = giveBack(before: position) }
        let value = close(base, top, mode, shape)
        let outer = stack[base &- 1]
        top = base
        stack[top &- 1] = value
        base = Int(truncatingIfNeeded: outer.head >> 2)
        mode = outer.head & 3 == 0 ? .array : (outer.head & 3 == 1 ? .shaped : .loose)
        shape = Shape(address: UInt(truncatingIfNeeded: outer.body))
        depth &-= 1
      }
    }
  }

  /// Bytes that are read before their memory is given back.
  private static var portion: Int { 4 << 20 }

  /// Gives the memory of text that was read back to the system; what an error says of its place is counted before.
  ///
  /// - Returns: the position from which to do it again.
  @inline(never)
  private mutating func giveBack(before position: Int) -> Int {
    if let pages = Memory.wholePages(from: text.address &+ UInt(given.offset), to: text.address &+ UInt(position)) {
      given.advance(to: Int(pages.upperBound &- text.address), in: text)
      Memory.discard(pages)
    }
    return position &+ Self.portion
  }

  /// Reads a key and the colon behind it.
  @inline(__always)
  private mutating func key(_ position: inout Int, _ top: inout Int, _ base: Int, _ mode: inout Mode, _ shape: inout Shape)
    throws(JSONError)
  {
    guard text.byte(at: position) == 0x22 else { throw unexpected(position, "looking for beginning of object key string") }
    if mode == .shaped, let next = shape.predicted(in: text, at: position &+ 1) {
      shape = next.shape
      position = next.end
    } else {
      try unpredictedKey(&position, &top, base, &mode, &shape)
    }
    if text.byte(at: position) != 0x3A {
      position = skipSpace(position)
      guard text.byte(at: position) == 0x3A else { throw unexpected(position, "after object key") }
    }
    position &+= 1
  }

  @inline(never)
  private mutating func unpredictedKey(
    _ position: inout Int, _ top: inout Int, _ base: Int, _ mode: inout Mode, _ shape: inout Shape
  ) throws(JSONError) {
    let start = position &+ 1
    let end = special(from: start)
    let isPlain = text.byte(at: end) == 0x22
    var range = start..<end
    var isInScratch = false
    if isPlain {
      position = end &+ 1
    } else {
      (range, isInScratch) = try decode(from: start, &position)
    }
    if mode == .shaped {
      let next =
        isInScratch
        ? unsafe scratch.withUnsafeBufferPointer { unsafe shapes.child(of: shape, key: $0) }
        : unsafe shapes.child(of: shape, key: text.buffer(from: range.lowerBound, count: range.count))
      if let next {
        shape = next
        return
      }
      loosen(&top, base, shape)
      mode = .loose
    }
    stack[top] = isInScratch ? .string(scratch, in: heap) : plain(range.lowerBound, range.count)
    top += 1
  }

  /// Puts the keys of a shaped object between its values: it gets a table of its own.
  private mutating func loosen(_ top: inout Int, _ base: Int, _ shape: Shape) {
    let count = top - base
    while base + 2 * count + 3 > stack.capacity { stack.grow(keeping: top) }
    var node = shape
    for index in (0..<count).reversed() {
      stack[base + 2 * index + 1] = stack[base + index]
      stack[base + 2 * index] = node.key
      node = Shape(address: node.parent)
    }
    top = base + 2 * count
  }

  /// The container whose values (and keys) stand on the stack from `base` to `top`.
  @inline(__always)
  private func close(_ base: Int, _ top: Int, _ mode: Mode, _ shape: Shape) -> Value {
    switch mode {
    case .array:
      let count = top &- base
      let array = ArrayView.make(filled: count, in: heap)
      stack.copy(from: base, count: count, to: array.elements)
      return array.value
    case .shaped:
      if shape.table == 0 { shape.finish(in: shapes.heap) }
      let table = KeyTable(address: shape.table), slots = shape.slots
      let object = ObjectView.make(sharing: table, count: table.count, in: heap)
      let values = object.values
      var index = 0
      // A repeated key has the slot of the first one: the later value stays.
      while base &+ index < top {
        Memory.setValue(values, at: Int(Memory.load(slots, index &* 4, as: UInt32.self)), stack[base &+ index])
        index &+= 1
      }
      return object.value
    case .loose: return closeLoose(base, top)
    }
  }

  @inline(never)
  private func closeLoose(_ base: Int, _ top: Int) -> Value {
    let object = ObjectView.make(capacity: (top - base) / 2, in: heap)
    for index in stride(from: base, to: top, by: 2) { object.set(stack[index], stack[index + 1], in: heap) }
    object.sort()
    object.seal()
    return object.value
  }
}

// MARK: - Scalars

extension JSONReader {
  @inline(__always)
  private func skipSpace(_ position: Int) -> Int {
    let byte = text.byte(at: position)
    return byte > 0x20 ? position : skipSpaces(position)
  }

  @inline(never)
  private func skipSpaces(_ position: Int) -> Int {
    var position = position
    while true {
      switch text.byte(at: position) {
      case 0x20, 0x0A, 0x0D, 0x09: position &+= 1
      default: return position
      }
    }
  }

  /// Position of the next byte that needs care in a string: quote, backslash, control or not ASCII; at the text's end a zero stands.
  @inline(__always)
  func special(from start: Int) -> Int {
    let ones: UInt64 = 0x0101_0101_0101_0101, high: UInt64 = 0x8080_8080_8080_8080
    var position = start
    while true {
      let word = text.word(at: position)
      let quotes = word ^ (ones &* 0x22), slashes = word ^ (ones &* 0x5C)
      // Borrows may mark bytes above the lowest hit, which is the one used.
      let hits = ((quotes &- ones) | (slashes &- ones) | (word &- (ones &* 0x20)) | word) & high
      if hits != 0 { return position &+ hits.trailingZeroBitCount >> 3 }
      position &+= 8
    }
  }

  @inline(__always)
  private mutating func string(_ position: inout Int) throws(JSONError) -> Value {
    let start = position &+ 1
    let end = special(from: start)
    if text.byte(at: end) == 0x22 {
      position = end &+ 1
      return plain(start, end &- start)
    }
    return try careful(start, &position)
  }

  @inline(never)
  private mutating func careful(_ start: Int, _ position: inout Int) throws(JSONError) -> Value {
    let (range, isInScratch) = try decode(from: start, &position)
    return isInScratch ? .string(scratch, in: heap) : plain(range.lowerBound, range.count)
  }

  /// The string of bytes that stand in the text as they are.
  @inline(__always)
  private func plain(_ start: Int, _ count: Int) -> Value {
    guard count <= 14 else { return unsafe Value.string(text.buffer(from: start, count: count), in: heap) }
    let head = UInt64(Value.Tag.shortString.rawValue) | UInt64(count) << 8
    if count <= 6 {
      let mask = (1 << UInt64(8 &* count)) &- 1 as UInt64
      return Value(head: head | (text.word(at: start) & mask) << 16, body: 0)
    }
    let body = text.word(at: start &+ 6) & (UInt64.max &>> UInt64(112 &- 8 &* count))
    return Value(head: head | text.word(at: start) << 16, body: body)
  }

  @inline(__always)
  private mutating func number(_ position: inout Int) throws(JSONError) -> Value {
    let start = position
    let isNegative = text.byte(at: start) == 0x2D
    let first = isNegative ? start &+ 1 : start
    var end = first
    var value: UInt64 = 0
    while true {
      let digit = text.byte(at: end) &- 0x30
      if digit > 9 { break }
      value = value &* 10 &+ UInt64(digit)
      end &+= 1
    }
    let next = text.byte(at: end), count = end &- first
    if count > 0, count <= 18, next != 0x2E, next | 0x20 != 0x65, text.byte(at: first) != 0x30 || (count == 1 && !isNegative) {
      position = end
      return .integer(isNegative ? 0 &- Int64(bitPattern: value) : Int64(bitPattern: value))
    }
    return try literal(&position)
  }

  @inline(never)
  private func literal(_ position: inout Int) throws(JSONError) -> Value {
    let start = position
    var end = position
    func digits(_ context: String) throws(JSONError) {
      guard isDigit(end) else { throw unexpected(end, context) }
      while isDigit(end) { end += 1 }
    }
    if text.byte(at: end) == 0x2D { end += 1 }
    if text.byte(at: end) == 0x30 { end += 1 } else { try digits("in numeric literal") }
    if text.byte(at: end) == 0x2E {
      end += 1
      try digits("after decimal point in numeric literal")
    }
    if text.byte(at: end) | 0x20 == 0x65 {
      end += 1
      if text.byte(at: end) == 0x2B || text.byte(at: end) == 0x2D { end += 1 }
      try digits("in exponent of numeric literal")
    }
    position = end
    return unsafe Numbers.parse(text.buffer(from: start, count: end - start), in: heap)
  }

  private func isDigit(_ position: Int) -> Bool { text.byte(at: position) &- 0x30 <= 9 }

  @inline(never)
  private func word(_ position: inout Int) throws(JSONError) -> Value {
    let (expected, value): (StaticString, Value) =
      switch text.byte(at: position) {
      case 0x74: ("true", .true)
      case 0x66: ("false", .false)
      default: ("null", .null)
      }
    for index in 1..<expected.utf8CodeUnitCount {
      // SAFETY: index is below the constant's length.
      let wanted = unsafe expected.utf8Start[index]
      guard text.byte(at: position + index) == wanted else {
        throw unexpected(position + index, "in literal \(expected) (expecting '\(Character(Unicode.Scalar(wanted)))')")
      }
    }
    position += expected.utf8CodeUnitCount
    return value
  }
}

// MARK: - Errors

extension JSONReader {
  @inline(never)
  func unexpected(_ position: Int, _ context: String) -> JSONError {
    guard position < text.count else { return JSONError(JSONError.endOfText, offset: text.count, in: text, after: given) }
    let byte = text.byte(at: position)
    let name =
      switch byte {
      case 0x27: "'\\''"
      case 0x22: "'\"'"
      case 0x20..<0x7F: "'\(Character(Unicode.Scalar(byte)))'"
      case 0x09: "'\\t'"
      case 0x0A: "'\\n'"
      case 0x0D: "'\\r'"
      case 0xA1...0xAC, 0xAE...0xFF: "'\(Character(Unicode.Scalar(byte)))'"
      default: "'\\x\(byte < 16 ? "0" : "")\(String(byte, radix: 16))'"
      }
    return JSONError("invalid character \(name) \(context)", offset: position, in: text, after: given)
  }
}
