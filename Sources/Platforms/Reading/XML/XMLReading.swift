internal import CXML
internal import Domain

/// What one reading has gathered so far: filled by libxml2's callbacks, in document order.
@safe
final class XMLReading {
  /// The first refusal ends the reading.
  private(set) var refusal: Refusal?
  /// Set while a parser runs.
  var context: xmlParserCtxtPtr?
  /// Once the whole text was handed over: what is waited for now does not come.
  var isFinishing = false

  private let bytes: [UInt8]
  private let path: String
  private var places: LinePlaces
  private var nodes: [XMLDocument.Node] = []
  private var attributes: [XMLAttribute] = []
  /// Open elements: index of the node, and of its last child so far.
  private var open: [(node: Int, lastChild: Int)] = []
  private var text: [UInt8] = []
  private var tag = StartTag()

  init(bytes: [UInt8], path: String) {
    self.bytes = bytes
    self.path = path
    places = LinePlaces(of: bytes)
    nodes.reserveCapacity(min(bytes.count / 40, 4096))
    attributes.reserveCapacity(min(bytes.count / 40, 4096))
  }

  static func of(_ owner: UnsafeMutableRawPointer?) -> XMLReading {
    // SAFETY: libxml2 hands back the pointer that XMLReader.parse gave it, whose object lives until the parser is freed.
    unsafe Unmanaged<XMLReading>.fromOpaque(owner!).takeUnretainedValue()
  }

  /// The root element was read to its end.
  var isComplete: Bool { !nodes.isEmpty && open.isEmpty }

  func document() -> XMLDocument { XMLDocument(nodes: nodes, attributes: attributes) }

  // MARK: Callbacks

  func start(
    _ name: UnsafePointer<xmlChar>?, _ uri: UnsafePointer<xmlChar>?, _ count: Int32,
    _ list: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?
  ) {
    guard refusal == nil else { return }
    // Byte offset of the end of the start tag; its "<" is the last one before it, as no attribute value can hold one.
    let end = min(max(0, unsafe xmlByteConsumed(context)), bytes.count)
    tag.scan(bytes, before: end)
    let place = places.at(tag.start)
    if open.count >= XMLReader.depth {
      refuse("too-deep", "elements nested deeper than \(XMLReader.depth); no libvirt document is", at: tag.start)
      return
    }
    if nodes.count >= XMLReader.elements || attributes.count + Int(count) > XMLReader.attributes {
      refuse("too-large", "more than \(XMLReader.elements) elements or \(XMLReader.attributes) attributes are not read", at: tag.start)
      return
    }
    let index = nodes.count
    flushText()
    if let parent = open.last {
      if parent.lastChild < 0 {
        nodes[parent.node].firstChild = Int32(index)
      } else {
        nodes[parent.lastChild].nextSibling = Int32(index)
      }
      open[open.count - 1].lastChild = index
    }
    let first = Int32(attributes.count)
    for i in 0..<Int(count) {
      // SAFETY: libxml2 passes five pointers an attribute: name, prefix, namespace, start and end of the value.
      unsafe attributes.append(attribute(list! + 5 * i, number: i))
    }
    nodes.append(
      XMLDocument.Node(
        name: unsafe Self.string(name), namespace: unsafe Self.string(uri), attributes: first..<Int32(attributes.count),
        line: Int32(clamping: place.line), column: Int32(clamping: place.column)))
    open.append((index, -1))
    if index == 0, bytes.count > XMLReader.limit, nodes[0].name != "domstatus" {
      refusal = XMLReader.tooLarge(path, XMLReader.limit)
      stop()
    }
  }

  func end() {
    guard refusal == nil, !open.isEmpty else { return }
    flushText()
    open.removeLast()
  }

  func characters(_ start: UnsafePointer<xmlChar>?, _ count: Int32) {
    guard refusal == nil, !open.isEmpty, count > 0 else { return }
    // SAFETY: libxml2 passes `count` readable bytes that live for the call; they are copied at once.
    let run = unsafe UnsafeBufferPointer(start: start, count: Int(count))
    if text.isEmpty, unsafe run.allSatisfy({ $0 <= 0x20 }) { return }
    unsafe text.append(contentsOf: run)
  }

