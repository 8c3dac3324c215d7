/// What `guest dump` writes into an image of the time in which it was copied: as a note of an ELF core, and in the eight bytes that the header
/// of each LiME range has in reserve. Bare RAM has no place for it. Eight bytes: "RWCP", then a number of 32 bits, little-endian.
public enum CopyMark: Sendable, Hashable {
  /// The guest stood still: all of it is of one moment.
  case still
  /// The guest ran while it was copied, for so many milliseconds; 0 for a copy that was not finished.
  case running(milliseconds: UInt32)

  static let noteName = "RINGWALL"
  static let noteType: UInt32 = 1
  private static let tag: [UInt8] = [0x52, 0x57, 0x43, 0x50]
  /// The number of a guest that stood still.
  private static let stillNumber = UInt32.max

  /// Nil for bytes that are no mark.
  init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == 8, bytes.starts(with: Self.tag) else { return nil }
    let number = bytes.dropFirst(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    self = number == Self.stillNumber ? .still : .running(milliseconds: number)
  }

  var bytes: [UInt8] {
    let number =
      switch self {
      case .still: Self.stillNumber
      case .running(let milliseconds): min(milliseconds, Self.stillNumber - 1)
      }
    return Self.tag + (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }
}
