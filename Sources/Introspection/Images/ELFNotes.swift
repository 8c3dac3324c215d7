/// The notes of an ELF segment or section: length of the name, of the content, a type, then both, each filled up to four bytes (ELF
/// specification, "Note Section"). Reading ends at the first note that reaches beyond the end.
struct ELFNotes: Sequence, IteratorProtocol {
  struct Note {
    /// Of the note's header in the bytes.
    let offset: Int
    /// Without its zero byte.
    let name: String
    let type: UInt32
    let content: ArraySlice<UInt8>
  }

  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  private func word(_ offset: Int) -> Int {
    Int(bytes[offset]) | Int(bytes[offset + 1]) << 8 | Int(bytes[offset + 2]) << 16 | Int(bytes[offset + 3]) << 24
  }

  mutating func next() -> Note? {
    guard bytes.count - position >= 12 else { return nil }
    let nameLength = word(position)
    let length = word(position + 4)
    let name = position + 12
    let padded = (nameLength + 3) & ~3
    guard nameLength <= 256, padded <= bytes.count - name, length <= bytes.count - name - padded else { return nil }
    let content = name + padded
    let start = position
    position = Swift.min(bytes.count, content + (length + 3) & ~3)
    return Note(
      offset: start,
      name: String(decoding: bytes[name..<name + nameLength].prefix { $0 != 0 }, as: UTF8.self), type: UInt32(word(start + 8)),
      content: bytes[content..<content + length])
  }
}
