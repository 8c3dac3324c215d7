import Disks
import Domain
import Foundation
import Signatures
import TestSupport
import Testing

@Suite("Manifests of disks") struct ManifestTests {
  /// A manifest's text with a volume, these entries and an end.
  private func manifest(
    _ entries: [DiskEntry], in folder: DiskFolder, _ name: String, unreadable: Int = 0, state: VolumeRecord.State = .read,
    notices: [DiskNotice] = [], cut: String? = nil
  ) throws -> String {
    var lines = [ManifestHeader(disk: "x", format: "raw").line]
    lines += notices.filter { $0.volume == nil }.map { DiskRecord.notice($0).line }
    lines.append(DiskRecord.volume(VolumeRecord(index: 0, offset: 0, size: 1, label: nil, content: "ext4", state: state)).line)
    lines += notices.filter { $0.volume != nil }.map { DiskRecord.notice($0).line }
    lines += entries.map { DiskRecord.entry($0).line }
    var summary = ReadingSummary()
    summary.entries = entries.count
    summary.unreadable = unreadable
    summary.notices = notices.count
    summary.cut = cut
    lines.append(DiskRecord.end(summary).line)
    let path = folder.file(name)
    try Data(lines.flatMap { $0 + [0x0A] }).write(to: URL(fileURLWithPath: path))
    return path
  }

  private func entry(_ path: String, _ change: (inout DiskEntry) -> Void = { _ in }) -> DiskEntry {
    var entry = DiskEntry(volume: 0, path: Array(path.utf8), kind: .file)
    entry.mode = 0o644
    entry.digest = [UInt8](repeating: 7, count: 32)
    change(&entry)
    return entry
  }

  @Test("Every record reads back as it was written") func roundTrip() {
    var odd = DiskEntry(volume: 3, path: [0x2F, 0xFF, 0x5C, 0x0A, 0xE5, 0x90, 0x8D], kind: .symlink, problem: "said \"no\"\n")
    odd.mode = 0o7777
    odd.uid = .max
    odd.gid = 7
    odd.size = .max
    odd.links = 9
    odd.inode = .max
    odd.modified = FileTime(seconds: -1, nanoseconds: 1)
    odd.changed = FileTime(seconds: 1_700_000_000, nanoseconds: 250_000_000)
    odd.created = FileTime(seconds: 0, nanoseconds: 999_999_999)
    odd.target = [0, 1, 0x7F, 0x80]
    odd.stream = Array("Zone.Identifier".utf8)
    odd.digest = Array(0..<32)
    var summary = ReadingSummary()
    summary.entries = 4
    summary.cut = "enough"
    let match = FileMatch(
      volume: 1, path: [0x2F, 0x61], stream: nil, inode: 5, size: 10, rule: "r", namespace: "n", tags: ["t"],
      strings: [MatchString(identifier: "$a", offset: 3, length: 2, context: MatchContext(start: 1, bytes: [0, 255]))], omitted: 2)
    let volume = VolumeRecord(
      index: 2, offset: 1 << 40, size: 5, label: "Linux (0x83)", content: "ext4", state: .unreadable, reason: "why", journal: .replayed)
    for record in [
      .entry(odd), .end(summary), .progress(ReadingSummary()), .match(match), .volume(volume), .failed("x"), .journal(2),
      .notice(DiskNotice(.imageCut, count: 7)), .notice(DiskNotice(.orphans, volume: 3, count: 40, inodes: Array(12..<32))),
    ] as [DiskRecord] {
      #expect(DiskRecord(line: record.line) == record)
      #expect(!record.line.contains(0x0A))
    }
  }

