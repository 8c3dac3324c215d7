import Foundation
import Testing

private enum DiskTools {
  static let areInstalled = ["/sbin/mke2fs", "/sbin/debugfs", "/usr/bin/qemu-img", "/usr/bin/qemu-storage-daemon"].allSatisfy {
    FileManager.default.isExecutableFile(atPath: $0)
  }
}

@Suite("ringwall disk", .enabled(if: DiskTools.areInstalled, "no e2fsprogs or QEMU tools"))
struct DiskCommandTests {
  /// An image with /etc/hello, /etc/passwd, /bin/tool and a link.
  private func image(in scratch: ScratchFolder, _ name: String = "disk.raw", edits: [String] = []) throws -> String {
    func path(_ name: String) -> String { scratch.url.appendingPathComponent(name).path }
    if !FileManager.default.fileExists(atPath: path("tree")) {
      for folder in ["tree/etc", "tree/bin"] {
        try FileManager.default.createDirectory(atPath: path(folder), withIntermediateDirectories: true)
      }
      try "hello\n".write(toFile: path("tree/etc/hello"), atomically: false, encoding: .utf8)
      try "root:x:0:0\n".write(toFile: path("tree/etc/passwd"), atomically: false, encoding: .utf8)
      try "#!/bin/sh\necho EVIL-MARK-4711\n".write(toFile: path("tree/bin/tool"), atomically: false, encoding: .utf8)
      try FileManager.default.createSymbolicLink(atPath: path("tree/link"), withDestinationPath: "etc/hello")
    }
    _ = FileManager.default.createFile(atPath: path(name), contents: nil)
    let handle = try FileHandle(forWritingTo: scratch.url.appendingPathComponent(name))
    try handle.truncate(atOffset: 16 << 20)
    try handle.close()
    try tool("/sbin/mke2fs", ["-q", "-t", "ext4", "-d", path("tree"), path(name)])
    for edit in edits { try tool("/sbin/debugfs", ["-w", "-R", edit, path(name)]) }
    return path(name)
  }

  private func tool(_ program: String, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
  }

  @Test("ls shows volumes and a directory, and says where a path is not") func list() throws {
    let scratch = try ScratchFolder()
    let disk = try image(in: scratch)
    let root = try Program.run(["disk", "ls", disk])
    #expect(root.code == 0 && root.output.contains("volume 0  ext4  16.0 MiB") && root.output.contains("link -> etc/hello"), "\(root)")
    let folder = try Program.run(["disk", "ls", disk, "/etc"])
    #expect(folder.code == 0 && folder.output.contains("hello") && folder.output.contains("passwd") && !folder.output.contains("tool"))
    let missing = try Program.run(["disk", "ls", disk, "/nowhere"])
    #expect(missing.code == 2 && missing.error.contains("/nowhere"))
    #expect(try Program.run(["disk", "ls", "/nonexistent/x"]).code == 2)
  }

