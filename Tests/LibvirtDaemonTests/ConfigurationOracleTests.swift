internal import Foundation
internal import Glibc
internal import TestSupport
internal import Testing

@testable internal import Platforms

/// libvirt's own reader decides what is a configuration file: virtlogd, which has the same one and starts fastest, is given each text.
///
/// One difference is meant: a file of blanks alone is read as one without settings, although libvirt refuses it.
@Suite(.enabled(if: LibvirtDaemon.obstacle == nil, "\(LibvirtDaemon.obstacle ?? "")"), .serialized)
struct ConfigurationOracleTests {
  @Test(arguments: [
    "a = 1 # c\n\n   \n", "#only", "", "a=1;b=2", "a = 1;", "a=1;;b=2", "a = \"\"", "a = \"\"\"\"\"\"\n", "a = \"\"\"two\nlines\"\"\"\n",
    "a = \"\"\"x\ny", "a = 'x\ny'", "a = \"x' ", "a = 'x\"y'", "a = [ [ 1 ], \"x\" ]", "a = [\n\n1\n,\n2 , ]", "a = [,1]", "a = [1,,2]",
    "a = [ # no\n1 ]",
    "a = 1,2", "a = 0x10", "a = +", "a = -7", "a = 99999999999999999999", "a.b = 1", "_a = 1", "a_9 = 1", "\t a = 1", "a\n= 1", "a = \n1",
    "a = 1\r\nb = 2\r",
    "a = none", "a", "= 1", "\u{FEFF}a = 1", "a = \"客户机\"",
  ])
  func libvirtReadsAndRefusesTheSame(text: String) throws {
    let isRead = (try? ConfigurationText(Array(text.utf8))) != nil
    #expect(try isRead == virtlogdReads(text))
  }

  /// True when virtlogd comes up with the text as its configuration; it ends at once when it refuses it.
  private func virtlogdReads(_ text: String) throws -> Bool {
    let folder = FileManager.default.temporaryDirectory.path + "/ringwall-virtlogd-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try text.write(toFile: folder + "/virtlogd.conf", atomically: false, encoding: .utf8)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
    process.arguments = [
      "-m", "--propagation", "private", "sh", "-c", "mount -t tmpfs none /run && exec virtlogd -f \"$0/virtlogd.conf\" -p \"$0/pid\"",
      folder,
    ]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    defer {
      if process.isRunning { process.terminate() }
      process.waitUntilExit()
    }
    for _ in 0..<1000 where process.isRunning {
      if (try? String(contentsOfFile: folder + "/pid", encoding: .utf8))?.isEmpty == false { return true }
      Thread.sleep(forTimeInterval: 0.02)
    }
    return false
  }
}
