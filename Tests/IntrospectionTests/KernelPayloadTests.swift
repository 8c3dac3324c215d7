import Foundation
import Testing

@testable import Introspection

@Suite("Kernels that a boot loader loads")
struct KernelPayloadTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Fuzz/Seeds/KernelFile").standardizedFileURL.path
  private static let packed = ["vmlinuz-gzip", "vmlinuz-lz4", "vmlinuz-xz", "vmlinuz-zstd"]

  private func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: "\(Self.folder)/\(name)"))) }

  private func file(_ bytes: [UInt8]) throws -> KernelFile {
    let path = FileManager.default.temporaryDirectory.appending(path: "vmlinuz-\(UUID().uuidString)")
    try Data(bytes).write(to: path)
    defer { try? FileManager.default.removeItem(at: path) }
    return try KernelFile(path: path.path)
  }

  @Test("each form holds the same kernel", arguments: Self.packed)
  func same(_ name: String) throws {
    let plain = try KernelFile(path: Self.folder + "/vmlinux")
    let packed = try KernelFile(path: "\(Self.folder)/\(name)")
    #expect(packed.text.bytes == plain.text.bytes && packed.buildID == plain.buildID && packed.buildID?.count == 40)
  }

  @Test("one that is cut or damaged is refused with the place, or holds what it held", arguments: Self.packed)
  func damaged(_ name: String) throws {
    let whole = try bytes(name)
    let plain = try KernelFile(path: Self.folder + "/vmlinux")
    for count in stride(from: 1, to: whole.count, by: 61) {
      #expect(throws: IntrospectionError.self, "\(count) bytes") { try file(Array(whole[..<count])) }
    }
    for place in stride(from: 1040, to: whole.count, by: 7) {
      var bytes = whole
      bytes[place] ^= 0x10
      do throws(IntrospectionError) {
        let read = try Result { try file(bytes) }.mapError { $0 as? IntrospectionError ?? .unreadable(path: "", reason: "\($0)") }.get()
        let form = KernelPayload.Form.allCases.first { name.hasSuffix($0.rawValue) }
        #expect(read.text.bytes == plain.text.bytes || form?.hasChecksum == false, "byte \(place)")
      } catch {
        guard case .malformed = error else {
          Issue.record("\(error)")
          continue
        }
      }
    }
  }

  @Test("any number of sections of one name over the same bytes is one, the first; with another build id nothing is read")
  func sections() throws {
    let size: UInt64 = 4 << 20
    let count: UInt64 = 65_535
    func words(_ values: [UInt64], _ size: Int) -> [UInt8] {
      values.flatMap { value in (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    }
    var bytes: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1] + [UInt8](repeating: 0, count: 58)
    bytes.replaceSubrange(18..<20, with: words([62], 2))
    bytes.replaceSubrange(0x28..<0x30, with: words([64], 8))
    bytes.replaceSubrange(0x3A..<0x40, with: words([64, count, 0], 2))
    let names = Array("\0.text\0".utf8)
    let text = 64 + 64 * count
    // The first header is that of the names.
    bytes += words([0, 3], 4) + words([0, 0, text + size, UInt64(names.count), 0, 0, 0], 8)
    for index in 1..<count { bytes += words([1, 1], 4) + words([0, 0xFFFF_FFFF_8100_0000 + index, text, size, 0, 0, 0], 8) }
    bytes += [UInt8](repeating: 0x90, count: Int(size)) + names
    var read: KernelFile?
    let time = try ContinuousClock().measure { read = try file(bytes) }
    #expect(read?.text.address == 0xFFFF_FFFF_8100_0001)
    #expect(time < .seconds(30))
    let scratch = try ScratchFile(bytes)
    let range = try #require(PhysicalRange(start: 0, count: UInt64(bytes.count)))
    let segment = try PhysicalMemory.Segment(range: range, file: MappedFile(path: scratch.path), fileOffset: 0)
    let memory = try PhysicalMemory(segments: [segment], path: scratch.path)
    #expect(try KernelFile(memory).text.bytes.count == Int(size))
    #expect(throws: IntrospectionError.self) { try KernelFile(memory, build: "00") }
  }

  @Test("headers that lie are refused") func headers() throws {
    let whole = try bytes("vmlinuz-zstd")
    func changed(_ place: Int, _ values: [UInt8]) -> [UInt8] {
      var bytes = whole
      bytes.replaceSubrange(place..<place + values.count, with: values)
      return bytes
    }
    for bytes in [
      changed(0x206, [0x07, 0x02]), changed(0x248, [0xFF, 0xFF, 0xFF, 0xFF]), changed(0x24C, [0, 0, 0, 0]),
      changed(0x24C, [0xFF, 0xFF, 0xFF, 0x7F]), changed(0x1F1, [0xFF]), changed(1040, [0x89, 0x4C, 0x5A, 0x4F]),
    ] {
      #expect(throws: IntrospectionError.self) { try file(bytes) }
    }
  }
}
