internal import CXML

/// An XML document written by libxml2's text writer, element by element: names and nesting are ours, every text goes through its escaping.
///
/// XML 1.0 has no form for most controls, and texts come from the machines judged: what cannot be written or seen stands there by its
/// number, as in "‹U+001B›".
@safe final class XMLWriter {
  private let buffer: xmlBufferPtr
  private let writer: xmlTextWriterPtr

  /// Begins a document in UTF-8, indented by two spaces a level. nil where there is no memory for it.
  init?() {
    guard let buffer = unsafe xmlBufferCreate() else { return nil }
    guard let writer = unsafe xmlNewTextWriterMemory(buffer, 0) else {
      unsafe xmlBufferFree(buffer)
      return nil
    }
    unsafe self.buffer = buffer
    unsafe self.writer = writer
    _ = unsafe xmlTextWriterSetIndent(writer, 1)
    _ = unsafe xmlTextWriterSetIndentString(writer, "  ")
    _ = unsafe xmlTextWriterStartDocument(writer, nil, "UTF-8", nil)
  }

  deinit {
    // The writer writes what it holds into the buffer, and goes first.
    unsafe xmlFreeTextWriter(writer)
    unsafe xmlBufferFree(buffer)
  }

  /// Begins an element; attributes without a value are left out.
  func open(_ name: String, _ attributes: KeyValuePairs<String, String?> = [:]) {
    _ = unsafe xmlTextWriterStartElement(writer, name)
    for (name, value) in attributes {
      guard let value else { continue }
      _ = unsafe xmlTextWriterWriteAttribute(writer, name, Self.writable(value))
    }
  }

  /// Ends the element that was begun last.
  func close() { _ = unsafe xmlTextWriterEndElement(writer) }

  /// A whole element with text in it; an empty one where there is none.
  func element(_ name: String, _ attributes: KeyValuePairs<String, String?> = [:], _ text: String? = nil) {
    open(name, attributes)
    if let text { _ = unsafe xmlTextWriterWriteString(writer, Self.writable(text)) }
    close()
  }

  /// What was written since the last call.
  func take() -> [UInt8] {
    _ = unsafe xmlTextWriterFlush(writer)
    let count = Int(unsafe xmlBufferLength(buffer))
    guard count > 0, let content = unsafe xmlBufferContent(buffer) else { return [] }
    // SAFETY: the buffer holds that many bytes until it is emptied below.
    let bytes = unsafe Array(UnsafeBufferPointer(start: content, count: count))
    unsafe xmlBufferEmpty(buffer)
    return bytes
  }

  /// Ends the document, and what of it was not taken yet.
  func finish() -> [UInt8] {
    _ = unsafe xmlTextWriterEndDocument(writer)
    return take()
  }

  /// The text with what XML cannot hold, or a reader cannot see, by its number. Line ends and tabs stay.
  static func writable(_ text: String) -> String {
    func isUnwritable(_ scalar: Unicode.Scalar) -> Bool {
      if scalar == "\n" || scalar == "\t" { return false }
      return Markup.isInvisible(scalar) || scalar.value & 0xFFFE == 0xFFFE
    }
    guard text.unicodeScalars.contains(where: isUnwritable) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      guard isUnwritable(scalar) else {
        result.unicodeScalars.append(scalar)
        continue
      }
      let digits = String(scalar.value, radix: 16, uppercase: true)
      result += "‹U+" + String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits + "›"
    }
    return result
  }
}
