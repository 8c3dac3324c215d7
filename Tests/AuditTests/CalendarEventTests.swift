import Foundation
import TestSupport
import Testing

@testable import Audit

/// Calendar events against what systemd.time(7) says, and against systemd itself where it is installed.
@Suite("Calendar events")
struct CalendarEventTests {
  static let valid = [
    "Mon 03:00", "*-*-* 00/6:00", "Mon..Fri 10:00", "Mon-Fri", "Sat,Sun", "monday", "daily", "Daily", "weekly UTC", "03:00 Europe/Berlin",
    "03:00 UTC", "03:00 utc", "*-*~1", "*-*~03/2", "*:0/5", "*-1..3-1", "@4102444800", "minutely", "semi-annually", "quarterly", "1-1",
    "Mon,",
    "69-1-1", "*-*-1,15", "Mon *-*-*", "Mon *-*-* 0:0", "*-*-* *:*:*", "*:*", "*:*:0.5", "*:*:0/1.5", "1,2:3", "*-*-*  3:00", "Mon  3:00",
    "1..5/2:00", "*-02-29", "003:00", "*:00:00.123456789012", "*-*-1/2", "2026-4/1-31", "mon-fri 3:00", "tue..THU", "3:00 Asia/Shanghai",
    "*-*-* 3:00,30", "3:5/10,1", "*:0..59/59", "Mon 3:00 PST8PDT", "2199-1-1", "Mon,Fri *-*-3,2,1", "2030..2032-*-*", "daily Asia/Shanghai",
    "Mon 2030-*-*", "Mon ", "*-*~1..3", "*-*~5..7/2 3:00", "Sunday", "mon,", "Mon,Tue..Thu,Sun 1:00", "bi-annually", "*:*:1..5",
    "*-*-* 23:59:59.999999",
    "70..2199-1-1", "*-2~03", "Mon *-05~07/1", "*-*-5..5/2", "5..5:00", "*-*-5..7/3", "*:*:1..2/3", "*:0..0/1", "2027-2..4-31..31",
  ]
  static let invalid = [
    "", " ", "Mond", "foo", "03:00 Nowhere/Bad", "25:00", "24:00", "23:60", "23:59:60", "23:59:59.9999999", "*:0/0", "12..11:00", "@-1",
    "@1.5",
    "@", "2026", "2026-1", "1969-1-1", "2200-1-1", "*-13-1", "*-0-1", "*-1-0", "*-1-32", ",Mon", "Mon,,Tue", "Mon..", "Mon..Tue..Wed",
    "Fri..Mon", "0:0 Mon", "*", "1:2:3:4", "3:00  UTC", "3:00 Z", "2026-01-01T03:00", "2026-01-01T03:00:00Z", "5..1", "*/2-*-*", "*-*~0",
    "*-*~32", "*-*~31", "*-02~29", "3.5:00", "*:*:*.*", "..3:00", "/2:00", "*-*-*/2", "*-*-1/32", "+1:00", " daily", "daily ", "Mon.. 3:00",
    "*-*-31..1", "3:00 :UTC", "3:00 /etc", "3:00 asia/shanghai", "Thurs", "*:0/61", "*:0/60", "0/25:00", "0/0:00", "*~*-1", "1-1-1-1",
    "1~1-1",
    "daily 3:00", "Mon daily", "*-*-* 3", "*-*-*,", "3:00,", "3,:00", "Mon3:00", "*:*:1.", "99999999999-1-1", "3:00 ../../etc/passwd",
    "3:00 Europe",
    "*-*-* 03:00 03:00", "3:00\tUTC", "*:*:1..1", "Montag", "@4102444800 UTC x", "@99999999999", "３:00",
  ]
  /// 2026-11-26T13:00:00Z
  static let now: Int64 = 1_795_698_000

  @Test("what systemd takes and comes again", arguments: valid)
  func taken(_ text: String) throws {
    #expect(try CalendarEvent(text).comes(after: Self.now), "\(text)")
  }

