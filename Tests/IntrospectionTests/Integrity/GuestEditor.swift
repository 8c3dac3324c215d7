import Foundation
import Introspection
import Synchronization
import TestSupport

/// A saved image of a guest's memory that is changed from outside, as a rootkit would change it from within, and put right again.
final class GuestEditor: @unchecked Sendable {
  let path: String
  let guest: Guest
  private let descriptor: Int32
  private var before: [(offset: UInt64, bytes: [UInt8])] = []

  struct Impossible: Error, CustomStringConvertible { let description: String }

  /// - Parameter path: bare RAM of at most 2 GiB, so that an offset is a physical address.
  init(path: String) throws {
    self.path = path
    guest = try Guest(image: try MemoryImage(path: path))
    descriptor = unsafe open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { throw Impossible(description: "\(path): errno \(errno)") }
  }

  deinit { close(descriptor) }

  /// Runs a body with some changes, and takes them back.
  func with<Result>(_ changes: () throws -> Void, _ body: () throws -> Result) throws -> Result {
    defer { undo() }
    try changes()
    return try body()
  }

  /// Puts the image right again.
  func undo() {
    for change in before.reversed() {
      _ = unsafe change.bytes.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, off_t(change.offset)) }
    }
    before = []
  }

  // MARK: Writing

  func write(physical offset: UInt64, _ bytes: [UInt8]) throws {
    var old = [UInt8](repeating: 0, count: bytes.count)
    let count = unsafe old.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, off_t(offset)) }
    guard count == bytes.count else { throw Impossible(description: "physical \(offset) is not in the image") }
    before.append((offset, old))
    _ = unsafe bytes.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset)) }
  }

  func write(_ address: UInt64, _ bytes: [UInt8]) throws {
    guard let place = guest.physical(address) else { throw Impossible(description: "0x\(String(address, radix: 16)) is not mapped") }
    try write(physical: place, bytes)
  }

  func write(_ address: UInt64, _ value: UInt64) throws { try write(address, unsafe withUnsafeBytes(of: value.littleEndian, Array.init)) }
  func write(_ address: UInt64, _ value: UInt32) throws { try write(address, unsafe withUnsafeBytes(of: value.littleEndian, Array.init)) }

  /// Turns one bit over.
  func flip(_ address: UInt64) throws { try write(address, [UInt8(truncatingIfNeeded: try pointer(address)) ^ 0x10]) }

  // MARK: Finding

  func symbol(_ name: String) throws -> UInt64 {
    guard let address = guest.symbol(name) else { throw Impossible(description: "no symbol \(name)") }
    return address
  }

  func offset(_ structure: String, _ member: String) throws -> UInt64 {
    guard let offset = guest.kernel.offset(structure, member) else { throw Impossible(description: "no member \(structure).\(member)") }
    return offset
  }

  func pointer(_ address: UInt64) throws -> UInt64 {
    guard let value = guest.u64(address) else { throw Impossible(description: "0x\(String(address, radix: 16)) is not mapped") }
    return value
  }

  /// A function that no tracer can enter. From 7.2 on the kernel clears pages in place.
  var untraced: String { guest.symbol("clear_page_rep") == nil ? "memset_orig" : "clear_page_rep" }

  /// Memory that nobody lists: a page of the kernel's data by its address in the direct map.
  func heap() throws -> UInt64 {
    guard let place = guest.physical(try symbol("empty_zero_page")) else { throw Impossible(description: "empty_zero_page is not mapped") }
    return guest.kernel.directMap &+ place
  }

  /// A process of the user 1000 that sleeps.
  func victim() throws -> Introspection.Process {
    try sleeper(user: 1000)
  }

  func sleeper(user: UInt32) throws -> Introspection.Process {
    let processes = try guest.processes().processes
    guard let found = processes.first(where: { $0.arguments?.first == "sleep" && $0.credentials?.uid == user }) else {
      throw Impossible(description: "no sleeping process of user \(user)")
    }
    return found
  }

  /// Takes an entry out of a list, as list_del does.
  func unlink(_ entry: UInt64) throws {
    let next = try pointer(entry)
    let previous = try pointer(entry &+ 8)
    try write(previous, next)
    try write(next &+ 8, previous)
  }

  /// Physical address of the last page table entry that maps an address.
  func entry(of address: UInt64) throws -> UInt64 {
    var table = guest.space.root
    var shift: UInt64 = guest.space.levels == 5 ? 48 : 39
    while true {
      let place = table + (address >> shift & 511) * 8
      guard let entry = guest.memory.u64(place), entry & 1 == 1 else { throw Impossible(description: "it is not mapped") }
      if shift == 12 || (shift <= 30 && entry & 0x80 != 0) { return place }
      table = entry & 0x000F_FFFF_FFFF_F000
      shift -= 9
    }
  }
}