  @Test("A result does not replace what it is read from") func ownInput() throws {
    let scratch = try ScratchFolder()
    let disk = try image(in: scratch)
    let link = scratch.url.appendingPathComponent("link").path
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: disk)
    let before = try Data(contentsOf: URL(fileURLWithPath: disk))
    for command in [
      ["disk", "manifest", disk, "-o", disk], ["disk", "manifest", disk, "-o", link], ["guest", "isf", disk, "-o", disk],
      ["guest", "facts", disk, "-o", link], ["guest", "dump", disk, "-o", disk, "--force"], ["facts", disk, "-o", disk],
    ] {
      let result = try Program.run(command)
      #expect(result.code == 2 && result.error.contains("is what is read; name another file"), "\(command) \(result)")
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: disk)) == before)
  }

  @Test("A disk whose beginning was wiped is not empty, and what cannot apply is refused") func wiped() throws {
    let scratch = try ScratchFolder()
    let disk = try image(in: scratch)
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: disk))
    try handle.write(contentsOf: Data(count: 1 << 20))
    try handle.close()
    let listed = try Program.run(["disk", "ls", disk])
    #expect(listed.code == 2 && listed.output.contains("NOT READ: no file system is recognized"), "\(listed)")
    #expect(try Program.run(["disk", "manifest", disk]).code == 2)
    let blank = try scratch.file("blank", "")
    try FileHandle(forWritingTo: URL(fileURLWithPath: blank)).truncate(atOffset: 64 << 20)
    let empty = try Program.run(["disk", "ls", blank])
    #expect(empty.code == 0 && empty.output.contains("empty"), "\(empty)")
    let drive = try Program.run(["disk", "ls", blank, "--drive", "x"])
    #expect(drive.code == 2 && drive.error.contains("--drive"), "\(drive)")
    #expect(try Program.run(["disk", "ls", ""]).error.contains("no guest is named"))
    let rules = try scratch.file("rules.yar", "// no rule\n")
    let scan = try Program.run(["disk", "scan", disk, "--rules", rules])
    #expect(scan.code == 2 && scan.error.contains("holds no rule"), "\(scan)")
  }

  @Test("A manifest, and what changed since: content, mode, owner, new and gone") func drift() throws {
    let scratch = try ScratchFolder()
    func path(_ name: String) -> String { scratch.url.appendingPathComponent(name).path }
    let disk = try image(in: scratch)
    let made = try Program.run(["disk", "manifest", disk, "-o", path("before")])
    #expect(made.code == 0 && made.output.isEmpty, "\(made)")
    let text = try String(contentsOfFile: path("before"), encoding: .utf8)
    // printf 'hello\n' | sha256sum
    #expect(text.contains("\"sha256\":\"5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03\""))
    let same = try Program.run(["disk", "diff", path("before"), disk])
    #expect(same.code == 0 && same.output.isEmpty && same.error.contains("No difference"), "\(same)")
    try "other\n".write(toFile: path("other"), atomically: false, encoding: .utf8)
    let changed = try image(
      in: scratch, "changed.raw",
      edits: [
        "rm etc/hello", "write \(path("other")) etc/hello", "set_inode_field bin/tool mode 0104755", "set_inode_field etc/passwd uid 7",
        "write \(path("other")) bin/new", "rm link",
      ])
    let drift = try Program.run(["disk", "diff", path("before"), changed])
    #expect(drift.code == 1, "\(drift)")
    for line in ["added  /bin/new", "removed  /link", "mode 0644 -> 4755  /bin/tool", "owner 0:0 -> 7:0  /etc/passwd"] {
      #expect(drift.output.contains(line) || geteuid() != 0, "\(line): \(drift.output)")
    }
    #expect(drift.output.contains("other content") && drift.output.contains("/etc/hello"))
    let chinese = try Program.run(["disk", "diff", path("before"), changed, "--lang", "zh-CN"])
    #expect(chinese.code == 1 && chinese.output.contains("新增  /bin/new"))
    let json = try Program.run(["disk", "diff", path("before"), changed, "--format", "json"])
    #expect(json.code == 1 && json.output.contains("\"change\":[\"added\"]"))
  }

  @Test("YARA on the files of a qcow2 image, with the place of each match") func scan() throws {
    let scratch = try ScratchFolder()
    func path(_ name: String) -> String { scratch.url.appendingPathComponent(name).path }
    let raw = try image(in: scratch)
    try tool("/usr/bin/qemu-img", ["convert", "-O", "qcow2", raw, path("disk.qcow2")])
    try """
    rule evil { strings: $a = "EVIL-MARK-4711" condition: $a and filesize < 100 }
    rule never { strings: $a = "no such text anywhere" condition: $a }
    """.write(toFile: path("rules.yar"), atomically: false, encoding: .utf8)
    let hit = try Program.run(["disk", "scan", path("disk.qcow2"), "--rules", path("rules.yar"), "--format", "json"])
    #expect(hit.code == 1, "\(hit)")
    let line = try #require(hit.output.split(separator: "\n").first { $0.contains("\"rule\"") })
    #expect(line.contains("\"path\":\"/bin/tool\"") && line.contains("\"rule\":\"evil\"") && line.contains("\"offset\":15"))
    #expect(!line.contains("context"), "no byte of the guest is shown unasked")
    let shown = try Program.run(["disk", "scan", path("disk.qcow2"), "--rules", path("rules.yar"), "--context", "4"])
    #expect(shown.code == 1 && shown.output.contains("EVIL-MARK-4711"), "\(shown)")
    try "rule never { strings: $a = \"no such text anywhere\" condition: $a }".write(
      toFile: path("rules.yar"), atomically: false, encoding: .utf8)
    #expect(try Program.run(["disk", "scan", path("disk.qcow2"), "--rules", path("rules.yar")]).code == 0)
    try "rule broken {".write(toFile: path("rules.yar"), atomically: false, encoding: .utf8)
    #expect(try Program.run(["disk", "scan", path("disk.qcow2"), "--rules", path("rules.yar")]).code == 2)
  }

  @Test("What cannot be read is 2, and named") func refused() throws {
    let scratch = try ScratchFolder()
    let path = scratch.url.appendingPathComponent("luks").path
    try (Data([0x4C, 0x55, 0x4B, 0x53, 0xBA, 0xBE]) + Data(count: 1 << 20)).write(to: URL(fileURLWithPath: path))
    let english = try Program.run(["disk", "manifest", path])
    #expect(english.code == 2 && english.error.contains("LUKS encryption"), "\(english)")
    let chinese = try Program.run(["disk", "manifest", path, "--lang", "zh-CN"])
    #expect(chinese.code == 2 && chinese.error.contains("LUKS 加密") && chinese.error.contains("解锁"), "\(chinese)")
  }

  @Test("Damage is told by name and count, in both languages, and never passes for a difference or for none") func damage() throws {
    let scratch = try ScratchFolder()
    func path(_ name: String) -> String { scratch.url.appendingPathComponent(name).path }
    let whole = try image(in: scratch)
    let hidden = try image(in: scratch, "hidden.raw", edits: ["unlink etc/passwd", "unlink bin/tool"])
    let made = try Program.run(["disk", "manifest", hidden, "-o", path("hidden")])
    #expect(made.code == 2 && made.error.contains("volume 0: 2 inodes are in use and no directory leads to them: "), "\(made)")
    #expect(try String(contentsOfFile: path("hidden"), encoding: .utf8).contains("\"kind\":\"orphans\",\"volume\":0,\"count\":2,\"incomplete\":true"))
    let chinese = try Program.run(["disk", "scan", hidden, "--lang", "zh-CN"])
    #expect(chinese.code == 2 && chinese.error.contains("有 2 个 inode 在使用中"), "\(chinese)")
    for (old, new) in [(whole, path("hidden")), (path("hidden"), hidden)] {
      let drift = try Program.run(["disk", "diff", old, new])
      #expect(drift.code == 2 && !drift.error.contains("No difference") && !drift.output.contains("removed"), "\(drift)")
      #expect(drift.error.contains("\(new): volume 0: 2 inodes are in use"), "\(drift)")
    }
    try tool("/usr/bin/truncate", ["-s", "12M", whole])
    let cut = try Program.run(["disk", "ls", whole])
    #expect(cut.code == 2 && cut.output.contains("volume 0: 4.0 MiB that it should have lie behind the end"), "\(cut)")
    try tool("/usr/bin/qemu-img", ["convert", "-O", "qcow2", hidden, path("disk.qcow2")])
    try tool("/usr/bin/truncate", ["-s", "400K", path("disk.qcow2")])
    let image = try Program.run(["disk", "manifest", path("disk.qcow2")])
    #expect(image.code == 2 && image.error.contains("the image: the file ends before"), "\(image.error)")
  }

  @Test("Every line fits its schema", .enabled(if: Validator.isInstalled, "python3 with jsonschema is not installed")) func schemas() throws
  {
    let scratch = try ScratchFolder()
    func path(_ name: String) -> String { scratch.url.appendingPathComponent(name).path }
    let disk = try image(in: scratch)
    let changed = try image(in: scratch, "changed.raw", edits: ["rm link"])
    let hidden = try image(in: scratch, "hidden.raw", edits: ["unlink etc/passwd"])
    try "rule evil { strings: $a = \"EVIL-MARK\" condition: $a }".write(toFile: path("r.yar"), atomically: false, encoding: .utf8)
    for (arguments, schema) in [
      (["manifest", disk], "disk-manifest-1"), (["manifest", hidden], "disk-manifest-1"),
      (["scan", hidden, "--rules", path("r.yar"), "--format", "json"], "disk-scan-1"), (["diff", disk, hidden, "--format", "json"], "disk-diff-1"),
      (["ls", hidden, "--format", "json"], "disk-manifest-1"), (["ls", disk, "--format", "json"], "disk-manifest-1"),
      (["scan", disk, "--rules", path("r.yar"), "--context", "2", "--format", "json"], "disk-scan-1"),
      (["diff", disk, changed, "--format", "json"], "disk-diff-1"),
    ] {
      let output = try Program.run(["disk"] + arguments).output
      #expect(!output.isEmpty)
      #expect(try Validator.problems(ofLines: output, schema: schema) == "")
    }
  }
}
