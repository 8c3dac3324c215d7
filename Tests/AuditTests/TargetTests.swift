import Domain
import Foundation
import TestSupport
import Testing

@testable import Audit

@Suite("Targets")
final class TargetTests {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("ringwall-targets-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private func file(_ path: String, _ text: String = "x") throws {
    let url = folder.appendingPathComponent(path)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try text.write(to: url, atomically: false, encoding: .utf8)
  }

  private func names(_ targets: [Target]) -> [String] {
    targets.map { $0.name.hasPrefix(folder.path) ? String($0.name.dropFirst(folder.path.count)) : $0.name }
  }

  @Test("Nothing named is this host; a saved tree takes its place")
  func machine() throws {
    try file("etc/hostname")
    #expect(TargetResolver().resolve([], root: nil) == [.machine(name: "this host", root: nil)])
    #expect(TargetResolver().resolve([], root: folder.path) == [.machine(name: folder.path, root: folder.path)])
  }

  @Test("A root that is missing, a file, or a folder without the top of any system is refused")
  func badRoot() throws {
    try file("a")
    for root in [folder.path + "/none", folder.path + "/a", folder.path] {
      guard case .refused(let refusal) = TargetResolver().resolve([], root: root).first else {
        Issue.record("not refused: \(root)")
        continue
      }
      #expect(refusal.message.contains(root))
    }
  }

  @Test("A folder gives its files in order of names, folders walked, links to folders not")
  func walk() throws {
    try file("b.xml")
    try file("a/z.xml")
    try file("a/c.xml")
    try FileManager.default.createSymbolicLink(at: folder.appendingPathComponent("a/loop"), withDestinationURL: folder)
    try FileManager.default.createSymbolicLink(
      at: folder.appendingPathComponent("link.xml"), withDestinationURL: folder.appendingPathComponent("b.xml"))
    #expect(names(TargetResolver().resolve([folder.path + "/"], root: nil)) == ["/a/c.xml", "/a/z.xml", "/b.xml", "/link.xml"])
  }

  @Test("A folder with /etc, /proc or /sys in it is a saved system")
  func savedSystem() throws {
    try file("etc/libvirt/qemu.conf")
    #expect(TargetResolver().resolve([folder.path], root: nil) == [.machine(name: folder.path, root: folder.path)])
  }

  @Test("A file whose name is no UTF-8 is told, and not passed over")
  func unnamed() throws {
    try file("b.xml")
    // 机 in GBK, and a byte that begins no character.
    let script = #"cd "$1" && : > "$(printf '\273\372').vmx" && : > "$(printf '\377').vmx""#
    try #require(try HostProgram.run("sh", ["-c", script, "sh", folder.path]).status == 0)
    let targets = TargetResolver().resolve([folder.path], root: nil)
    #expect(targets.count == 3 && names(targets).contains("/b.xml"))
    let refusals = targets.compactMap { if case .refused(let refusal) = $0 { refusal } else { nil } }
    #expect(refusals.map(\.code) == ["not-utf8", "not-utf8"] && refusals.allSatisfy { $0.message.hasPrefix(folder.path + "/\u{FFFD}") })
  }

  @Test("Folders nested too deeply are refused and the rest is kept")
  func deep() throws {
    try file(Array(repeating: "d", count: 40).joined(separator: "/") + "/far.xml")
    try file("near.xml")
    let targets = TargetResolver().resolve([folder.path], root: nil)
    #expect(targets.count == 2)
    #expect(targets.contains { if case .refused(let refusal) = $0 { refusal.code == "too-deep" } else { false } })
    #expect(names(targets).contains("/near.xml"))
  }

  @Test("An empty folder, a missing file, a bad process id and a connection are refused by name")
  func refused() throws {
    let cases = [
      (folder.path, "not-found"), (folder.path + "/none.xml", "not-found"), ("pid:x", "not-found"), ("pid:0", "not-found"),
      ("qemu:///system", "not-judged"), ("https://host/", "not-judged"),
    ]
    for (name, code) in cases {
      guard case .refused(let refusal) = TargetResolver().resolve([name], root: nil).first else {
        Issue.record("not refused: \(name)")
        continue
      }
      #expect(refusal.code == code)
      #expect(refusal.message.hasPrefix(name))
    }
  }

  @Test("An empty name is no folder")
  func emptyName() {
    let targets = TargetResolver().resolve([""], root: nil)
    #expect(targets.count == 1 && targets.allSatisfy { if case .refused = $0 { true } else { false } })
  }

  @Test("A server is asked, and once")
  func servers() {
    let targets = TargetResolver().resolve(["vsphere://vc", "VSPHERE://10.0.0.7:8443", "vsphere://vc"], root: nil)
    #expect(targets == [.server("vsphere://vc"), .server("VSPHERE://10.0.0.7:8443")])
  }

  @Test("A broken link, and a link to itself, are refused")
  func brokenLink() throws {
    try FileManager.default.createSymbolicLink(atPath: folder.path + "/broken", withDestinationPath: folder.path + "/nowhere")
    try FileManager.default.createSymbolicLink(atPath: folder.path + "/self", withDestinationPath: folder.path + "/self")
    for name in ["/broken", "/self"] {
      guard case .refused = TargetResolver().resolve([folder.path + name], root: nil).first else {
        Issue.record("not refused: \(name)")
        continue
      }
    }
  }

  @Test("A file named twice, or with its folder, is judged once; a process is a target of its own")
  func twice() throws {
    try file("a.xml")
    let path = folder.path + "/a.xml"
    #expect(TargetResolver().resolve([path, path, folder.path], root: nil) == [.file(path, isNamed: true)])
    #expect(TargetResolver().resolve(["pid:12"], root: nil) == [.process(12, name: "pid:12")])
  }
}
