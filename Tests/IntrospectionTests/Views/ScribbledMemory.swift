import Foundation
import TestSupport
import Testing

@testable import Introspection

extension EditedViewTests {
  /// Seeds; as many more as RINGWALL_TEST_SAMPLES says.
  static let seeds = 0..<(ProcessInfo.processInfo.environment["RINGWALL_TEST_SAMPLES"].flatMap(Int.init).map { max(1, min($0, 1000)) } ?? 6)

  @Test("pointers all over memory that lead anywhere else end no reading, and are told", arguments: seeds)
  func scribbled(_ seed: Int) throws {
    let known = try KnownGuest.shared()
    let image = try EditedImage(copyOf: known.image, named: "scribbled-\(seed).raw")
    let guest = known.guest
    var random = SplitMix(UInt64(seed))
    let kernel = guest.physical(guest.kernel.image.lowerBound).map { $0..<$0 + UInt64(guest.kernel.image.count) }
    func place() -> UInt64 { UInt64(random.below(Int(guest.memory.end))) & ~7 }
    // What the kernel is found by is left alone: everything else is read only where it is found.
    var written = 0
    for _ in 0..<(50_000 << (seed % 3)) {
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
    let scribbled = try image.guest()
    let told = faults(scribbled).reduce(0, +)
    #expect(written > 1000 && told > 0, "\(written) \(told)")
  }

  /// How many faults each view tells; one for a view that is refused as a whole.
  private func faults(_ guest: Guest) -> [Int] {
    func count(_ reading: () throws -> Int) -> Int { (try? reading()) ?? 1 }
    return [
      count { try guest.processes().inconsistencies.count }, count { try guest.modules().inconsistencies.count },
      count { try guest.mounts().inconsistencies.count }, count { try guest.openFiles().inconsistencies.count },
      count { try guest.sockets().inconsistencies.count }, count { try guest.bpf().inconsistencies.count },
      count { try guest.log().records.isEmpty ? 1 : 0 }, count { try guest.integrity().inconsistencies.count },
      count { try guest.moments()?.contradictions ?? 0 },
    ]
  }
}
