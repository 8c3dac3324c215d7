import Domain
import Introspection
import Judgement
import Testing

/// Parts of a kernel that somebody planted for tools that search memory by their form.
enum Decoy: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case banner, types, changedTypes, symbols

  var testDescription: String { rawValue }

  var source: String {
    switch self {
    case .banner: "banner"
    case .types, .changedTypes: "BTF"
    case .symbols: "kallsyms"
    }
  }

  func plant(in editor: GuestEditor) throws {
    switch self {
    case .banner:
      let text = Array("Linux version 5.4.0-decoy (nobody@nowhere) (gcc 9.3) #1 SMP\n\0".utf8)
      try editor.write(physical: try editor.hole(4096), text)
    case .types:
      var types = SyntheticTypes()
      let word = types.integer("long unsigned int", size: 8)
      types.structure("task_struct", size: 4096, [.init("tasks", word, at: 64), .init("pid", word, at: 128), .init("comm", word, at: 512)])
      try editor.write(physical: try editor.hole(4096) + 64, types.bytes)
    case .changedTypes:
      // The kernel's own, with the last member of the last structure elsewhere.
      let start = try editor.symbol("__start_BTF")
      guard var bytes = editor.guest.bytes(start, count: Int(try editor.symbol("__stop_BTF") - start)) else {
        throw GuestEditor.Impossible(description: "no BTF")
      }
      let names = 24 + Int(bytes[16]) + Int(bytes[17]) << 8 + Int(bytes[18]) << 16 + Int(bytes[19]) << 24
      bytes[names + 1] = bytes[names + 1] == 0x78 ? 0x79 : 0x78
      try editor.write(physical: try editor.hole(UInt64(bytes.count)), bytes)
    case .symbols:
      let start = try editor.symbol("__start_rodata")
      guard let bytes = editor.guest.bytes(start, count: Int(try editor.symbol("__end_rodata") - start)) else {
        throw GuestEditor.Impossible(description: "no read-only data")
      }
      try editor.write(physical: try editor.hole(UInt64(bytes.count)), bytes)
    }
  }
}

extension IntegrityScene {
  /// The kernel that was there is found as before, and the decoy is told by what it is.
  func expectRejected(_ decoy: Decoy) throws {
    try locked {
      let hits = try editor.with({ try decoy.plant(in: editor) }) {
        let guest = try Guest(image: try MemoryImage(path: editor.path))
        #expect(guest.kernel.image == editor.guest.kernel.image && guest.kernel.banner == editor.guest.kernel.banner)
        return try detections.judge(try guest.integrity([.kernel]).document(target: "image")).hits
      }
      #expect(Set(hits.map(\.detection.id)) == ["GST-080"])
      #expect(hits.contains { $0.arguments["source"]?.text == decoy.source }, "\(hits.map(\.arguments))")
    }
  }
}
