import Foundation
import Introspection
import QMP
import TestSupport
import Testing

@Suite(
  "A running machine", .enabled(if: TestGuest.obstacle() == nil, "\(TestGuest.obstacle() ?? "")"),
  .guest(
    GuestRecipe {
      $0.processors = 2
      $0.workload = [.fork]
    }))
struct LiveMachineTests {
  @Test("its kernel's banner is found through its memory, named by pid and by socket") func memory() throws {
    let guest = try TestGuest.shared()
    for machine in [try LiveMachine(pid: guest.process), try LiveMachine(socket: guest.secondMonitor)] {
      #expect(machine.process.pid == guest.process && machine.memory.count >= 250 << 20 && machine.monitor != nil)
      #expect(try Guest(machine).kernel.release == guest.release)
    }
  }

  @Test("LSTAR is the kernel's own entry on every processor") func entries() throws {
    let guest = try TestGuest.shared()
    let machine = try LiveMachine(socket: guest.monitor)
    let monitor = try #require(machine.monitor)
    let kernel = try Guest(memory: machine.memory).kernel
    let window = try machine.pauseWindow(.monitor, settings: .built)
    let state = try ProcessorState(monitor, in: window)
    #expect(window.roundTrips.count == 1)
    #expect(state.processors.map(\.processor.index) == [0, 1] && state.isOneMoment)
    for entry in state.processors {
      #expect(entry.entries?.lstar == kernel.symbol("entry_SYSCALL_64"), "\(entry.why ?? "")")
      #expect(entry.processor.isWriteProtected && entry.processor.hasNoExecute == true)
      #expect(entry.processor.idt.limit == 0xFFF)
    }
    let running = try ProcessorState(monitor, in: nil)
    #expect(running.processors.count == 2 && running.processors.allSatisfy { $0.entries == nil && $0.why != nil })
  }

  @Test("a page that the guest writes is seen, one that it leaves alone is not") func watch() throws {
    let guest = try TestGuest.shared()
    let machine = try LiveMachine(pid: guest.process)
    let view = try Guest(memory: machine.memory)
    let hot = try #require(view.symbol("jiffies_64").flatMap { view.physical($0) })
    let banner = try #require(view.symbol("linux_banner").flatMap { view.physical($0) })
    var watch = PageWatch(machine.memory, addresses: [hot, banner, banner + 1, 1 << 50])
    #expect(watch.pages.count == 3)
    #expect(watch.sample().changed.isEmpty)
    try guest.run("usleep 300000")
    let sample = watch.sample()
    #expect(sample.changed == [hot & ~4095] && sample.outside == 1)
    try guest.held {
      _ = watch.sample()
      #expect(watch.sample().changed.isEmpty)
    }
  }

  @Test("KVM's log is not asked for where there is no KVM, which would end QEMU") func rate() throws {
    let guest = try TestGuest.shared()
    let monitor = try Monitor(path: guest.monitor)
    #expect(throws: QMPError.self) { try DirtyRate.measure(monitor, mode: .dirtyBitmap) }
    #expect(guest.isAlive)
    #expect(try DirtyRate.measure(monitor).mode == .pageSampling)
  }
}

@Suite("QEMU processes", .enabled(if: TestGuest.obstacle(nil) == nil, "qemu-system-x86_64 is not installed"))
struct QEMUProcessTests {
  @Test("a running guest is listed with what its command line says") func list() async throws {
    let guest = try await TestGuest.boot(
      GuestRecipe {
        $0.kernel = nil
        $0.machine = .pc
        $0.memory = 96
      })
    let process = try #require(QEMUProcess.all().first { $0.pid == guest.process })
    #expect(process.name == "ringwall-test" && process.machine == "pc" && process.memory == 96 << 20 && process.uuid.count == 36)
    #expect(Array(process.monitors.map(\.path).prefix(3)) == [guest.monitor, guest.secondMonitor, guest.thirdMonitor])
    #expect(!process.monitors.contains { !$0.speaksQMP })
    #expect(process.access == .shared(bytes: 96 << 20, kinds: ["memfd"]))
    guest.stop()
    #expect(QEMUProcess(pid: guest.process) == nil)
  }

  @Test("other processes are no guests") func others() {
    #expect(QEMUProcess(pid: 1) == nil && QEMUProcess(pid: getpid()) == nil && QEMUProcess(pid: -1) == nil && QEMUProcess(pid: .max) == nil)
    #expect(throws: MachineError.noEmulator(pid: 1)) { try LiveMachine(pid: 1) }
  }

  @Test("a socket behind which there is no QEMU is not taken for one") func noMonitor() {
    #expect(throws: MachineError.self) { try LiveMachine(socket: "/nonexistent") }
  }
}