  @Test(
    "What is no record is none",
    arguments: [
      "", "{}", "[]", "null", "{\"volume\":0}", "{\"volume\":{}}", "{\"end\":1}", "{\"volume\":0,\"path\":\"a\"}", "{\"replay\":3}",
      "{\"volume\":0,\"path\":\"/\\\\q\",\"type\":\"file\",\"mode\":\"0644\",\"uid\":0,\"gid\":0,\"size\":0,\"inode\":0}",
      "{\"volume\":0,\"path\":\"/\",\"type\":\"file\",\"mode\":\"99999\",\"uid\":0,\"gid\":0,\"size\":0,\"inode\":0}",
      "{\"volume\":0,\"path\":\"/\",\"type\":\"file\",\"mode\":\"0644\",\"uid\":0,\"gid\":0,\"size\":-1,\"inode\":0}",
      "{\"volume\":0,\"path\":\"/\",\"type\":\"file\",\"mode\":\"0644\",\"uid\":0,\"gid\":0,\"size\":0,\"inode\":0,\"sha256\":\"zz\"}",
    ])
  func malformed(_ text: String) { #expect(DiskRecord(line: Array(text.utf8)) == nil) }

  @Test("Escaped names lead back to their bytes", arguments: 0..<50) func escaping(_ seed: Int) throws {
    var random = SplitMix(UInt64(seed))
    let pieces: [[UInt8]] = [
      [0x5C], [0x1B, 0x5B], [0xC3, 0xA9], [0xE2, 0x80, 0xAE], [0xED, 0xA0, 0x80], [0xF0, 0x9F, 0x98, 0x80], [0xC0, 0x80], Array("abc".utf8),
    ]
    var name: [UInt8] = []
    for _ in 0..<Int.random(in: 0..<12, using: &random) {
      name += Bool.random(using: &random) ? pieces.randomElement(using: &random) ?? [] : [UInt8.random(in: 1...255, using: &random)]
    }
    let text = EscapedName.text(of: name)
    #expect(EscapedName.bytes(of: text) == name)
    #expect(!text.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) || $0.value == 0x202E })
  }

  @Test("Differences are told by what they are") func difference() throws {
    let folder = try DiskFolder()
    let link = { (target: String) in
      self.entry("/l") {
        $0.kind = .symlink
        $0.digest = nil
        $0.target = Array(target.utf8)
      }
    }
    let old = try manifest(
      [entry("/"), entry("/a"), entry("/a/x"), entry("/a.b"), entry("/gone"), link("one"), entry("/m"), entry("/o"), entry("/t")],
      in: folder, "old")
    let new = try manifest(
      [
        entry("/"), entry("/a"), entry("/a/new"), entry("/a/x") { $0.digest = [UInt8](repeating: 8, count: 32) }, entry("/a.b"),
        link("two"),
        entry("/m") { $0.mode = 0o4755 }, entry("/o") { $0.uid = 1 },
        entry("/t") { $0.modified = FileTime(seconds: 5, nanoseconds: 0) },
      ], in: folder, "new")
    var changes: [String: [DiskChange.Aspect]] = [:]
    let counts = try ManifestDifference.compare(try ManifestFile(old), try ManifestFile(new)) { change in
      changes[change.entry.map { String(decoding: $0.path, as: UTF8.self) } ?? ""] = change.aspects
    }
    #expect(changes == ["/a/x": [.content], "/a/new": [.added], "/gone": [.removed], "/l": [.target], "/m": [.mode], "/o": [.owner]])
    #expect(counts.added == 1 && counts.removed == 1 && counts.content == 2 && counts.attributes == 2 && counts.unknown == 0)
    let same = try ManifestDifference.compare(try ManifestFile(old), try ManifestFile(old)) { _ in }
    #expect(same.isSame && same.compared == 9)
  }

  @Test("What one side could not read is unknown, and no pass") func unknown() throws {
    let folder = try DiskFolder()
    let old = try manifest([entry("/a")], in: folder, "old")
    let new = try manifest(
      [
        entry("/a") {
          $0.digest = nil
          $0.problem = "unreadable"
        }
      ], in: folder, "new", unreadable: 1)
    let counts = try ManifestDifference.compare(try ManifestFile(old), try ManifestFile(new)) { #expect($0.aspects == [.unknown]) }
    #expect(counts.unknown == 1 && counts.isSame)
  }

  /// Changes by path, and the counts.
  private func compare(_ old: String, _ new: String) throws -> (changes: [String: [DiskChange.Aspect]], counts: ManifestDifference.Counts) {
    var changes: [String: [DiskChange.Aspect]] = [:]
    let counts = try ManifestDifference.compare(try ManifestFile(old), try ManifestFile(new)) { change in
      changes[change.entry.map { String(decoding: $0.path, as: UTF8.self) } ?? ""] = change.aspects
    }
    return (changes, counts)
  }

  @Test("What lies in a directory that one side could not read is neither gone nor new") func blindDirectory() throws {
    let folder = try DiskFolder()
    let directory = { (problem: String?) in
      self.entry("/d") {
        $0.kind = .directory
        $0.digest = nil
        $0.problem = problem
      }
    }
    let whole = try manifest(
      [directory(nil), entry("/d/x"), entry("/d/y/z"), entry("/d.b"), entry("/e")], in: folder, "whole")
    let blind = try manifest([directory("the directory cannot be read"), entry("/e")], in: folder, "blind", unreadable: 1)
    let gone = try compare(whole, blind)
    #expect(gone.changes == ["/d": [.unknown], "/d/x": [.unknown], "/d/y/z": [.unknown], "/d.b": [.removed]])
    #expect(gone.counts.removed == 1 && gone.counts.unknown == 3)
    let new = try compare(blind, whole)
    #expect(new.changes == ["/d": [.unknown], "/d/x": [.unknown], "/d/y/z": [.unknown], "/d.b": [.added]])
    #expect(new.counts.added == 1 && new.counts.unknown == 3)
  }

  @Test(
    "What one side never came to is neither gone nor new",
    arguments: [
      ("volume", VolumeRecord.State.unreadable, [], nil), ("asked", .skipped, [], nil), ("cut", .read, [], "more than 1 entries"),
      ("orphans", .read, [DiskNotice(.orphans, volume: 0)], nil), ("image", .read, [DiskNotice(.imageCut)], nil),
    ] as [(String, VolumeRecord.State, [DiskNotice], String?)])
  func neverRead(_ name: String, _ state: VolumeRecord.State, _ notices: [DiskNotice], _ cut: String?) throws {
    let folder = try DiskFolder()
    let whole = try manifest([entry("/a"), entry("/b")], in: folder, "whole")
    let part = try manifest(state == .read ? [entry("/a")] : [], in: folder, name, unreadable: 1, state: state, notices: notices, cut: cut)
    for (old, new) in [(whole, part), (part, whole)] {
      let (changes, counts) = try compare(old, new)
      #expect(changes["/b"] == [.unknown] && counts.removed == 0 && counts.added == 0 && counts.unknown > 0, "\(name): \(changes)")
    }
    // What is only told and takes nothing away leaves a file that is gone what it is.
    let told = try manifest([entry("/a")], in: folder, "told", notices: [DiskNotice(.unlinked, volume: 0), DiskNotice(.imageDirty)])
    #expect(try compare(whole, told).changes == ["/b": [.removed]])
  }

  @Test("Other content on an image that lost bytes is unknown, and so are an inode and a target that were not read") func doubtful() throws {
    let folder = try DiskFolder()
    let link = { (target: String?) in
      self.entry("/l") {
        $0.kind = .symlink
        $0.digest = nil
        $0.target = target.map { Array($0.utf8) }
      }
    }
    let old = try manifest([entry("/a"), entry("/b"), link("x")], in: folder, "old")
    let other = entry("/a") { $0.digest = [UInt8](repeating: 9, count: 32) }
    let lost = try manifest([other, entry("/b"), link("x")], in: folder, "lost", notices: [DiskNotice(.imageCut, count: 3)])
    #expect(try compare(old, lost).changes == ["/a": [.unknown]])
    let unread = DiskEntry(volume: 0, path: Array("/b".utf8), kind: .unknown, problem: "the inode cannot be read")
    let partial = try manifest([entry("/a") { $0.digest = nil }, unread, link(nil)], in: folder, "partial", unreadable: 1)
    #expect(try compare(old, partial).changes == ["/a": [.unknown], "/b": [.unknown], "/l": [.unknown]])
    #expect(try compare(partial, partial).counts.unknown == 3)
  }

  @Test("A manifest that is cut, out of order or none says where") func damaged() throws {
    let folder = try DiskFolder()
    func problem(_ path: String) -> String? {
      do {
        let file = try ManifestFile(path)
        while try file.next() != nil {}
        return nil
      } catch { return "\(error)" }
    }
    let good = try manifest([entry("/a"), entry("/b")], in: folder, "good")
    #expect(problem(good) == nil && ManifestFile.isManifest(good))
    let lines = try String(contentsOfFile: good, encoding: .utf8).split(separator: "\n").map(String.init)
    func write(_ lines: [String]) throws -> String {
      let path = folder.file("bad")
      try (lines.joined(separator: "\n") + "\n").write(toFile: path, atomically: false, encoding: .utf8)
      return path
    }
    #expect(problem(try write(Array(lines.dropLast())))?.contains("bad:5: the manifest has no end") == true)
    #expect(problem(try write([lines[0], lines[1], lines[3], lines[2], lines[4]]))?.contains("bad:4: /a stands behind") == true)
    #expect(problem(try write([lines[0], "nonsense"]))?.contains("bad:2: no line of a manifest") == true)
    #expect(problem(try write(["{\"schema\":\"ringwall.disk.manifest/9\"}"]))?.contains("bad:1:") == true)
    #expect(problem(folder.file("missing")) != nil)
    #expect(!ManifestFile.isManifest(try write(["{}"])))
  }
}
