import Foundation
import TestSupport
import Testing

@testable import Introspection

/// A copy of a guest's RAM that a test writes to, as a rootkit in the guest could have. One back end of at most 2 GiB: an offset is a
/// physical address.
final class EditedImage {
  let path: String
  private let handle: FileHandle

  init(copyOf source: String, named name: String) throws {
    path = (source as NSString).deletingLastPathComponent + "/" + name
    try SparseFile.copy(source, to: path)
    handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
  }

  deinit {
    try? handle.close()
    try? FileManager.default.removeItem(atPath: path)
  }

  func guest() throws -> Guest { try Guest(image: try MemoryImage(path: path)) }

  func put(physical: UInt64, _ bytes: [UInt8]) throws {
    try handle.seek(toOffset: physical)
    try handle.write(contentsOf: Data(bytes))
  }

  func put(physical: UInt64, _ value: UInt64) throws {
    try put(physical: physical, (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) })
  }

  /// The image of a guest whose VMCOREINFO is gone, by the first bytes of each copy of its text.
  static func withoutInformation(copyOf source: String, named name: String) throws -> EditedImage {
    let edited = try EditedImage(copyOf: source, named: name)
    // The note holds the text once more, and what says the same is told once.
    for _ in 0..<2 {
      for sighting in VMCoreInfo.sightings(in: try MemoryImage(path: edited.path).memory()) {
        try edited.put(physical: sighting.address, [UInt8](repeating: 0, count: 16))
      }
    }
    return edited
  }

  /// A guest without VMCOREINFO is found by the form of its tables, and has the same processes.
  ///
  /// - Parameter image: path of its RAM.
  static func expectFoundByForm(_ image: String) throws {
    let expected = try Guest(image: try MemoryImage(path: image))
    let edited = try withoutInformation(copyOf: image, named: "without.raw")
    let guest = try edited.guest()
    #expect(guest.kernel.source == "kallsyms token table" && guest.kernel.image == expected.kernel.image)
    #expect(guest.space.levels == expected.space.levels)
    #expect(try guest.processes().processes == expected.processes().processes)
  }

  /// Takes an entry out of a `list_head`.
  func unlink(_ entry: UInt64, in guest: Guest) throws {
    guard let next = guest.u64(entry), let previous = guest.u64(entry + 8), let first = guest.physical(previous),
      let second = guest.physical(next)
    else {
      throw TestGuest.Failure(description: "the entry is not mapped")
    }
    try put(physical: first, next)
    try put(physical: second + 8, previous)
  }
}
