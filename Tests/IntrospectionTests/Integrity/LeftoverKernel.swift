import Domain
import Judgement
import TestSupport
import Testing

@testable import Introspection

/// The kernel that boot unpacked, as it still lies in memory, against the code that runs.
extension IntegrityScene {
  /// Nil where the kernel itself was put over it, as KASLR does in one boot of some eighty.
  private func leftover() -> KernelFile? {
    let found = KernelFileSearch(editor.guest).run()
    if found == nil { print("no leftover kernel in this guest's memory: its tests prove nothing this time") }
    return found
  }

  private func state(_ file: KernelFile?) throws -> IntegrityFacts.State {
    try #require(try editor.guest.integrity([.kernelFile], file: file).facts[.kernelFile])
  }

  private func count(_ file: KernelFile) throws -> Int64 {
    guard case .present(let value) = try state(file) else { return -1 }
    return (value["count"]?.integer ?? -1) + (value["constantsCount"]?.integer ?? -1)
  }

  /// It is what the package of the kernel holds, compressed or not, and the untouched guest agrees with it at all places.
  func expectLeftover(_ vmlinuz: String) throws {
    try locked {
      guard let found = leftover() else { return }
      let packed = try KernelFile(path: vmlinuz)
      #expect(found.origin == .memory && packed.origin == .given)
      for file in [found, packed] {
        #expect(file.buildID == editor.guest.kernel.buildID && file.text.bytes == packed.text.bytes)
        #expect(file.constants.map(\.bytes) == packed.constants.map(\.bytes))
        #expect(file.constants.count >= 6 && file.constants.allSatisfy { !$0.bytes.isEmpty })
        guard case .present(let value) = try state(file) else {
          Issue.record("\(try state(file))")
          continue
        }
        #expect(value["count"]?.integer == 0 && value["constantsCount"]?.integer == 0 && value["unjudged"]?.elements == [], "\(value)")
      }
    }
  }

  /// A byte anywhere in the code is found: conditions that were turned, constants, calls of other functions.
  func expectEveryByte(_ count: Int) throws {
    try locked {
      let found = leftover() ?? file
      let text = try CodeMap(editor.guest).text
      let guest = editor.guest
      let bytes = try #require(guest.bytes(text.lowerBound, count: text.count))
      var sites = PatchSiteSearch(guest, text: text, bytes: bytes)
      sites.run([])
      // What the kernel rewrites while it runs is judged by GST-030, and constants of the boot by nobody.
      let rewritten = sites.sites.values.map { (UInt64($0.address)..<$0.address + UInt64($0.length)) }
      let constants = found.bootSites(guest.kernel.types).filter { $0.kind == .constant }
        .map { $0.address &+ guest.kernel.slide..<($0.address &+ guest.kernel.slide &+ UInt64($0.length)) }
      let free = (rewritten + constants).sorted { $0.lowerBound < $1.lowerBound }
      var random = SplitMix(20_261_127)
      var missed: [String] = []
      var tried = 0
      while tried < count {
        let place = text.lowerBound + random.next() % UInt64(text.count)
        if free.contains(where: { $0.contains(place) }) { continue }
        tried += 1
        let before = bytes[Int(place - text.lowerBound)]
        let value = before ^ UInt8(1 + random.next() % 255)
        let seen = try editor.with({ try editor.write(place, [value]) }, { try self.count(found) })
        if seen < 1 { missed.append("0x\(String(place, radix: 16)) \(before) \(value)") }
      }
      #expect(missed.isEmpty)
      #expect(try self.count(found) == 0)
    }
  }

  /// At places that boot patches only what boot writes there is accepted.
  func expectBootSites(_ each: Int) throws {
    try locked {
      let found = leftover() ?? file
      let guest = editor.guest
      let text = try CodeMap(guest).text
      let bytes = try #require(guest.bytes(text.lowerBound, count: text.count))
      var search = PatchSiteSearch(guest, text: text, bytes: bytes)
      search.run([])
      let rewritten = Set(search.sites.values.map(\.address))
      let sites = found.bootSites(guest.kernel.types).filter { text.contains($0.address &+ guest.kernel.slide) && $0.length > 0 }
      var random = SplitMix(7)
      for (kind, all) in Dictionary(grouping: sites, by: \.kind) where kind != .constant {
        var missed: [String] = []
        // Of calls those of tracers and static calls are rewritten.
        let own = all.filter { site in [0, 1].allSatisfy { !rewritten.contains(site.address &+ guest.kernel.slide &- $0) } }
        #expect(!own.isEmpty, "\(kind)")
        for _ in 0..<each where !own.isEmpty {
          let site = own[random.below(own.count)]
          let address = site.address &+ guest.kernel.slide
          // INT 0x80, and what comes behind it stays.
          let seen = try editor.with({ try editor.write(address, Array([0xCD, 0x80].prefix(site.length))) }, { try self.count(found) })
          if seen < 1 { missed.append("\(code(address)) \(bytes[Int(address - text.lowerBound)...].prefix(site.length).hexadecimal)") }
        }
        #expect(missed.isEmpty, "\(kind)")
      }
    }
  }

  private func code(_ address: UInt64) -> String {
    guard let near = editor.guest.kernel.symbols.nearest(address) else { return "-" }
    return "\(near.symbol.name)+\(near.distance)"
  }

  /// One of which pages were used since is not taken, or proves nothing.
  func expectDamageNoted() throws {
    try locked {
      let guest = editor.guest
      guard let found = leftover() else { return }
      let place = try #require(found.path.split(separator: "@").last.flatMap { UInt64($0.dropFirst(2), radix: 16) })
      for offset in [4096, 3 << 20, 8 << 20] as [UInt64] {
        let page = (place + offset) & ~4095
        let file = try editor.with({ try editor.write(physical: page, [UInt8](repeating: 0, count: 4096)) }) { KernelFileSearch(guest).run() }
        #expect(file?.path != found.path, "a page at \(offset) is gone")
      }
      let function = try editor.symbol("vfs_read") &+ 64
      let changed: [UInt8] = [0xCD, 0x80]
      let isZeroing = try editor.symbol("init_on_alloc")
      // Without a checksum, and where pages keep what they held, a difference may be the image's own damage.
      let doubt = try editor.with({
        try editor.write(function, changed)
        try editor.write(isZeroing, UInt32(0))
      }) { try state(leftover()) }
      // Linux 6.12 is packed with zstd, 6.1 with LZ4.
      if guest.kernel.release.hasPrefix("6.12") {
        guard case .present(let value) = doubt else { throw GuestEditor.Impossible(description: "\(doubt)") }
        #expect(value["count"]?.integer == 1)
      } else {
        guard case .unreadable = doubt else { throw GuestEditor.Impossible(description: "\(doubt)") }
      }
    }
  }
}
