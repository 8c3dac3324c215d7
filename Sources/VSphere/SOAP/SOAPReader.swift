internal import CXML

/// Reads an answer with libxml2's push parser: nothing is loaded from anywhere, no document type is taken, and every dimension is bounded.
public struct SOAPReader {
  /// Bytes of an answer: the inventory comes in pages, and the largest single thing is the option list of a server.
  public static let limit = 64 << 20
  public static let depth = 96
  public static let elements = 2_000_000

  private static let chunk = 64 << 10

  /// The root element.
  ///
  /// - Throws: `dropped` where the text ends early, `foreign` where it is no XML, `tooLarge`.
  public static func read(_ bytes: [UInt8], from server: String) throws(ServiceFailure) -> SOAPElement {
    guard bytes.count <= limit else {
      throw ServiceFailure(.tooLarge, "\(server): its answer has more than \(limit >> 20) MiB, which no page of an inventory has")
    }
    let state = SOAPReading()
    parse(bytes, into: state)
    if let root = state.root, state.fault == nil { return root }
    switch state.fault {
    case .tooLarge:
      throw ServiceFailure(.tooLarge, "\(server): its answer has more than \(elements) elements or \(depth) levels, which no inventory has")
    case .foreign: throw ServiceFailure(.foreign, "\(server): its answer declares a document type, which no vSphere server does")
    case .malformed where !state.hasBegun:
      throw ServiceFailure(
        .foreign, "\(server): its answer is no XML, so that no vSphere server speaks there; name a vCenter or an ESXi host")
    case .malformed, nil:
      throw ServiceFailure(
        .dropped,
        "\(server): its answer is cut off or damaged at byte \(state.faultOffset ?? bytes.count); try again, and look at what lies between")
    }
  }

  private static func parse(_ bytes: [UInt8], into state: SOAPReading) {
    xmlInitParser()
    var handler = unsafe handlers
    // SAFETY: `state` outlives the context, which is freed before the end of this function and calls back on this thread only.
    let owner = unsafe Unmanaged.passUnretained(state).toOpaque()
    guard let context = unsafe xmlCreatePushParserCtxt(&handler, owner, nil, 0, nil) else { return }
    defer { unsafe xmlFreeParserCtxt(context) }
    // Texts of single values may be long, as those of a log; the sizes above bound the whole.
    _ = unsafe xmlCtxtUseOptions(context, Int32(XML_PARSE_NONET.rawValue | XML_PARSE_HUGE.rawValue))
    unsafe state.context = context
    unsafe bytes.withUnsafeBytes { buffer in
      var offset = 0
      while offset < buffer.count, state.fault == nil {
        let count = min(chunk, buffer.count - offset)
        // SAFETY: the range lies inside the buffer, and libxml2 copies it.
        let start = unsafe buffer.baseAddress!.advanced(by: offset).assumingMemoryBound(to: CChar.self)
        _ = unsafe xmlParseChunk(context, start, Int32(count), 0)
        offset += count
      }
      if state.fault == nil { _ = unsafe xmlParseChunk(context, nil, 0, 1) }
    }
    unsafe state.context = nil
  }

  /// Callbacks of the SAX2 interface that the reader needs; all others stay nil, so that nothing else happens.
  private static var handlers: xmlSAXHandler {
    var handler = unsafe xmlSAXHandler()
    unsafe handler.initialized = UInt32(XML_SAX2_MAGIC)
    unsafe handler.startElementNs = { owner, name, _, _, _, _, count, _, attributes in
      unsafe SOAPReading.of(owner).start(name, Int(count), attributes)
    }
    unsafe handler.endElementNs = { owner, _, _, _ in unsafe SOAPReading.of(owner).end() }
    unsafe handler.characters = { owner, text, count in unsafe SOAPReading.of(owner).characters(text, count) }
    unsafe handler.cdataBlock = { owner, text, count in unsafe SOAPReading.of(owner).characters(text, count) }
    unsafe handler.internalSubset = { owner, _, _, _ in unsafe SOAPReading.of(owner).stop(.foreign) }
    unsafe handler.entityDecl = { owner, _, _, _, _, _ in unsafe SOAPReading.of(owner).stop(.foreign) }
    unsafe handler.serror = { owner, error in
      guard let owner = unsafe owner, let error = unsafe error else { return }
      unsafe SOAPReading.of(owner).fault(error.pointee.code, level: Int(error.pointee.level.rawValue))
    }
    return unsafe handler
  }
}

/// What one reading has gathered so far: filled by libxml2's callbacks, in document order.
@safe
final class SOAPReading {
  enum Fault {
    case malformed, foreign, tooLarge
  }

  private(set) var root: SOAPElement?
  private(set) var fault: Fault?
  private(set) var faultOffset: Int?
  private(set) var hasBegun = false
  /// Set while a parser runs.
  var context: xmlParserCtxtPtr?
  private var open: [SOAPElement] = []
  private var text: [UInt8] = []
  private var count = 0

  static func of(_ owner: UnsafeMutableRawPointer?) -> SOAPReading {
    // SAFETY: libxml2 hands back the pointer that SOAPReader.parse gave it, whose object lives until the parser is freed.
    unsafe Unmanaged<SOAPReading>.fromOpaque(owner!).takeUnretainedValue()
  }

  func start(_ name: UnsafePointer<xmlChar>?, _ attributes: Int, _ list: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?) {
    guard fault == nil else { return }
    hasBegun = true
    count += 1
    guard open.count < SOAPReader.depth, count <= SOAPReader.elements else { return stop(.tooLarge) }
    text.removeAll(keepingCapacity: true)
    var element = SOAPElement(unsafe Self.string(name))
    for i in 0..<attributes {
      // SAFETY: libxml2 passes five pointers an attribute: name, prefix, namespace, start and end of the value.
      guard let field = unsafe list.map({ unsafe $0 + 5 * i }), unsafe Self.string(field[0]) == "type" else { continue }
      guard let start = unsafe field[3], let end = unsafe field[4], unsafe end >= start else { continue }
      let value = unsafe String(decoding: UnsafeBufferPointer(start: start, count: end - start), as: UTF8.self)
      if unsafe field[2] == nil { element.objectType = value } else { element.type = value.split(separator: ":").last.map(String.init) }
    }
    open.append(element)
  }

  func end() {
    guard fault == nil, var element = open.popLast() else { return }
    if element.children.isEmpty { element.text = String(decoding: text, as: UTF8.self) }
    text.removeAll(keepingCapacity: true)
    if open.isEmpty {
      root = element
    } else {
      open[open.count - 1].children.append(element)
    }
  }

  func characters(_ start: UnsafePointer<xmlChar>?, _ count: Int32) {
    guard fault == nil, !open.isEmpty, count > 0 else { return }
    // SAFETY: libxml2 passes `count` readable bytes that live for the call; they are copied at once.
    unsafe text.append(contentsOf: UnsafeBufferPointer(start: start, count: Int(count)))
  }

  func fault(_ code: Int32, level: Int) {
    // Level 1 is a warning, 200 to 209 are namespaces: the document can be read.
    guard fault == nil, level > 1, !(level == 2 && (200..<210).contains(code)) else { return }
    stop(.malformed)
  }

  func stop(_ reason: Fault) {
    guard fault == nil else { return }
    fault = reason
    guard let context = unsafe context else { return }
    faultOffset = max(0, unsafe xmlByteConsumed(context))
    unsafe xmlStopParser(context)
  }

  private static func string(_ text: UnsafePointer<xmlChar>?) -> String {
    guard let text = unsafe text else { return "" }
    return unsafe String(cString: text)
  }
}
