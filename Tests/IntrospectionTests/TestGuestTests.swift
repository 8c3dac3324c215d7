import Foundation
import TestSupport
import Testing

@Suite(
  "The guest that tests boot", .enabled(if: TestGuest.obstacle() == nil, "\(TestGuest.obstacle() ?? "")"),
  .guest(GuestRecipe { $0.workload = [.fork, .network, .people] }))
struct TestGuestTests {
  @Test("runs commands and tells their output and failure") func commands() throws {
    let guest = try TestGuest.shared()
    #expect(guest.release.hasPrefix("6.1."))
    #expect(try guest.run("echo one; echo two >&2") == "one\ntwo\n")
    #expect(try guest.run("cat /proc/sys/kernel/hostname") == "ringwall-guest\n")
    #expect(throws: TestGuest.Failure.self) { try guest.run("false") }
    let users = try guest.run("ps -o user,args | grep 'sleep 10000[0-9]'")
    #expect(users.contains("user     sleep 100001") && users.contains("nobody   sleep 100002"))
    #expect(try guest.run("netstat -tn").contains("ESTABLISHED"))
  }

  @Test("a copy of its RAM is sparse, whole and holds the kernel's banner") func image() throws {
    let guest = try TestGuest.shared()
    let path = try guest.ramImage(named: "copy.raw")
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.size] as? Int == 256 << 20)
    let search = try Process.run(
      URL(fileURLWithPath: "/bin/grep"), arguments: ["-q", "-a", "-F", "Linux version \(guest.release) (debian-kernel@lists", path])
    search.waitUntilExit()
    #expect(search.terminationStatus == 0)
    #expect(try guest.run("echo alive") == "alive\n")
  }

  @Test("QEMU is gone once it is stopped") func end() async throws {
    let guest = try await TestGuest.boot(GuestRecipe { $0.kernel = nil })
    #expect(guest.isAlive)
    guest.stop()
    #expect(!guest.isAlive && !FileManager.default.fileExists(atPath: guest.folder))
  }
}
