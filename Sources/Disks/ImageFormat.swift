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

  /// What the image names beyond itself: a file of the host that whoever wrote the image chose. Such an image is not followed, since it would show
  /// that file's bytes as its own.
  ///
  /// - Returns: what is named, as a sentence says it; nil for an image that stands alone.
  public func reference(in head: [UInt8]) -> String? {
    func word(_ offset: Int, _ count: Int) -> UInt64 {
      guard offset + count <= head.count else { return 0 }
      return head[offset..<offset + count].reduce(0) { $0 << 8 | UInt64($1) }
    }
    switch self {
    case .qcow2:
      // docs/interop/qcow2.txt: version at 4, backing_file_offset at 8, its size at 16, incompatible_features at 72, bit 2 an external data file.
      let place = Int(clamping: word(8, 8))
      if place != 0 {
        let size = Int(clamping: word(16, 4))
        guard size <= 1023, place <= head.count, size <= head.count - place else { return "a backing file" }
        return "the backing file \(EscapedName.text(of: Array(head[place..<place + size])))"
      }
      return word(4, 4) >= 3 && word(72, 8) & 4 != 0 ? "a data file outside itself" : nil
    case .vmdk:
      // A descriptor without an extent's header in front is text that names the files of the data.
      if head.first == UInt8(ascii: "#") { return "extents in other files" }
      return holds("parentFileNameHint", head) ? "a parent image" : nil
    case .raw, .vhdx, .vhd, .vdi: return nil
    }
  }

  private func holds(_ word: String, _ bytes: [UInt8]) -> Bool {
    let word = Array(word.utf8)
    guard bytes.count >= word.count else { return false }
    return (0...bytes.count - word.count).contains { bytes[$0] == word[0] && bytes[$0..<$0 + word.count].elementsEqual(word) }
  }
}
