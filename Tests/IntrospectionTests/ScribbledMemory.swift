import Domain
import Foundation
import Judgement
import TestSupport
import Testing

@testable import Introspection

/// Memory in which pointers lead anywhere else and lengths lie, all over: every reader has to come to an end, and the rules with what they read.
enum ScribbledMemory {
  /// Seeds; as many as RINGWALL_TEST_SAMPLES says.
  static let seeds: Range<Int> = {
    let samples = ProcessInfo.processInfo.environment["RINGWALL_TEST_SAMPLES"].flatMap(Int.init) ?? 2
    return 0..<max(1, min(samples, 1000))
  }()

  /// - Parameter path: RAM of one back end, which is copied; `guest` is its guest.
  static func expectAnEnd(copyOf path: String, _ guest: Guest, seed: Int) throws {
    let image = try EditedImage(copyOf: path, named: "scribbled-\(seed).raw")
    let written = try scribble(over: image, guest, seed)
    let told = try faults(try image.guest()).reduce(0, +)
    #expect(written > 1000 && told > 0, "\(written) \(told)")
  }

  private static func scribble(over image: EditedImage, _ guest: Guest, _ seed: Int) throws -> Int {
    var random = SplitMix(UInt64(seed))
    // What the kernel is found by is left alone: everything else is read only where it is found.
    let kernel = guest.physical(guest.kernel.image.lowerBound).map { $0..<$0 + UInt64(guest.kernel.image.count) }
    func place() -> UInt64 { UInt64(random.below(Int(guest.memory.end))) & ~7 }
    var written = 0
    for _ in 0..<1 << 21 where written < 2000 << (seed % 3) {
      let here = place()
      guard kernel?.contains(here) != true, let value = guest.memory.u64(here) else { continue }
      // Pointers, and a hundredth of what counts or says how long something is.
      guard value >> 47 == 0x1FFFF || (value != 0 && value < 1 << 16 && random.below(100) == 0) else { continue }
      let new: UInt64 =
        switch random.below(7) {
        case 0: guest.kernel.directMap &+ here
        case 1: guest.kernel.directMap &+ place()
        case 2: 0
        case 3: 1 << 63
        case 4: .max - 7
        case 5: value &+ 8 &* UInt64(random.below(512))
        default: random.next()
        }
      try image.put(physical: here, new)
      written += 1
    }
    return written
  }

  /// How many faults each view tells; one for a view that is refused as a whole.
  private static func faults(_ guest: Guest) throws -> [Int] {
    func count(_ reading: () throws -> Int) -> Int { (try? reading()) ?? 1 }
    let source = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardizedFileURL.path
    let detections = try Detections.load(from: try DataFolder(named: source))
    return [
      count { try guest.processes().inconsistencies.count }, count { try guest.modules().inconsistencies.count },
      count { try guest.mounts().inconsistencies.count }, count { try guest.openFiles().inconsistencies.count },
      count { try guest.sockets().inconsistencies.count }, count { try guest.bpf().inconsistencies.count },
      count { try guest.log().records.isEmpty ? 1 : 0 }, count { try guest.moments()?.contradictions ?? 0 },
      count {
        let facts = try guest.integrity()
        return try facts.inconsistencies.count + detections.judge(facts.document(target: "image")).hits.count
      },
    ]
  }
}

extension EditedViewTests {
  @Test("pointers all over memory that lead anywhere else end no reading, and are told", arguments: ScribbledMemory.seeds)
  func scribbled(_ seed: Int) throws {
    let known = try KnownGuest.shared()
    try ScribbledMemory.expectAnEnd(copyOf: known.image, known.guest, seed: seed)
  }
}
