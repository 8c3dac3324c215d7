import Domain
import Judgement
import TestSupport
import Testing

@testable import Introspection

/// The kernel that boot unpacked, as it still lies in memory, against the code that runs.
extension IntegrityScene {
  /// Nil where the kernel itself was put over it, as KASLR does in one boot of some eighty.
  private func leftover() -> KernelFile? {
    let found = KernelFileSearch(editor.guest).run().file
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

  /// What is told of the kernel's file with nothing given.
  private func searched() throws -> IntegrityFacts.State {
    let outcome = KernelFileSearch(editor.guest).run()
    return try #require(
      try editor.guest.integrity([.kernelFile], file: outcome.file, missing: outcome.missing).facts[.kernelFile])
  }

  private func expectUnreadable(_ name: String, _ sentence: String, _ change: () throws -> Void) throws {
    let state = try editor.with(change) { try searched() }
    guard case .unreadable(let why) = state else { throw GuestEditor.Impossible(description: "\(name): \(state)") }
    #expect(why.contains(sentence), "\(name): \(why)")
  }

  /// A byte of it that somebody writes over switches nothing off: the boot loader's copy has what the other lacks. Without a checksum two copies that do
  /// not agree prove nothing.
  func expectDamageNoted() throws {
    try locked {
      guard let found = leftover() else { return }
      let damage = try LeftoverDamage(editor, found)
      var missed: [String] = []
      // Every 1/8th of it, and its last bytes; a page is what somebody leaves who used it.
      for offset in (1..<8).map({ damage.length / 8 * $0 }) + [damage.length - 64] {
        if !damage.isChecked {
          try expectUnreadable("\(offset)", "--vmlinux") { try damage.scribble(offset) }
        } else if try !damage.isMended({ try damage.scribble(offset) }) {
          missed.append("\(offset)")
        }
        if try !damage.isMended({ try damage.scribble(offset & ~4095, 4096) }) { missed.append("page \(offset)") }
      }
      for entries in [[0], [512], [0, 512]] as [[UInt64]] where try !damage.isMended({ try damage.clear(entries) }) {
        missed.append("entries \(entries)")
      }
      #expect(missed.isEmpty)
      try expectDamageTold(damage)
      try expectDoubt(damage)
    }
  }

  /// The beginning that only one copy has, the same place of both, and more than is looked at.
  private func expectDamageTold(_ damage: LeftoverDamage) throws {
    let mark = damage.place & 4095
    try expectUnreadable("the mark", "--vmlinux") { try damage.clear([mark]) }
    try expectUnreadable("the beginning", "") { try damage.scribble(8192, 8192) }
    try expectUnreadable("entries and mark", "--vmlinux") { try damage.clear([0, 512, mark]) }
    try expectUnreadable("the first page", "--vmlinux") { try damage.clear(Array(0..<4096)) }
    try expectUnreadable("both copies", "") { try damage.scribbleBoth(damage.length / 2, 8192) }
    try expectUnreadable("a crowd", "more of what looks like") {
      let hole = try editor.hole(4096 * 80)
      for index in UInt64(0)..<80 { try editor.write(physical: hole + index * 4096 + 512, KernelFileSearch.entries[0].bytes) }
      try damage.clear([mark])
      editor.guest.memory.refresh()
    }
  }

  /// A difference may be the damage of an image of pages that keep what they held.
  private func expectDoubt(_ damage: LeftoverDamage) throws {
    let function = try editor.symbol("vfs_read") &+ 64
    let isZeroing = try editor.symbol("init_on_alloc")
    let doubt = try editor.with({
      try editor.write(function, [0xCD, 0x80])
      try editor.write(isZeroing, UInt32(0))
    }) { try searched() }
    switch doubt {
    case .present(let value) where damage.isChecked: #expect(value["count"]?.integer == 1)
    case .unreadable where !damage.isChecked: break
    default: Issue.record("\(doubt)")
    }
  }
}

/// The image that boot left, with ways to damage it.
private struct LeftoverDamage {
  let editor: GuestEditor
  let found: KernelFile
  /// Where the payload of the copy that has its beginning lies.
  let place: UInt64
  let length: UInt64
  /// By how far the boot loader's copy is before it.
  let distance: UInt64
  /// Linux 6.1 is packed with LZ4, which has no checksum, later ones with zstd.
  let isChecked: Bool

  init(_ editor: GuestEditor, _ found: KernelFile) throws {
    self.editor = editor
    self.found = found
    place = try #require(found.path.split(separator: "@").last.flatMap { UInt64($0.dropFirst(2), radix: 16) })
    let boot = try #require(editor.guest.boot)
    length = UInt64(boot.length)
    distance = place - (boot.start + boot.offset)
    isChecked = !editor.guest.kernel.release.hasPrefix("6.1.")
  }

  /// Turns bytes over, by their distance from the payload.
  func scribble(_ offset: UInt64, _ count: Int = 1) throws {
    let bytes = editor.guest.memory.bytes(place + offset, count: count) ?? []
    try editor.write(physical: place + offset, bytes.map { $0 ^ 0x55 })
  }

  func scribbleBoth(_ offset: UInt64, _ count: Int) throws {
    for base in [place, place - distance] {
      let bytes = editor.guest.memory.bytes(base + offset, count: count) ?? []
      try editor.write(physical: base + offset, bytes.map { $0 ^ 0x55 })
    }
  }

  /// Empties bytes, by their distance from the image's first page.
  func clear(_ offsets: [UInt64]) throws {
    for offset in offsets { try editor.write(physical: place & ~4095 + offset, [0]) }
  }

  /// Whether the kernel is found whole nevertheless.
  func isMended(_ change: () throws -> Void) throws -> Bool {
    let file = try editor.with(change) { KernelFileSearch(editor.guest).run().file }
    guard let file else { return false }
    return file.text.bytes == found.text.bytes && file.constants.map(\.bytes) == found.constants.map(\.bytes)
  }
}
