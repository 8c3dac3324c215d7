import Domain
import Introspection
import TestSupport
import Testing

/// A kernel that counts the depth of its calls: boot writes before each function, and turns nearly every call and return.
extension Change {
  private static let everything: Set<IntegrityFacts.Name> = [.kernel, .text, .kernelFile]

  static let counted: [Change] = [
    Change("a call that skips what counts it leads to another function", ["GST-032", "GST-033"], possible: ["GST-036"], everything) {
      let place = try $0.countedCall(in: "vfs_read")
      let distance = UInt32(truncatingIfNeeded: try $0.symbol("__x64_sys_getppid") &- place &- 5)
      try $0.write(place &+ 1, distance)
    },
    Change("a call that leads to what counts another function's", ["GST-032", "GST-033"], possible: ["GST-036"], everything) {
      let place = try $0.countedCall(in: "vfs_read")
      let distance = UInt32(truncatingIfNeeded: try $0.symbol("commit_creds") &- 9 &- place &- 5)
      try $0.write(place &+ 1, distance)
    },
    Change("code in the place of what counts calls", ["GST-032", "GST-033"], possible: ["GST-036"], everything) {
      // MOV EAX, 0 and no operation.
      try $0.write(try $0.symbol("commit_creds") &- 9, [0xB8, 0, 0, 0, 0, 0x0F, 0x1F, 0x40, 0])
    },
    Change("a counter that is another variable", ["GST-032", "GST-033"], possible: ["GST-036"], everything) {
      let place = try $0.symbol("commit_creds") &- 5
      try $0.write(place, UInt32(truncatingIfNeeded: try $0.pointer(place)) &+ 8)
    },
    Change("a counter where no function begins", ["GST-032", "GST-033"], possible: ["GST-036"], everything) {
      let place = try $0.countedCall(in: "vfs_read")
      let start = try $0.symbol("commit_creds") &- 9
      guard var bytes = $0.guest.bytes(start, count: 9) else { throw GuestEditor.Impossible(description: "no code") }
      let distance = UInt32(truncatingIfNeeded: try $0.pointer(start &+ 4)) &+ UInt32(truncatingIfNeeded: start &- place)
      bytes.replaceSubrange(4..<8, with: (0..<4).map { UInt8(truncatingIfNeeded: distance >> ($0 * 8)) })
      try $0.write(place, bytes)
    },
    Change("a return of another kind at a function's beginning", ["GST-032", "GST-033", "GST-034"], possible: ["GST-030"], everything) {
      let place = try $0.begin("security_file_open") &+ 5
      let distance = UInt32(truncatingIfNeeded: try $0.symbol("call_depth_return_thunk") &- place &- 7)
      try $0.write(place, [0x31, 0xC0, 0xE9] + (0..<4).map { UInt8(truncatingIfNeeded: distance >> ($0 * 8)) })
    },
  ]
}

extension GuestEditor {
  /// A call of a function by what counts it, in another function.
  func countedCall(in name: String) throws -> UInt64 {
    let start = try symbol(name)
    guard let code = guest.bytes(start, count: 256) else { throw Impossible(description: "no code of \(name)") }
    for offset in 16..<240 where code[offset] == 0xE8 {
      let place = start &+ UInt64(offset)
      let distance = (1...4).reversed().reduce(0 as UInt32) { $0 << 8 | UInt32(code[offset + $1]) }
      let target = place &+ 5 &+ UInt64(bitPattern: Int64(Int32(bitPattern: distance)))
      if guest.bytes(target, count: 4) == [0x65, 0x48, 0xC1, 0x3D], guest.kernel.symbols.names(at: target &+ 9).isEmpty == false {
        return place
      }
    }
    throw Impossible(description: "\(name) calls nobody by what counts")
  }
}

private func recipe(_ kernel: GuestRecipe.Kernel) -> GuestRecipe {
  GuestRecipe {
    $0.kernel = kernel
    $0.workload = [.fork, .people]
    $0.processor = "Skylake-Client-v1"
    $0.kernelArguments = ["retbleed=stuff", "spectre_v2=retpoline"]
  }
}

@Suite(
  "Integrity of a saved guest whose calls are counted, Linux 6.12", .serialized,
  .enabled(if: TestGuest.obstacle(.backportCloud) == nil, "\(TestGuest.obstacle(.backportCloud) ?? "")"),
  .guest(recipe(.backportCloud)))
struct CountedCallsTests {
  @Test("an untouched guest shows no sign, and nothing of its code is left out") func clean() throws {
    let scene = try IntegrityScene.shared()
    try scene.expectClean()
    try scene.locked {
      let document = try scene.editor.guest.integrity([.text, .kernelFile, .moduleCode], file: scene.file).document(target: "image")
      let file = document["facts"]?["kernelFile"]?["value"]
      #expect(
        file?["count"]?.integer == 0 && file?["unjudged"]?.elements == [] && file?["undecided"]?.elements == [],
        "\(String(describing: file))")
      #expect(document["facts"]?["text"]?["value"]?["swept"]?["unjudged"]?.elements == [])
      #expect(document["facts"]?["moduleCode"]?["value"]?["unjudged"]?.elements == [])
      _ = try scene.editor.countedCall(in: "vfs_read")
    }
  }

  @Test("what boot does not write there is told", arguments: Change.counted)
  func found(_ change: Change) throws { try IntegrityScene.shared().expectFound(change) }

  @Test("any byte of code that was changed is found with nothing given") func everyByte() throws {
    try IntegrityScene.shared().expectEveryByte(24)
  }

  @Test("places that boot patches hold what boot writes there") func bootSites() throws { try IntegrityScene.shared().expectBootSites(8) }
}
