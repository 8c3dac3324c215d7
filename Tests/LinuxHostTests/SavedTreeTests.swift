import Foundation
import Testing

@testable internal import Domain
@testable internal import Platforms

/// What is missing from a saved tree is not the same as what is missing on a machine.
@Suite("Saved trees of hosts")
struct SavedTreeTests {
  /// Facts of a tree that holds these files.
  private static func facts(_ files: [String: String]) throws -> [String: Fact] {
    let folder = FileManager.default.temporaryDirectory.appending(path: "ringwall-host-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for (path, text) in files {
      try FileManager.default.createDirectory(
        atPath: ((folder + path) as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try Data(text.utf8).write(to: URL(filePath: folder + path))
    }
    return try #require(LinuxHostCollector(tree: Tree(root: folder)).collect(target: "saved").assets.first).facts
  }

  @Test("an empty tree was not looked at: nothing is absent")
  func empty() throws {
    for (name, fact) in try Self.facts([:]) { #expect(fact.state == .notCollected, "\(name) is \(fact.state)") }
  }

  @Test("every fact names its source")
  func sources() throws {
    for (name, fact) in try Self.facts([
      "/proc/cmdline": "quiet\n", "/sys/module/kvm/parameters/nx_huge_pages": "Y\n", "/etc/group": "kvm:x:1:\n",
    ]) {
      #expect(!fact.source.isEmpty, "\(name)")
    }
  }

  @Test("a module is absent only beside others")
  func modules() throws {
    #expect(try Self.facts(["/proc/cmdline": "quiet\n"])["module.kvm_intel"]?.state == .notCollected)
    #expect(try Self.facts(["/sys/module/ext4/refcnt": "1\n"])["module.kvm_intel"]?.state == .absent)
  }

  @Test("programs are not run for a saved tree")
  func noPrograms() throws {
    let facts = try Self.facts(["/proc/cmdline": "quiet\n"])
    for name in ["audit.loaded", "time.synchronised", "net.bridge_tables"] { #expect(facts[name]?.state == .notCollected, "\(name)") }
  }

  @Test("options of a file in /etc hide those of the same name elsewhere, and the command line comes last")
  func optionsInOrder() throws {
    let facts = try Self.facts([
      "/etc/modprobe.d/kvm.conf": "options kvm_intel nested=0\n", "/usr/lib/modprobe.d/kvm.conf": "options kvm_intel nested=1\n",
      "/usr/lib/modprobe.d/a.conf": "options kvm_intel nested=1\n", "/proc/cmdline": "kvm-intel.nested=1\n", "/sys/module/x/refcnt": "1\n",
    ])
    let fact = try #require(facts["modprobe.kvm_intel.nested"])
    #expect(fact.value == ["1", "0", "1"])
    #expect(fact.source.map(\.name) == ["/usr/lib/modprobe.d/a.conf", "/etc/modprobe.d/kvm.conf", "/proc/cmdline"])
  }

  @Test(
    "a swap file lies on what holds its folder",
    arguments: [
      ("/dev/mapper/vg-root / xfs rw 0 0\n", "LVM-abc", "none"), ("/dev/mapper/vg-root / xfs rw 0 0\n", "CRYPT-LUKS2-abc", "dm-crypt"),
      ("/dev/sda1 / ext4 rw 0 0\n/dev/mapper/vg-root /var ext4 rw 0 0\n", "CRYPT-LUKS2-abc", "dm-crypt"),
      ("tmpfs / tmpfs rw 0 0\n", "", "unknown"),
    ])
  func swapFiles(_ mounts: String, _ uuid: String, _ expected: String) throws {
    let facts = try Self.facts([
      "/proc/swaps": "Filename Type Size Used Priority\n/var/swap\\040file file 1 0 -2\n", "/proc/mounts": mounts,
      "/sys/block/dm-0/dm/name": "vg-root\n", "/sys/block/dm-0/dm/uuid": uuid + "\n",
    ])
    guard case .array(let areas)? = facts["swap.areas"]?.value else {
      Issue.record("no areas")
      return
    }
    #expect(areas.first?["name"] == "/var/swap file")
    #expect(areas.first?["protection"]?.text == expected)
  }

  @Test(
    "a partition of a disk is not encrypted, whether or not the tree shows block devices",
    arguments: [("sda2", "none"), ("nvme0n1p3", "none"), ("md0", "unknown"), ("dm-0", "unknown"), ("zram0", "zram")])
  func swapPartitions(_ device: String, _ expected: String) throws {
    let facts = try Self.facts(["/proc/swaps": "Filename Type Size Used Priority\n/dev/\(device) partition 1 0 -2\n"])
    guard case .array(let areas)? = facts["swap.areas"]?.value else {
      Issue.record("no areas")
      return
    }
    #expect(areas.first?["protection"]?.text == expected)
  }
}
