import Foundation
import Introspection
import TestSupport

/// A copy of a guest's RAM that a test writes to, as a rootkit in the guest could have. One back end of at most 2 GiB: an offset is a physical address.
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

  func put(physical: UInt64, _ value: UInt64) throws { try put(physical: physical, (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }) }

  /// Takes an entry out of a `list_head`.
  func unlink(_ entry: UInt64, in guest: Guest) throws {
    guard let next = guest.u64(entry), let previous = guest.u64(entry + 8), let first = guest.physical(previous), let second = guest.physical(next) else {
      throw TestGuest.Failure(description: "the entry is not mapped")
    }
    try put(physical: first, next)
    try put(physical: second + 8, previous)
  }
}
