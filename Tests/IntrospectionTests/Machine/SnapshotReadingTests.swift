import Foundation
import Introspection
import TestSupport
import Testing

@Suite(
  "Snapshots of a running guest", .enabled(if: TestGuest.obstacle() == nil, "\(TestGuest.obstacle() ?? "")"),
  .enabled(if: FileManager.default.isExecutableFile(atPath: BuiltProgram.path), "the program ringwall is not built beside the tests"),
  .guest(
    GuestRecipe {
      $0.memory = 192
      $0.workload = [.fork, .network, .tmpfs]
    }))
struct SnapshotReadingTests {
  @Test("structures of one moment agree while processes come and go, and the guest runs on") func agree() throws {
    let booted = try TestGuest.shared()
    let machine = try LiveMachine(pid: booted.process)
    let guest = try Guest(machine)
    let window = try machine.pauseWindow(.signal, settings: .built)
    var whole = 0
    var lists: Set<[Int32]> = []
    for _ in 0..<60 {
      let list = try window.snapshot(of: guest) { frozen in
        #expect(!frozen.isRunning)
        return try frozen.processes()
      }
      guard let list else { continue }
      whole += 1
      // What one reading in three shows without a pause: a process that is in one structure and not yet in the other.
      #expect(list.hidden.isEmpty && list.inconsistencies.isEmpty, "\(list.hidden) \(list.inconsistencies)")
      lists.insert(list.processes.map(\.pid))
    }
    #expect(whole >= 50 && lists.count > 5, "\(whole) \(lists.count)")
    #expect(window.roundTrips.count >= UInt64(whole) && window.interruptions == 0)
    #expect(try booted.run("echo alive") == "alive\n")
  }

  @Test("a reading that always needs other memory has no moment, and ends") func endless() throws {
    let booted = try TestGuest.shared()
    let machine = try LiveMachine(pid: booted.process)
    let guest = try Guest(machine)
    let window = try machine.pauseWindow(.signal, settings: .built)
    var next = try #require(guest.memory.populated.max { $0.count < $1.count }).start
    let value = try window.snapshot(of: guest) { frozen in
      next += 4096
      return frozen.memory.u8(next)
    }
    #expect(value == nil && window.roundTrips.count > 1)
    #expect(try booted.run("echo alive") == "alive\n")
  }
}
