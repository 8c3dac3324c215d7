internal import CXML
public import Domain

/// Reads XML with libxml2's push parser: nothing is loaded from anywhere, nothing is expanded, and every dimension is bounded.
///
/// Bad input ends in one `Refusal` that names file, line and remedy. Its codes: "too-large", "not-utf8", "malformed", "entity", "too-deep".
public struct XMLReader {
  /// Bytes of a document: a status document of libvirt holds every capability of QEMU and may be larger.
  public static let limit = 16 << 20
  public static let statusLimit = 64 << 20
  public static let depth = 256
  /// Elements and attributes of a document: sixteen times those of the largest guest that libvirt can start.
  public static let elements = 500_000
  public static let attributes = 1_000_000

  private static let chunk = 32 << 10

  /// - Parameter path: how the user names the document; it stands in the refusal.
  public static func read(_ bytes: [UInt8], path: String) throws(Refusal) -> XMLDocument {
    if bytes.count > statusLimit { throw tooLarge(path, statusLimit) }
    try checkText(bytes, path: path)
    let state = XMLReading(bytes: bytes, path: path)
    parse(bytes, into: state)
    if let refusal = state.refusal { throw refusal }
    return state.document()
  }

  static func tooLarge(_ path: String, _ limit: Int) -> Refusal {
    Refusal(
      target: path, code: "too-large",
      message: "\(path): XML of more than \(limit >> 20) MiB is not read; name the document of one domain")
  }

  // MARK: -

  /// What libxml2 would answer in many words: other encodings, binary data, an empty file.
  private static func checkText(_ bytes: [UInt8], path: String) throws(Refusal) {
    if let encoding = foreignEncoding(bytes) {
      throw Refusal(
        target: path, code: "not-utf8", message: "\(path):1: encoding \(encoding) is not read; convert the file to UTF-8 (iconv)", line: 1)
    }
    if let offset = UTF8Check.firstFault(in: bytes) {
      let place = LinePlace.of(offset: offset, in: bytes)
      throw Refusal(
        target: path, code: "not-utf8",
        message: "\(path):\(place.line): column \(place.column) of the line is not UTF-8; convert the file, or name one that is XML",
        line: place.line, column: place.column)
    }
    let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    guard let first = bytes[start...].firstIndex(where: { $0 > 0x20 }) else {
      throw Refusal(target: path, code: "malformed", message: "\(path):1: empty; nothing to read as XML", line: 1, column: 1)
    }
    if bytes[first] != 0x3C {
      let place = LinePlace.of(offset: first, in: bytes)
      throw Refusal(
        target: path, code: "malformed", message: "\(path):\(place.line): not XML: the first character is not <; name an XML file",
        line: place.line, column: place.column)
    }
  }

  /// The encoding of a text that says it is not UTF-8, by its first bytes or its declaration.
  private static func foreignEncoding(_ bytes: [UInt8]) -> String? {
    if bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0x00, 0x3C])
      || bytes.starts(with: [0x3C, 0x00])
    {
      return "UTF-16"
    }
    guard bytes.starts(with: Array("<?xml".utf8)) else { return nil }
    let head = String(decoding: bytes.prefix(200), as: UTF8.self)
    guard let end = head.firstRange(of: "?>"), let key = head[..<end.lowerBound].firstRange(of: "encoding") else { return nil }
    let rest = head[key.upperBound..<end.lowerBound]
    guard let open = rest.firstIndex(where: { $0 == "\"" || $0 == "'" }) else { return nil }
    // EncName of XML 1.0, section 4.3.3; what else stands there is not repeated.
    let told = rest[rest.index(after: open)...].prefix { $0 != rest[open] }
    guard told.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }) else { return "with a malformed name" }
    let name = String(told)
    return ["utf-8", "utf8", "us-ascii", "ascii"].contains(name.lowercased()) ? nil : name
  }

  private static func parse(_ bytes: [UInt8], into state: XMLReading) {
    xmlInitParser()
    var handler = unsafe handlers
    // SAFETY: `state` outlives the context, which is freed before the end of this function and calls back on this thread only.
    let owner = unsafe Unmanaged.passUnretained(state).toOpaque()
    guard let context = unsafe xmlCreatePushParserCtxt(&handler, owner, nil, 0, nil) else {
      state.refuse("io", "out of memory while reading XML", at: nil)
      return
    }
    defer { unsafe xmlFreeParserCtxt(context) }
    _ = unsafe xmlCtxtUseOptions(context, Int32(XML_PARSE_NONET.rawValue))
    unsafe state.context = context
    unsafe bytes.withUnsafeBytes { buffer in
      var offset = 0
      while offset < buffer.count, state.refusal == nil {
        let count = min(chunk, buffer.count - offset)
        // SAFETY: the range lies inside the buffer, and libxml2 copies it.
        let start = unsafe buffer.baseAddress!.advanced(by: offset).assumingMemoryBound(to: CChar.self)
        _ = unsafe xmlParseChunk(context, start, Int32(count), 0)
        offset += count
      }
      state.isFinishing = true
      if state.refusal == nil { _ = unsafe xmlParseChunk(context, nil, 0, 1) }
    }
    if !state.isComplete { state.endsEarly() }
    unsafe state.context = nil
  }

  /// Callbacks of the SAX2 interface that the reader needs; all others stay nil, so that nothing else happens.
  private static var handlers: xmlSAXHandler {
    var handler = unsafe xmlSAXHandler()
    unsafe handler.initialized = UInt32(XML_SAX2_MAGIC)
    unsafe handler.startElementNs = { owner, name, _, uri, _, _, count, _, attributes in
      unsafe XMLReading.of(owner).start(name, uri, count, attributes)
    }
    unsafe handler.endElementNs = { owner, _, _, _ in unsafe XMLReading.of(owner).end() }
    unsafe handler.characters = { owner, text, count in unsafe XMLReading.of(owner).characters(text, count) }
    unsafe handler.cdataBlock = { owner, text, count in unsafe XMLReading.of(owner).characters(text, count) }
    unsafe handler.entityDecl = { owner, _, _, _, _, _ in unsafe XMLReading.of(owner).entity() }
    unsafe handler.unparsedEntityDecl = { owner, _, _, _, _ in unsafe XMLReading.of(owner).entity() }
    unsafe handler.serror = { owner, error in
      guard let owner = unsafe owner, let error = unsafe error else { return }
      let message = unsafe error.pointee.message.map { unsafe String(cString: $0) } ?? "not well-formed"
      unsafe XMLReading.of(owner).fault(
        code: error.pointee.code, level: Int(error.pointee.level.rawValue), message: message, line: Int(error.pointee.line),
        column: Int(error.pointee.int2))
    }
    return unsafe handler
  }
}
