import Foundation
import TestSupport
import Testing

@Suite("systemd units of a schedule")
struct ScheduleCommandTests {
  private static let verifier = "/usr/bin/systemd-analyze"

  private func written(_ arguments: [String], in folder: ScratchFolder) throws -> Program.Result {
    try Program.run(["schedule", "--folder", folder.path, "--yes"] + arguments)
  }

  @Test(
    "systemd finds nothing wrong with them",
    .enabled(if: FileManager.default.isExecutableFile(atPath: verifier), "systemd-analyze is not installed"),
    arguments: [
      [], ["--calendar", "Mon *-*-* 03:00", "--name", "nightly"], ["--", "/srv/a b/100%.xml", "--set", "x=$HOME\"\\"],
    ])
  func verified(arguments: [String]) throws {
    let folder = try ScratchFolder()
    #expect(try written(arguments, in: folder).code == 0)
    let units = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(units.count == 2 && units[0].hasSuffix(".service") && units[1].hasSuffix(".timer"))
    let told = try HostProgram.run(Self.verifier, ["verify", "--man=no"] + units.map { folder.path + "/" + $0 })
    // Other units of the machine are looked at too; what is said of ours names them.
    let own = told.output.split(separator: "\n").filter { line in units.contains { line.contains($0) } }
    #expect(told.status == 0 && own.isEmpty, "\(told.output)")
  }

  @Test(
    "A calendar event that systemd would not take, or that never comes, is refused in one sentence and writes nothing",
    arguments: [
      ("25:00", "25 is no hour: those are 0 to 23"), ("2026-02-30", "no such day comes any more"),
      ("Mond 3:00", "days of the week are Mon to Sun"),
      ("3:00 Mars/Olympus", "this system knows no time zone Mars/Olympus"), ("every 3:00", "stands where a number or * is expected"),
      ("daily\nOnBootSec=1", "write a calendar event"),
    ])
  func calendars(_ event: String, _ sentence: String) throws {
    let folder = try ScratchFolder()
    let result = try Program.run([
      "schedule", "--folder", folder.path, "--yes", "--calendar", event.replacingOccurrences(of: "\\n", with: "\n"),
    ])
    #expect(result.code == 2 && result.error.contains(sentence), "\(result.error)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    let chinese = try Program.run(["schedule", "--folder", folder.path, "--yes", "--lang", "zh-CN", "--calendar", event])
    #expect(chinese.code == 2 && chinese.error.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) }, "\(chinese.error)")
  }

  @Test("The plan is shown before anything is written, and nothing is written without agreement")
  func plan() throws {
    let folder = try ScratchFolder()
    let refused = try Program.run(["schedule", "--folder", folder.path])
    #expect(refused.code == 2 && refused.error.contains("ExecStart="))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    let printed = try Program.run(["schedule", "--folder", folder.path, "--print"])
    #expect(printed.code == 0 && printed.output.contains("OnCalendar=daily") && printed.output.contains("ProtectSystem=strict"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    let agreed = try written([], in: folder)
    #expect(agreed.code == 0 && agreed.error.contains("systemctl enable --now ringwall-audit.timer"))
    // Its own units it may replace.
    #expect(try written(["--calendar", "weekly"], in: folder).code == 0)
  }

  @Test("A unit of somebody else is not replaced")
  func foreign() throws {
    let folder = try ScratchFolder()
    try folder.file("ringwall-audit.service", "[Service]\nExecStart=/bin/true\n")
    let result = try written([], in: folder)
    #expect(result.code == 2 && result.error.contains("not written by ringwall schedule"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["ringwall-audit.service"])
  }

  @Test("An audit of files needs no capability but reading, and no network")
  func leastPrivilege() throws {
    let files = try Program.run(["schedule", "--print", "--", "/srv/exports"]).output
    #expect(files.contains("CapabilityBoundingSet=CAP_DAC_READ_SEARCH\n") && files.contains("PrivateNetwork=yes"))
    let host = try Program.run(["schedule", "--print"]).output
    #expect(host.contains("CAP_SYS_PTRACE") && !host.contains("CAP_SYS_ADMIN") && !host.contains("PrivateNetwork"))
    #expect(host.contains("ExecStart=\(Program.path) audit --no-progress --store\n"), "\(host)")
  }
}
