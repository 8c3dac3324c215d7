internal import Foundation
internal import Testing

@testable internal import Domain
@testable internal import Platforms

/// What virconf.c accepts and refuses. Where a comment says so, libvirtd 9.0 itself was seen to do the same.
struct ConfigurationTextTests {
  private func entries(_ text: String) throws -> [ConfigurationText.Entry] { try ConfigurationText(Array(text.utf8)).entries }

  private func refusal(_ text: String) -> ConfigurationError? { refusal(Array(text.utf8)) }

  private func refusal(_ bytes: [UInt8]) -> ConfigurationError? {
    do {
      _ = try ConfigurationText(bytes)
      return nil
    } catch {
      return error
    }
  }

  @Test func readsEveryKindOfValue() throws {
    let text = """
      # a comment
      a = "text" # behind
        b='it is "so"'
      c = -12; d = +0
      e = [ "x", 'y',
            "z", ]
      f = []
      g = \"\"\"two
      lines\"\"\"
      """
    let found = try entries(text)
    #expect(found.map(\.name) == ["a", "b", "c", "d", "e", "f", "g"])
    #expect(
      found.map(\.value) == [
        .string("text"), .string("it is \"so\""), .number(-12, isNegative: true), .number(0, isNegative: false),
        .list([.string("x"), .string("y"), .string("z")]), .list([]), .string("two\nlines"),
      ])
    #expect(found.map(\.line) == [2, 3, 4, 4, 5, 7, 8])
    #expect(found.map(\.column) == [1, 3, 1, 10, 1, 1, 1])
  }

  /// libvirtd 9.0 given max_clients = 44 and then 99 says nclients_max 44.
  @Test func theFirstOfRepeatedSettingsCounts() throws {
    let text = try ConfigurationText(Array("max_clients = 44\nlog_level = 3\nmax_clients = 99\n".utf8))
    #expect(text["max_clients"]?.value == .number(44, isNegative: false))
    #expect(text.ineffective.map(\.line) == [3])
  }

  @Test func aNumberTooLargeSpoilsItsSettingAlone() throws {
    let found = try entries("max_clients = 99999999999999999999\nlog_level = 3\n")
    #expect(found.map(\.value) == [.overflow, .number(3, isNegative: false)])
  }

  @Test func commentedSettingsSetNothing() throws {
    #expect(try entries("#listen_tcp = 1\n   # auth_tcp = \"none\"\n").isEmpty)
    #expect(try entries("").isEmpty)
    #expect(try entries("\n\n").isEmpty)
  }

  @Test func lineEndsOfOtherSystemsEndStatements() throws {
    let found = try entries("a = 1\r\nb = 2\r\n")
    #expect(found.map(\.line) == [1, 2])
  }

  @Test(arguments: [
    ("listen_tcp 1", 1, 12), ("a = \"open\nb = 1", 1, 5), ("a = 1\n= 2", 2, 1), ("a = [ 1, 2\nb = 3", 2, 1), ("a = [ \"x\" \"y\" ]", 1, 11),
    ("a = yes", 1, 5), ("a =", 1, 4), ("a = 1 2", 1, 7), ("1a = 1", 1, 1), ("a = -", 1, 6), ("a = [ # why\n 1 ]", 1, 7),
    ("\u{FEFF}a = 1", 1, 1), ("a = [ 1", 1, 5), ("a = [ 1,", 1, 9), ("a = \"\"\"xyz\nw", 1, 5),
    ("ä = 1", 1, 1),
  ])
  func malformedStatementsNameTheirPlace(text: String, line: Int, column: Int) throws {
    let error = try #require(refusal(text))
    #expect(error.code == "malformed")
    #expect(error.line == line)
    #expect(error.column == column)
    let message = error.refusal(of: "libvirtd.conf").message
    #expect(message.hasPrefix("libvirtd.conf:\(line):\(column): "))
    #expect(!message.contains("\n"))
  }

  @Test func bytesThatAreNoTextAreRefused() throws {
    let nul = try #require(refusal(Array("a = 1\nb".utf8) + [0, 0x20]))
    #expect([nul.line, nul.column] == [2, 2])
    for bad: [UInt8] in [[0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0x80]] {
      let error = try #require(refusal(Array("# \n#".utf8) + bad + Array("\na = 1\n".utf8)))
      #expect(error.code == "not-utf8")
      #expect([error.line, error.column] == [2, 2])
    }
    #expect(refusal("a = \"客户机\" # é\n") == nil)
  }

  @Test func sizeAndDepthAreBounded() throws {
    #expect(refusal([UInt8](repeating: 0x20, count: ConfigurationText.largestFile + 1))?.code == "too-large")
    #expect(refusal([UInt8](repeating: 0x20, count: ConfigurationText.largestFile)) == nil)
    let deep = "a = " + String(repeating: "[", count: 200_000)
    #expect(refusal(deep)?.code == "too-deep")
  }

  @Test func manySettingsTakeLinearTime() throws {
    let text = (0..<200_000).map { "key\($0) = \"value\"\n" }.joined()
    #expect(try entries(text).count == 200_000)
  }

  /// Every prefix of a file is read or refused at a place inside it, and nothing else happens.
  @Test func truncationIsReadOrRefused() throws {
    let text = "a = \"x\"\nb = [ \"y\", 'z' ]\nc = \"\"\"w\"\"\" # end\nd = -3;e=4\n"
    for end in 0...text.utf8.count {
      let prefix = Array(text.utf8.prefix(end))
      if let error = refusal(prefix) {
        #expect(error.code == "malformed")
        #expect((error.line ?? 0) >= 1 && (error.line ?? 0) <= 5)
      }
    }
  }

  @Test(
    .enabled(
      if: FileManager.default.isReadableFile(atPath: "/etc/libvirt/qemu.conf"), "libvirt's default files are not installed or not readable"),
    arguments: ["libvirtd.conf", "qemu.conf", "virtlogd.conf", "virtlockd.conf"])
  func defaultFilesSetNothing(name: String) throws {
    let text = try ConfigurationText(Array(try Data(contentsOf: URL(fileURLWithPath: "/etc/libvirt/" + name))))
    #expect(text.entries.isEmpty)
  }

  /// The default files show every setting of their release in a comment; each of them must be known.
  @Test(
    .enabled(
      if: FileManager.default.isReadableFile(atPath: "/etc/libvirt/qemu.conf"), "libvirt's default files are not installed or not readable"),
    arguments: ["libvirtd.conf", "qemu.conf"])
  func settingsOfTheDefaultFilesAreKnown(name: String) throws {
    let keys = name == "qemu.conf" ? ConfigurationKeys.driver : .daemon
    var shown = 0
    for line in try String(contentsOfFile: "/etc/libvirt/" + name, encoding: .utf8).split(separator: "\n") {
      guard let match = line.wholeMatch(of: /#([a-z_0-9]+) ?= ?[^ ].*/) else { continue }
      shown += 1
      #expect(keys.types[String(match.1)] != nil, "\(match.1)")
    }
    #expect(shown > 30)
  }

  @Test func typingErrorsResembleWhatWasMeant() {
    #expect(ConfigurationKeys.daemon.resembling("listen_tpc") == "listen_tcp")
    #expect(ConfigurationKeys.daemon.resembling("auth_unix_rww") == "auth_unix_rw")
    #expect(ConfigurationKeys.driver.resembling("secomp_sandbox") == "seccomp_sandbox")
    #expect(ConfigurationKeys.daemon.resembling("colour") == nil)
  }
}
