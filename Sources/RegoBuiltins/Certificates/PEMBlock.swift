internal import Rego

/// One block of RFC 1421's textual encoding, read as leniently as Go's encoding/pem: what stands around blocks is passed over.
struct PEMBlock {
  /// "CERTIFICATE", "PUBLIC KEY", ...
  let type: String
  let bytes: [UInt8]

  /// The first block, and what follows it; nil where there is none.
  static func first(in text: ArraySlice<UInt8>) -> (block: PEMBlock, rest: ArraySlice<UInt8>)? {
    var rest = text
    while let start = lineStart(of: begin, in: rest) {
      let labelStart = start + begin.count
      guard let lineEnd = rest[labelStart...].firstIndex(of: 0x0A) else { return nil }
      var label = rest[labelStart..<lineEnd]
      while let last = label.last, last == 0x0D || last == 0x20 || last == 0x09 { label.removeLast() }
      let bodyStart = lineEnd + 1
      guard label.suffix(5).elementsEqual(dashes) else {
        rest = rest[bodyStart...]
        continue
      }
      label = label.dropLast(5)
      let ending = end + label + dashes
      guard let endStart = lineStart(of: ending, in: rest[bodyStart...]) else {
        rest = rest[bodyStart...]
        continue
      }
      var after = rest[(endStart + ending.count)...]
      after = after.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
      if after.first == 0x0A { after = after.dropFirst() }
      if let bytes = try? Base64.decode(body(rest[bodyStart..<endStart]), .standard) {
        return (PEMBlock(type: String(decoding: label, as: UTF8.self), bytes: bytes), after)
      }
      rest = rest[bodyStart...]
    }
    return nil
  }

  /// Every block, and whether anything but blanks stands behind the last.
  static func all(in text: [UInt8]) -> (blocks: [PEMBlock], rest: ArraySlice<UInt8>) {
    var blocks: [PEMBlock] = []
    var rest = text[...]
    while let (block, after) = first(in: rest) {
      blocks.append(block)
      rest = after
    }
    return (blocks, rest)
  }

  private static let begin = Array("-----BEGIN ".utf8)
  private static let end = Array("-----END ".utf8)
  private static let dashes = Array("-----".utf8)

  /// Base64 without headers and blanks.
  private static func body(_ text: ArraySlice<UInt8>) -> [UInt8] {
    var text = text
    // Headers ("Proc-Type: 4,ENCRYPTED") end with an empty line.
    while let lineEnd = text.firstIndex(of: 0x0A), text[..<lineEnd].contains(0x3A) { text = text[(lineEnd + 1)...] }
    return text.filter { $0 > 0x20 }
  }

  /// Where the marker stands at the start of a line.
  private static func lineStart(of marker: some Collection<UInt8>, in text: ArraySlice<UInt8>) -> Int? {
    var index = text.startIndex
    while index < text.endIndex {
      if text[index...].starts(with: marker) { return index }
      guard let next = text[index...].firstIndex(of: 0x0A) else { return nil }
      index = next + 1
    }
    return nil
  }
}
