import Foundation
import Testing

/// What a follower meets on a file system that others change under it: nothing goes unseen without a word.
@Suite("Following in trouble", .serialized)
struct FollowTroubleTests {
  typealias Running = FollowCommandTests.Running

  private static let loopback = Inputs.domain.replacingOccurrences(of: "0.0.0.0", with: "127.0.0.1")

  private func mode(_ path: String, _ mode: Int) throws {
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
  }

  /// Puts another file in the place of one at once: a folder that has just come is looked at once more without being told, and a file that is
  /// empty then would be refused, as it is.
  private func replace(_ name: String, in folder: ScratchFolder, by text: String) throws {
    let new = try folder.file("new", text)
    // SAFETY: rename(2) reads both paths, which Swift keeps alive for the call.
    try #require(unsafe rename(new, folder.path + "/" + name) == 0)
  }

  /// A follower that stands, with its first line read.
  private func following(_ targets: [String], asNobody: Bool = false, _ options: [String] = []) throws -> Running {
    let running = try Running(options + targets, asNobody: asNobody)
    #expect(running.errorLine()?.hasPrefix("Following ") == true)
    return running
  }

  @Test("A folder is removed and made again, named or holding what is named", arguments: ["a/b", "a/b/guest.xml"])
  func madeAgain(_ name: String) throws {
    let folder = try ScratchFolder()
    defer { withExtendedLifetime(folder) {} }
    try folder.file("a/b/guest.xml", Self.loopback)
    let running = try following([folder.path + "/" + name])
    try FileManager.default.removeItem(atPath: folder.path + "/a")
    #expect(running.until("no such file") != nil)
    try folder.file("a/b/guest.xml", Inputs.domain)
    #expect(running.until("-> fail") != nil)
    // The new folder is watched, not the old one.
    try replace("a/b/guest.xml", in: folder, by: Self.loopback)
    #expect(running.until("fail -> pass") != nil)
    _ = running.end()
  }

  @Test("A folder in the place of another, by renaming and by a link that leads elsewhere", arguments: [true, false])
  func replaced(_ isLink: Bool) throws {
    let folder = try ScratchFolder()
    defer { withExtendedLifetime(folder) {} }
    try folder.file("one/guest.xml", Self.loopback)
    try folder.file("two/guest.xml", Inputs.domain)
    let current = folder.path + "/current"
    let manager = FileManager.default
    if isLink {
      try manager.createSymbolicLink(atPath: current, withDestinationPath: "one")
    } else {
      try manager.moveItem(atPath: folder.path + "/one", toPath: current)
    }
    let running = try following([current + "/guest.xml"])
    if isLink {
      try manager.createSymbolicLink(atPath: folder.path + "/next", withDestinationPath: "two")
      // SAFETY: rename(2) reads both paths, which Swift keeps alive for the call.
      _ = unsafe rename(folder.path + "/next", current)
    } else {
      try manager.moveItem(atPath: current, toPath: folder.path + "/old")
      try manager.moveItem(atPath: folder.path + "/two", toPath: current)
    }
    #expect(running.until("pass -> fail") != nil)
    try replace("current/guest.xml", in: folder, by: Self.loopback)
    #expect(running.until("fail -> pass") != nil)
    _ = running.end()
  }

  @Test("A link that was named is followed to the file it leads to")
  func namedLink() throws {
    let folder = try ScratchFolder()
    defer { withExtendedLifetime(folder) {} }
    try folder.file("elsewhere/real.xml", Self.loopback)
    try FileManager.default.createDirectory(atPath: folder.path + "/here", withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(atPath: folder.path + "/here/guest.xml", withDestinationPath: "../elsewhere/real.xml")
    let running = try following([folder.path + "/here/guest.xml"])
    try folder.file("elsewhere/real.xml", Inputs.domain)
    #expect(running.until("pass -> fail") != nil)
    _ = running.end()
  }

  @Test("Links in a circle are refused when they come, and nothing else is lost")
  func circle() throws {
    let folder = try ScratchFolder()
    defer { withExtendedLifetime(folder) {} }
    try folder.file("guest.xml", Self.loopback)
    let running = try following([folder.path])
    for (from, to) in [("x.xml", "y.xml"), ("y.xml", "x.xml"), ("loop", ".")] {
      try FileManager.default.createSymbolicLink(atPath: folder.path + "/" + from, withDestinationPath: to)
    }
    #expect(running.until("x.xml") != nil)
    try folder.file("guest.xml", Inputs.domain)
    #expect(running.until("pass -> fail") != nil)
    #expect(running.end() == 2)
  }

  @Test(
    "A file, and a folder, that may not be read any more",
    .enabled(if: Program.ordinaryUserObstacle == nil, "the program cannot be run as another user here"), arguments: ["guest.xml", "."])
  func permission(_ name: String) throws {
    let folder = try ScratchFolder()
    defer { withExtendedLifetime(folder) {} }
    try folder.file("in/guest.xml", Self.loopback)
    let place = folder.path + "/in" + (name == "." ? "" : "/" + name)
    let running = try following([folder.path + "/in/guest.xml"], asNobody: true)
    try mode(place, 0)
    #expect(running.until("permission denied") != nil)
    try mode(place, name == "." ? 0o755 : 0o644)
    // Below a folder that was closed nothing could be told from what is not there.
    #expect(running.until(name == "." ? "new: " : "judged again") != nil)
    #expect(running.end() >= 0)
  }

  @Test(
    "A folder that may be entered and not read is told, and looked at every so often",
    .enabled(if: Program.ordinaryUserObstacle == nil, "the program cannot be run as another user here"))
  func unwatched() throws {
    let folder = try ScratchFolder()
    defer { withExtendedLifetime(folder) {} }
    let path = try folder.file("in/guest.xml", Self.loopback)
    try mode(folder.path + "/in", 0o711)
    let running = try Running(["--interval", "1", path], asNobody: true)
    #expect(running.until("cannot be watched: permission denied") != nil)
    try folder.file("in/guest.xml", Inputs.domain)
    #expect(running.until("pass -> fail") != nil)
    _ = running.end()
  }

  @Test(
    "More folders than may be watched end it in one sentence",
    .enabled(if: FollowTroubleTests.limitsWatches, "user namespaces do not limit watches here"), arguments: [false, true])
  func exhausted(_ isLater: Bool) throws {
    let folder = try ScratchFolder()
    defer { withExtendedLifetime(folder) {} }
    try folder.file("guest.xml", Self.loopback)
    func more() throws { for number in 0..<20 { try folder.file("\(number)/guest.xml", Self.loopback) } }
    if !isLater { try more() }
    let process = Process()
    let errors = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
    process.arguments = [
      "--user", "--map-root-user", "/bin/sh", "-c", "echo 10 > /proc/sys/user/max_inotify_watches && exec \"$@\"", "sh", Program.path,
      "audit",
      "--follow", "--no-progress", folder.path,
    ]
    process.environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = errors
    try process.run()
    if isLater {
      _ = try errors.fileHandleForReading.read(upToCount: 10)
      try more()
    }
    let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 2 && said.contains("raise fs.inotify.max_user_watches"), "\(said)")
  }

  static let limitsWatches: Bool = {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
    process.arguments = ["--user", "--map-root-user", "/bin/sh", "-c", "echo 10 > /proc/sys/user/max_inotify_watches"]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()
}