  func entity() {
    refuse("entity", "an entity is declared, and entities are not expanded; write the text itself", at: unsafe xmlByteConsumed(context))
  }

  func fault(code: Int32, level: Int, message: String, line: Int, column: Int) {
    // Level 1 is a warning (a relative namespace, an odd declaration): the document stays well-formed.
    guard refusal == nil, level > 1 else { return }
    if !isComplete, isEndMissing(code) {
      endsEarly()
      return
    }
    let words = message.split(whereSeparator: { $0.isWhitespace }).joined(separator: " ")
    let shown = String(words.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }.prefix(160).map(Character.init))
    // A namespace prefix without a declaration leaves the document readable; libvirt reads such a file too.
    if level == 2, code >= 200, code < 210 { return }
    let line = max(1, line)
    refusal = Refusal(
      target: path, code: "malformed", message: "\(path):\(line): not well-formed XML: \(shown); correct the file (xmllint --noout)",
      line: line, column: column > 0 ? column : nil)
    stop()
  }

  /// Whether a fault is that the text was cut off: what libxml2 waited for did not come.
  private func isEndMissing(_ code: Int32) -> Bool {
    if code == Int32(XML_ERR_DOCUMENT_END.rawValue) { return true }
    guard isFinishing else { return false }
    let unfinished = [XML_ERR_GT_REQUIRED, XML_ERR_LTSLASH_REQUIRED, XML_ERR_TAG_NOT_FINISHED].map { Int32($0.rawValue) }
    return unfinished.contains(code) || bytes.last { $0 > 0x20 } != UInt8(ascii: ">")
  }

  /// The text ends while elements are open.
  func endsEarly() {
    let last = bytes.lastIndex { $0 > 0x20 } ?? 0
    refuse("malformed", "the document ends before its root element does; copy the file again", at: last)
  }

  /// - Parameter offset: byte offset of the fault, nil where there is none.
  func refuse(_ code: String, _ message: String, at offset: Int?) {
    guard refusal == nil else { return }
    let place = offset.map { LinePlace.of(offset: min(max(0, $0), bytes.count), in: bytes) }
    refusal = Refusal(
      target: path, code: code, message: place.map { "\(path):\($0.line): \(message)" } ?? "\(path): \(message)", line: place?.line,
      column: place?.column)
    stop()
  }

  // MARK: -

  private func stop() {
    if let context = unsafe context { unsafe xmlStopParser(context) }
  }

  private func attribute(_ fields: UnsafeMutablePointer<UnsafePointer<xmlChar>?>, number: Int) -> XMLAttribute {
    let place = places.at(tag.value(number))
    let value: String
    if let start = unsafe fields[3], let end = unsafe fields[4], unsafe end > start {
      value = unsafe String(decoding: UnsafeBufferPointer(start: start, count: end - start), as: UTF8.self)
    } else {
      value = ""
    }
    return XMLAttribute(
      name: unsafe Self.string(fields[0]), namespace: unsafe Self.string(fields[2]), value: value, line: place.line, column: place.column)
  }

  /// Character data belongs to the innermost open element, also when children stand between its parts.
  private func flushText() {
    guard !text.isEmpty, let node = open.last?.node else { return }
    var run = text[...]
    while let last = run.last, last <= 0x20 { run.removeLast() }
    while let first = run.first, first <= 0x20 { run.removeFirst() }
    if nodes[node].text.isEmpty {
      nodes[node].text = String(decoding: run, as: UTF8.self)
    } else if nodes[node].text.utf8.count < 1 << 20 {
      nodes[node].text += String(decoding: run, as: UTF8.self)
    }
    text.removeAll(keepingCapacity: true)
  }

  private static func string(_ text: UnsafePointer<xmlChar>?) -> String {
    guard let text = unsafe text else { return "" }
    return unsafe String(cString: text)
  }
}
