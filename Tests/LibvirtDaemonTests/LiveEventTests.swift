internal import Foundation
internal import TestSupport
internal import Testing

@testable internal import Platforms

/// A real libvirtd whose domains change, as following hears of it.
@Suite(.enabled(if: LibvirtDaemon.obstacle == nil, "\(LibvirtDaemon.obstacle ?? "")"))
struct LiveEventTests {
  /// The first changes that are told within a time.
  private func told(_ events: LibvirtEvents, seconds: Int) -> [SourceChange] {
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
      guard ReadableDescriptors.wait([events.descriptor], milliseconds: 200).contains(events.descriptor) else { continue }
      let changes = events.changes()
      if !changes.isEmpty { return changes }
    }
    return []
  }

  @Test func aDomainThatIsDefinedIsTold() throws {
    let daemon = try LibvirtDaemon.start()
    defer { daemon.stop() }
    let events = try #require(LibvirtEvents(uri: daemon.uri))
    // virsh says nothing until it listens, so the domain is defined until it is heard.
    var changes: [SourceChange] = []
    for _ in 0..<20 where changes.isEmpty {
      try daemon.define(
        """
        <domain type='qemu'>
          <name>probe</name><uuid>0b0d0f11-1315-4719-9b1d-1f2123252729</uuid><memory unit='MiB'>64</memory>
          <os><type arch='x86_64' machine='pc'>hvm</type></os>
        </domain>
        """)
      changes = told(events, seconds: 1)
    }
    #expect(changes == [.machine])
  }

  @Test func aDaemonThatIsNotThereEndsTheSource() throws {
    let events = try #require(LibvirtEvents(uri: "qemu+unix:///system?socket=/nonexistent/libvirt-sock"))
    let changes = told(events, seconds: 20)
    guard case .ended = changes.last else {
      Issue.record("\(changes)")
      return
    }
  }

  @Test(
    "Lines that tell of an event",
    arguments: [
      ("2026-11-24 16:38:38.123+0000: event 'lifecycle' for domain 'web-07': Started Booted", true),
      ("events received: 3", false), ("error: failed to connect to the hypervisor", false), ("", false),
    ])
  func lines(text: String, isEvent: Bool) {
    #expect(LibvirtEvents.isEvent(Array(text.utf8)[...]) == isEvent)
  }
}
