import Domain
import Platforms

/// A libFuzzer entry: any bytes are read as XML and as a domain. Seeds: Fuzz/Seeds/XML.
///
/// Beyond not crashing: reading ends in a document or in one refusal, places lie inside the text, and reading twice gives the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzXML(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  let lines = bytes.reduce(1) { $0 + ($1 == 0x0A ? 1 : 0) }
  if let document = try? XMLReader.read(bytes, path: "fuzz.xml") {
    precondition(document.count > 0 && document.count <= XMLReader.elements, "no element, or too many")
    check(document.root, lines: lines, depth: 1)
  }
  let collector = DomainCollector(tree: Tree())
  let first = collector.collect(document: bytes, path: "fuzz.xml", target: "fuzz.xml")
  precondition(first.assets.count + first.refusals.count == 1, "neither one asset nor one refusal")
  precondition(first == collector.collect(document: bytes, path: "fuzz.xml", target: "fuzz.xml"), "two readings differ")
  for refusal in first.refusals { precondition(!refusal.message.contains(where: \.isNewline), "a message of several lines") }
  return 0
}

private func check(_ element: XMLElement, lines: Int, depth: Int) {
  precondition(depth <= XMLReader.depth, "nested too deep")
  precondition((1...lines).contains(element.line) && element.column >= 1, "place outside the text")
  for attribute in element.attributes {
    precondition((1...lines).contains(attribute.line) && attribute.column >= 1, "place outside the text")
  }
  for child in element.children { check(child, lines: lines, depth: depth + 1) }
}
