import Testing

/// Archives as an attacker makes them: tar by hand, in a gzip that stores.
enum TarText {
  struct Entry: Sendable, CustomTestStringConvertible {
    let name: [UInt8]
    let content: [UInt8]
    let kind: Character
    let target: String
    /// What the header says, where that is not so.
    let size: Int?
    let sum: Int?

    init(_ name: [UInt8], _ content: String = "", kind: Character = "0", target: String = "", size: Int? = nil, sum: Int? = nil) {
      self.name = name
      self.content = Array(content.utf8)
      self.kind = kind
      self.target = target
      self.size = size
      self.sum = sum
    }

    init(_ name: String, _ content: String = "", kind: Character = "0", target: String = "", size: Int? = nil, sum: Int? = nil) {
      self.init(Array(name.utf8), content, kind: kind, target: target, size: size, sum: sum)
    }

    var testDescription: String { "\(String(decoding: name, as: UTF8.self)) of kind \(kind)" }
  }

  private static func block(_ entry: Entry) -> [UInt8] {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ bytes: some Collection<UInt8>, at offset: Int) {
      header.replaceSubrange(offset..<(offset + bytes.count), with: Array(bytes))
    }
    func octal(_ number: Int, _ width: Int) -> [UInt8] {
      let digits = String(number, radix: 8)
      return Array((String(repeating: "0", count: width - digits.count) + digits).utf8)
    }
    put(entry.name, at: 0)
    put("0000644".utf8, at: 100)
    put("0000000".utf8, at: 108)
    put("0000000".utf8, at: 116)
    put(octal(entry.size ?? entry.content.count, 11), at: 124)
    put(octal(0, 11), at: 136)
    put([UInt8](repeating: 0x20, count: 8), at: 148)
    put(String(entry.kind).utf8, at: 156)
    put(entry.target.utf8, at: 157)
    put("ustar".utf8, at: 257)
    put("00".utf8, at: 263)
    put(octal(entry.sum ?? header.reduce(0) { $0 + Int($1) }, 6) + [0], at: 148)
    let padding = (512 - entry.content.count % 512) % 512
    return header + entry.content + [UInt8](repeating: 0, count: padding)
  }

  static func packed(_ entries: [Entry]) -> [UInt8] {
    stored(entries.flatMap(block) + [UInt8](repeating: 0, count: 1024))
  }

  /// The sum of RFC 1952, by a table.
  private static let sums: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
  }

  /// RFC 1952 around RFC 1951's stored blocks.
  static func stored(_ bytes: [UInt8]) -> [UInt8] {
    func little(_ number: UInt32, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
    var result: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
    var rest = bytes[...]
    repeat {
      let part = rest.prefix(65_535)
      rest = rest.dropFirst(part.count)
      result += [rest.isEmpty ? 1 : 0] + little(UInt32(part.count), 2) + little(~UInt32(part.count), 2) + part
    } while !rest.isEmpty
    var sum: UInt32 = ~0
    for byte in bytes { sum = sums[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] ^ sum >> 8 }
    return result + little(~sum, 4) + little(UInt32(bytes.count), 4)
  }
}
