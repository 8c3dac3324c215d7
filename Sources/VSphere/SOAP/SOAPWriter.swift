internal import CXML

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Writes a request's envelope. libxml2 escapes what stands in it.
struct SOAPWriter {
  private var bytes: [UInt8] = []

  static func envelope(_ body: SOAPElement) -> [UInt8] {
    var writer = SOAPWriter()
    writer.put(#"<?xml version="1.0" encoding="UTF-8"?>"#)
    writer.put(#"<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/""#)
    writer.put(#" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>"#)
    writer.write(body)
    writer.put("</soapenv:Body></soapenv:Envelope>")
    return writer.bytes
  }

  private mutating func write(_ element: SOAPElement) {
    put("<\(element.name)")
    if let namespace = element.namespace { put(" xmlns=\"\(Self.escaped(namespace))\"") }
    if let type = element.objectType { put(" type=\"\(Self.escaped(type))\"") }
    if let type = element.type {
      put(" xsi:type=\"\(type.first?.isLowercase == true ? "xsd:" : "")\(Self.escaped(type))\"")
    }
    put(">")
    if element.children.isEmpty { put(Self.escaped(element.text)) }
    for child in element.children { write(child) }
    put("</\(element.name)>")
  }

  private mutating func put(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private static func escaped(_ text: String) -> String {
    // SAFETY: libxml2 reads the text up to its zero, and gives a new one that is copied and freed here; its allocator is malloc(3) unless a
    // program sets another, and this one does not.
    unsafe text.withCString { pointer in
      let start = unsafe UnsafeRawPointer(pointer).assumingMemoryBound(to: xmlChar.self)
      guard let result = unsafe xmlEncodeSpecialChars(nil, start) else { return "" }
      defer { unsafe free(result) }
      return unsafe String(cString: result)
    }
  }
}
