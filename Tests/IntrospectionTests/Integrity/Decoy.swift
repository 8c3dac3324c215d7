import Domain
import Introspection
import Judgement
import Testing

/// Parts of a kernel that somebody planted for tools that search memory by their form.
enum Decoy: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case banner, nearBanner, types, changedTypes, nearTypes, symbols, note

  var testDescription: String { rawValue }

  var source: String {
    switch self {
    case .banner, .nearBanner: "banner"
    case .types, .changedTypes, .nearTypes: "BTF"
    case .note: "VMCOREINFO"
    case .symbols: "kallsyms"
    }
  }

  /// - Parameter isBehind: whether it lies behind the true parts in memory, or anywhere.
  func plant(in editor: GuestEditor, isBehind: Bool = false) throws {
    func hole(_ count: UInt64) throws -> UInt64 { try editor.hole(count, isBehind: isBehind) }
    switch self {
    case .banner:
      let text = Array("Linux version 5.4.0-decoy (nobody@nowhere) (gcc 9.3) #1 SMP\n\0".utf8)
      try editor.write(physical: try hole(4096), text)
    case .nearBanner:
      // The kernel's own but for who built it.
      var text = Array(editor.guest.kernel.banner.utf8)
      guard let place = text.firstIndex(of: UInt8(ascii: "@")) else { throw GuestEditor.Impossible(description: "no builder") }
      text[place - 1] = UInt8(ascii: "x")
      try editor.write(physical: try hole(4096), text + [0x0A, 0])
    case .note:
      let note = try editor.pointer(try editor.symbol("vmcoreinfo_data"))
      guard var text = editor.guest.bytes(note, count: 4096),
        let place = Self.place(of: Array("OFFSET(list_head.next)=".utf8), in: text, from: 0)
      else { throw GuestEditor.Impossible(description: "no note") }
      text[place + 23] = UInt8(ascii: "8")
      try editor.write(physical: try hole(4096), text)
    case .types:
      var types = SyntheticTypes()
      let word = types.integer("long unsigned int", size: 8)
      types.structure("task_struct", size: 4096, [.init("tasks", word, at: 64), .init("pid", word, at: 128), .init("comm", word, at: 512)])
      try editor.write(physical: try hole(4096) + 64, types.bytes)
    case .changedTypes, .nearTypes:
      // The kernel's own, with one member of task_struct elsewhere: of those that are held against it, or another.
      let member = self == .changedTypes ? "comm" : "sibling"
      let start = try editor.symbol("__start_BTF")
      let offset = try UInt32(editor.offset("task_struct", member)) * 8
      guard let own = editor.guest.bytes(start, count: Int(try editor.symbol("__stop_BTF") - start)) else {
        throw GuestEditor.Impossible(description: "no BTF")
      }
      let bytes = try Self.moved(member, from: offset, in: own)
      try editor.write(physical: try hole(UInt64(bytes.count)), bytes)
    case .symbols:
      let start = try editor.symbol("__start_rodata")
      guard var bytes = editor.guest.bytes(start, count: Int(try editor.symbol("__end_rodata") - start)) else {
        throw GuestEditor.Impossible(description: "no read-only data")
      }
      // The token behind the digits begins with another letter, in each table that looks like one of tokens.
      let digits: [UInt8] = (0x30...0x39).flatMap { [$0, 0] }
      var next = 0
      while let place = Self.place(of: digits, in: bytes, from: next) {
        bytes[place + 20] = bytes[place + 20] == 0x51 ? 0x52 : 0x51
        next = place + 20
      }
      try editor.write(physical: try hole(UInt64(bytes.count)), bytes)
    }
  }

  private static func place(of wanted: [UInt8], in bytes: [UInt8], from first: Int) -> Int? {
    for place in first..<bytes.count - wanted.count where bytes[place] == wanted[0] {
      if bytes[place..<place + wanted.count].elementsEqual(wanted) { return place }
    }
    return nil
  }

  /// BTF with a member 8 bytes further, by its name and its offset in bits.
  private static func moved(_ member: String, from offset: UInt32, in types: [UInt8]) throws -> [UInt8] {
    func word(_ place: Int) -> UInt32 {
      var value: UInt32 = 0
      for index in (0..<4).reversed() { value = value << 8 | UInt32(types[place + index]) }
      return value
    }
    let names = 24 + Int(word(12))
    guard let name = place(of: [0] + Array(member.utf8) + [0], in: types, from: names) else {
      throw GuestEditor.Impossible(description: "no name \(member) in BTF")
    }
    for place in stride(from: 24, to: names - 12, by: 4) where word(place) == UInt32(name + 1 - names) && word(place + 8) == offset {
      var changed = types
      changed.replaceSubrange(place + 8..<place + 12, with: SyntheticTypes.words([offset + 64]))
      return changed
    }
    throw GuestEditor.Impossible(description: "no member \(member) in BTF")
  }
}

extension IntegrityScene {
  /// The kernel that was there is found as before, and the decoy is told by what it is.
  func expectRejected(_ decoy: Decoy, isBehind: Bool = false) throws {
    try locked {
      // KASLR may put the kernel where everything behind it is in use.
      if isBehind, (try? editor.hole(5 << 20, isBehind: true)) == nil {
        print("no unused memory lies behind this guest's kernel: \(decoy) behind it proves nothing this time")
        return
      }
      let hits = try editor.with({ try decoy.plant(in: editor, isBehind: isBehind) }) {
        let guest = try Guest(image: try MemoryImage(path: editor.path))
        #expect(guest.kernel.image == editor.guest.kernel.image && guest.kernel.banner == editor.guest.kernel.banner)
        return try detections.judge(try guest.integrity([.kernel]).document(target: "image")).hits
      }
      #expect(Set(hits.map(\.detection.id)) == ["GST-080"])
      #expect(hits.contains { $0.arguments["source"]?.text == decoy.source }, "\(hits.map(\.arguments))")
    }
  }
}
