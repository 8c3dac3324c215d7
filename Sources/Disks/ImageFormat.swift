internal import Domain

/// The format of an image file, by the mark that it begins or ends with, and the other files that it names.
public enum ImageFormat: String, Sendable, Hashable, CaseIterable {
  case raw, qcow2, vmdk, vhdx
  /// Microsoft's older format; QEMU calls it vpc.
  case vhd
  case vdi

  /// QEMU's name of the driver.
  var driver: String { self == .vhd ? "vpc" : rawValue }

  /// - Parameters:
  ///   - head: the first bytes, 512 at least where the file has them.
  ///   - tail: the last 512 bytes.
  public init(head: [UInt8], tail: [UInt8]) {
    func begins(_ mark: [UInt8], at offset: Int = 0) -> Bool {
      offset + mark.count <= head.count && head[offset..<offset + mark.count].elementsEqual(mark)
    }
    if begins([0x51, 0x46, 0x49, 0xFB]) {
      self = .qcow2
    } else if begins(Array("KDMV".utf8)) || begins(Array("COWD".utf8)) || begins(Array("# Disk DescriptorFile".utf8)) {
      self = .vmdk
    } else if begins(Array("vhdxfile".utf8)) {
      self = .vhdx
    } else if begins([0x7F, 0x10, 0xDA, 0xBE], at: 64) {
      self = .vdi
    } else if begins(Array("conectix".utf8)) || tail.starts(with: Array("conectix".utf8)) {
      self = .vhd
    } else {
      self = .raw
    }
  }

  private static let dataFile = "a data file outside itself"
  private static let extents = "extents in other files"
  /// References to data that no other image can be named for.
  static let outside: Set<String> = [dataFile, extents]

  /// What the image names beyond itself: a file of the host that whoever wrote the image chose. Such an image is not followed, since it would show
  /// that file's bytes as its own.
  ///
  /// - Parameters:
  ///   - descriptor: the text that a vmdk image holds (`descriptorPlace`), wherever in it.
  ///   - hasBacking: whether the caller has named what lies below; a qcow2 image may name it then.
  /// - Returns: what is named, as a sentence says it; nil for an image that stands alone.
  public func reference(in head: [UInt8], descriptor: [UInt8] = [], hasBacking: Bool = false) -> String? {
    func word(_ offset: Int, _ count: Int) -> UInt64 {
      guard offset + count <= head.count else { return 0 }
      return head[offset..<offset + count].reduce(0) { $0 << 8 | UInt64($1) }
    }
    switch self {
    case .qcow2:
      // docs/interop/qcow2.txt: version at 4, backing_file_offset at 8, its size at 16, incompatible_features at 72, bit 2 an external data file.
      let place = Int(clamping: word(8, 8))
      if place != 0, !hasBacking {
        let size = Int(clamping: word(16, 4))
        guard size <= 1023, place <= head.count, size <= head.count - place else { return "a backing file" }
        return "the backing file \(EscapedName.text(of: Array(head[place..<place + size])))"
      }
      return word(4, 4) >= 3 && word(72, 8) & 4 != 0 ? Self.dataFile : nil
    case .vmdk:
      // A descriptor without an extent's header in front is text that names the files of the data, and so is the one of a header without a capacity.
      if head.first == UInt8(ascii: "#") { return Self.extents }
      if head.starts(with: Array("KDMV".utf8)), head.count >= 20, head[12..<20].allSatisfy({ $0 == 0 }) { return Self.extents }
      return holds("parentFileNameHint", head) || holds("parentFileNameHint", descriptor) ? "a parent image" : nil
    // Microsoft, Virtual Hard Disk Image Format Specification 1.0: disk type at 60 of the footer, 4 is differencing. QEMU takes it for a disk of fixed size.
    case .vhd: return head.starts(with: Array("conectix".utf8)) && word(60, 4) == 4 ? "a parent image" : nil
    case .raw, .vhdx, .vdi: return nil
    }
  }

  /// Whether a qcow2 image is encrypted: crypt_method at 32 of its header (docs/interop/qcow2.txt).
  public func isEncrypted(_ head: [UInt8]) -> Bool { self == .qcow2 && head.count >= 36 && head[32..<36].contains { $0 != 0 } }

  /// Where a vmdk image holds its descriptor, bytes; nil where its header says nothing sensible, or for other formats. At most 1 MiB of it.
  public func descriptorPlace(in head: [UInt8]) -> (offset: Int64, count: Int)? {
    guard self == .vmdk, head.starts(with: Array("KDMV".utf8)), head.count >= 44 else { return nil }
    let offset = head[28..<36].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let count = head[36..<44].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard offset > 0, offset < 1 << 50, count > 0 else { return nil }
    return (Int64(offset) * 512, Int(min(count, 2048)) * 512)
  }

  private func holds(_ word: String, _ bytes: [UInt8]) -> Bool {
    let word = Array(word.utf8)
    guard bytes.count >= word.count else { return false }
    return (0...bytes.count - word.count).contains { bytes[$0] == word[0] && bytes[$0..<$0 + word.count].elementsEqual(word) }
  }
}
