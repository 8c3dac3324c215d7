import Introspection
import TestSupport
import Testing

@Suite(
  "Views of a running guest", .enabled(if: TestGuest.obstacle() == nil, "\(TestGuest.obstacle() ?? "")"),
  .guest(
    GuestRecipe {
      $0.memory = 192
      $0.hasModules = true
      $0.workload = [.fork, .network]
    }))
struct RunningViewTests {
  /// Connections, mounts and modules that come and go.
  private static let churn = """
    mkdir -p /mnt/churn; (while :; do nc -w 1 127.0.0.1 8080 </dev/null; mount -t tmpfs churn /mnt/churn; umount /mnt/churn; rmmod dummy; \
    insmod /lib/modules/dummy.ko; done) </dev/null >/dev/null 2>&1 &
    """

  @Test("are without an alarm while connections, mounts and modules come and go") func quiet() throws {
    let booted = try TestGuest.shared()
    try booted.run(Self.churn)
    // Opened as what runs, so that what differs is looked at again after a while: a busy host lets a guest stand for some milliseconds.
    let guest = try Guest(try LiveMachine(pid: booted.process))
    for _ in 0..<40 {
      let modules = try guest.modules()
      #expect(modules.hidden.isEmpty && modules.inconsistencies.isEmpty, "\(modules.hidden) \(modules.inconsistencies)")
      let mounts = try guest.mounts()
      #expect(mounts.hidden.isEmpty && mounts.inconsistencies.isEmpty, "\(mounts.hidden) \(mounts.inconsistencies)")
      let sockets = try guest.sockets()
      #expect(sockets.hidden.isEmpty && sockets.inconsistencies.isEmpty, "\(sockets.hidden) \(sockets.inconsistencies)")
      let bpf = try guest.bpf()
      #expect(bpf.hidden.isEmpty && bpf.inconsistencies.isEmpty, "\(bpf.hidden) \(bpf.inconsistencies)")
      let log = try guest.log()
      #expect(log.inconsistencies.isEmpty, "\(log.inconsistencies)")
    }
    #expect(try booted.run("echo alive") == "alive\n")
  }
}