  @Test("what systemd does not take", arguments: invalid)
  func refused(_ text: String) {
    #expect(throws: CalendarEvent.Fault.self, "\(text)") { try CalendarEvent(text) }
  }

  @Test(
    "days that no calendar has, and those that are past",
    arguments: [
      "2026-02-30", "*-02-30", "*-04-31", "2027-02-29", "*-2-30,31", "2026-02-31,30", "1999-1-1", "2024-02-29", "@0",
      "Mon 2027-01-01", "2026-11-24", "2025..2026-1..10-*", "2026-11~10",
    ])
  func never(_ text: String) throws { #expect(try !CalendarEvent(text).comes(after: Self.now)) }

  @Test("the day in between counts, whichever zone it is told in")
  func today() throws {
    for text in ["2026-11-25", "2026-11-26", "2026-11-27", "2026-11~04", "Thu 2026-11-26"] {
      #expect(try CalendarEvent(text).comes(after: Self.now))
    }
  }

  @Test("the sentence names what is wrong")
  func sentences() throws {
    func what(_ text: String) -> String {
      do throws(CalendarEvent.Fault) { _ = try CalendarEvent(text) } catch { return error.what }
      return ""
    }
    #expect(
      what("25:00") == "25 is no hour: those are 0 to 23" && what("*-*~31") == "31 is no day: those are 1 to 28 from the end of a month")
    #expect(what("3:00 Nowhere/Bad") == "this system knows no time zone Nowhere/Bad" && what("Mond") == what("Fri..Mon"))
    #expect(
      what("*:0/60") == "the step of the minute leads beyond its last value"
        && what("5..1:00") == "a range of the hour ends before it begins")
  }

  private static let analyzer = "/usr/bin/systemd-analyze"

  private func analysed(_ text: String) throws -> (isValid: Bool, next: String) {
    let told = try HostProgram.run(
      Self.analyzer, ["calendar", "--", text], environment: ["LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"])
    return (told.status == 0, told.output.split(separator: "\n").first { $0.contains("Next elapse") }.map(String.init) ?? "")
  }

  @Test(
    "systemd says the same of each, and of random ones",
    .enabled(if: FileManager.default.isExecutableFile(atPath: analyzer), "systemd-analyze is not installed"))
  func oracle() throws {
    var generator = SplitMix(20_261_126)
    let random = (0..<150).map { _ in Self.random(&generator) }
    for text in Self.valid + Self.invalid + random {
      let theirs = try analysed(text)
      let ours = try? CalendarEvent(text)
      #expect((ours != nil) == theirs.isValid, "\(text)")
      guard let ours, theirs.isValid, !text.contains("2026-11-2") else { continue }
      #expect(ours.comes(after: Int64(Date().timeIntervalSince1970)) == !theirs.next.contains("never"), "\(text): \(theirs.next)")
    }
  }

  /// Pieces of events, put together rightly and wrongly.
  private static func random(_ generator: inout SplitMix) -> String {
    func number() -> String { "\([0, 1, 2, 5, 12, 13, 23, 24, 28, 29, 31, 32, 59, 60, 2024, 2030].randomElement(using: &generator) ?? 0)" }
    func component() -> String {
      switch Int.random(in: 0..<8, using: &generator) {
      case 0...2: "*"
      case 3...4: number()
      case 5: number() + ".." + number()
      case 6: number() + "/" + number()
      default: number() + "," + number()
      }
    }
    let day = ["", "", "Mon ", "tue..sat ", "Sun,mon ", "Fri..Tue ", "Sat"].randomElement(using: &generator) ?? ""
    let date =
      ["", component() + "-" + component(), "*-" + component() + ["-", "~"].randomElement(using: &generator)! + component()].randomElement(
        using: &generator) ?? ""
    let time =
      ["", component() + ":" + component(), component() + ":" + component() + ":" + component()].randomElement(using: &generator) ?? ""
    let zone = ["", "", "", " UTC", " Asia/Tokyo", " X"].randomElement(using: &generator) ?? ""
    return day + date + (date.isEmpty || time.isEmpty ? "" : " ") + time + zone
  }
}
