import Foundation
import TestSupport
import Testing

/// What programs share lawfully, while it comes and goes: threads, children that borrow memory, open files, namespaces, rights of pages.
private enum LawfulSharing {
  /// A program that does all of this, where a compiler is at hand.
  static let overlay = LastingFile.guestProgram("share", flags: ["-O1", "-static", "-pthread"])

  static func recipe(_ kernel: GuestRecipe.Kernel) -> GuestRecipe {
    GuestRecipe {
      $0.kernel = kernel
      $0.workload = [.fork, .people]
      $0.overlay = overlay
    }
  }

  static func obstacle(_ kernel: GuestRecipe.Kernel) -> String? { TestGuest.obstacle(kernel) ?? (overlay == nil ? "no C compiler" : nil) }

  static func check() throws {
    let guest = try TestGuest.shared()
    try guest.run("/opt/share </dev/null >/dev/null 2>&1 & sleep 2", seconds: 120)
    let samples = ProcessInfo.processInfo.environment["RINGWALL_TEST_SAMPLES"] ?? "4"
    let result = try Program.run(["guest", "check", "pid:\(guest.process)", "--samples", samples, "--format", "json"])
    #expect(result.code == 0, "\(result.alarms) \(result.error)\n\(result.output.prefix(4000))")
    #expect(try guest.run("pidof share | wc -w").dropLast() != "0")
  }
}

@Suite(
  "A guest whose programs share much, Linux 6.1", .serialized,
  .enabled(if: LawfulSharing.obstacle(.cloud) == nil, "\(LawfulSharing.obstacle(.cloud) ?? "")"), .guest(LawfulSharing.recipe(.cloud)))
struct LawfulSharingTests {
  @Test("it gives no alarm, sample after sample") func alarms() throws { try LawfulSharing.check() }
}

@Suite(
  "A guest whose programs share much, Linux 6.12", .serialized,
  .enabled(if: LawfulSharing.obstacle(.backportCloud) == nil, "\(LawfulSharing.obstacle(.backportCloud) ?? "")"),
  .guest(LawfulSharing.recipe(.backportCloud)))
struct LawfulSharingOfNewKernelTests {
  @Test("it gives no alarm, sample after sample") func alarms() throws { try LawfulSharing.check() }
}
