import Foundation
import TestSupport
import Testing

/// What administrators do to a kernel: trace it, probe it, load and unload modules. None of it is a sign of a takeover.
enum LawfulUse {
  /// A probe at a function's start and one inside of it, in the kernel and in a module, the function tracer over a part of both, probes at the
  /// scheduler's tracepoints, a module that comes and goes, and many others.
  static let begin = [
    "mkdir -p /tmp/t", "mount -t tracefs tracefs /tmp/t", "cd /tmp/t", "echo 'p:ringwall_start do_sys_openat2' >kprobe_events",
    "echo 'r:ringwall_end do_sys_openat2' >>kprobe_events",
    "for f in vfs_read veth_xmit; do for o in $(seq 20 90); do echo p:ringwall_$f $f+$o 2>/dev/null >>kprobe_events && break; done; done",
    "echo p:ringwall_module veth_open >>kprobe_events",
    "while read f; do insmod /lib/modules/$f 2>/dev/null; done </lib/modules/others.list",
    "echo 'vfs_*' >set_ftrace_filter", "echo 'veth_*' >>set_ftrace_filter", "echo function >current_tracer",
    "echo 1 >events/kprobes/enable", "echo 1 >events/sched/sched_switch/enable", "echo 1 >tracing_on",
    "head -n 3 enabled_functions", "grep -c ringwall_v kprobe_events", "wc -l </proc/modules",
    "(while :; do rmmod dummy; usleep 300000; insmod /lib/modules/dummy.ko; usleep 300000; done) >/dev/null 2>&1 &",
  ].joined(separator: "; ")

  static func check() throws {
    let guest = try TestGuest.shared()
    let traced = try guest.run(begin, seconds: 120)
    #expect(traced.contains("do_sys_openat2") || traced.contains("vfs_"), "\(traced)")
    let samples = ProcessInfo.processInfo.environment["RINGWALL_TEST_SAMPLES"] ?? "6"
    let result = try Program.run(["guest", "check", "pid:\(guest.process)", "--samples", samples, "--format", "json"])
    #expect(result.code == 0, "\(result.alarms) \(result.error)\n\(result.output.prefix(4000))")
    #expect(try guest.run("echo alive") == "alive\n")
  }
}

@Suite(
  "A guest that is traced lawfully, Linux 6.1", .serialized,
  .enabled(if: TestGuest.obstacle(.cloud) == nil, "\(TestGuest.obstacle(.cloud) ?? "")"),
  .guest(
    GuestRecipe {
      $0.workload = [.fork, .network]
      $0.hasModules = true
    }))
struct LawfulTracingTests {
  @Test("it gives no alarm, sample after sample") func alarms() throws { try LawfulUse.check() }
}

@Suite(
  "A guest that is traced lawfully, Linux 6.12", .serialized,
  .enabled(if: TestGuest.obstacle(.backportCloud) == nil, "\(TestGuest.obstacle(.backportCloud) ?? "")"),
  .guest(
    GuestRecipe {
      $0.kernel = .backportCloud
      $0.workload = [.fork, .network]
      $0.hasModules = true
    }))
struct LawfulTracingOfNewKernelTests {
  @Test("it gives no alarm, sample after sample") func alarms() throws { try LawfulUse.check() }
}
