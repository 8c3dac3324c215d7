import Testing

@testable import Rego

@Suite("Times")
struct TimeTests {
  private func check(_ name: String, _ rows: [(operands: String, expected: String)]) {
    for row in rows { #expect(Calling().result(name, row.operands) == row.expected, "\(name)(\(row.operands))") }
  }

  @Test("Reading times")
  func reading() {
    check(
      "time.parse_rfc3339_ns",
      [
        ("\"1970-01-01T00:00:00Z\"", "0"), ("\"1985-04-12T23:20:50.52Z\"", "482196050520000000"),
        ("\"1996-12-19T16:39:57-08:00\"", "851042397000000000"), ("\"2262-04-11T23:47:16.854775807Z\"", "9223372036854775807"),
        ("\"1677-09-21T00:12:43.145224192Z\"", "-9223372036854775808"),
        ("\"2262-04-11T23:47:16.854775808Z\"", "error: time outside of valid range"),
        ("\"1677-09-21T00:12:43.145224191Z\"", "error: time outside of valid range"),
        ("\"2021-02-29T00:00:00Z\"", "error: parsing time \"2021-02-29T00:00:00Z\": day out of range"),
        ("\"2021-13-01T00:00:00Z\"", "error: parsing time \"2021-13-01T00:00:00Z\": month out of range"),
        ("\"x\"", "error: parsing time \"x\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"x\" as \"2006\""),
        ("\"2021-01-01T00:00:00Zx\"", "error: parsing time \"2021-01-01T00:00:00Zx\": extra text: \"x\""),
      ])
    check(
      "time.parse_ns",
      [
        ("\"RFC1123\", \"Mon, 02 Jan 2006 15:04:05 MST\"", "1136214245000000000"),
        ("\"2006-01-02\", \"2020-02-29\"", "1582934400000000000"),
        (
          "\"Jan _2 2006 3:04PM\", \"feb  5 1999 11:07am\"",
          "error: parsing time \"feb  5 1999 11:07am\" as \"Jan _2 2006 3:04PM\": cannot parse \"am\" as \"PM\""
        ),
        ("\"Jan _2 2006 3:04PM\", \"feb  5 1999 11:07AM\"", "918212820000000000"),
        ("\"02/01/06 15:04:05.000\", \"31/12/99 23:59:59.250\"", "946684799250000000"),
        ("\"2006-002\", \"2020-366\"", "1609372800000000000"),
        ("\"RFC822Z\", \"02 Jan 06 15:04 +0200\"", "1136207040000000000"), ("\"15:04\", \"12:30\"", "error: time outside of valid range"),
        ("\"ANSIC\", \"Mon Jan  2 15:04:05 2006\"", "1136214245000000000"),
      ])
    check(
      "time.parse_duration_ns",
      [
        ("\"1h2m3.5s\"", "3723500000000"), ("\"-1.5h\"", "-5400000000000"), ("\"0\"", "0"), ("\"1µs\"", "1000"),
        ("\"2w\"", "1209600000000000"), ("\"\"", "error: time: invalid duration \"\""),
        ("\"3\"", "error: time: missing unit in duration \"3\""), ("\"3x\"", "error: time: unknown unit \"x\" in duration \"3x\""),
        ("\"9223372036854775807ns\"", "9223372036854775807"), ("\"300y\"", "error: time: invalid duration \"300y\""),
        ("\"999999h999999h\"", "7199992800000000000"),
      ])
    // Sums and digits beyond 64 bits, within the length that is read in place.
    for text in ["999999h999999h999999h", "9223372036854775807h", "99999999999999999999999s"] {
      check("time.parse_duration_ns", [("\"\(text)\"", "error: time: invalid duration \"\(text)\"")])
    }
  }

  @Test("Parts and arithmetic")
  func parts() {
    check(
      "time.date",
      [
        ("1585852421593912000", "[2020, 4, 2]"), ("-1", "[1969, 12, 31]"), ("-9223372036854775808", "[1677, 9, 21]"),
        ("1.5", "error: timestamp too big"),
        ("[]", "type error: operand 1 must be either number (ns) or [number (ns), string (tz)] but got array"),
      ])
    check(
      "time.clock",
      [
        ("1585852421593912000", "[18, 33, 41]"), ("-1", "[23, 59, 59]"), ("[-1, \"America/New_York\"]", "[18, 59, 59]"),
        ("[-9223372036854775808, \"UTC\"]", "[0, 12, 43]"), ("[9223372036854775807, \"Europe/Berlin\"]", "[1, 47, 16]"),
      ])
    check("time.weekday", [("1585852421593912000", "\"Thursday\""), ("0", "\"Thursday\""), ("-259200000000001", "\"Sunday\"")])
    check(
      "time.add_date",
      [
        ("1585852421593912000, 1, -5, 31", "1607020421593912000"), ("9223372036854775807, 1, 0, 0", "error: time outside of valid range"),
        ("0, 9223372036854775807, 0, 0", "error: time outside of valid range"), ("951782400000000000, 1, 0, 0", "983404800000000000"),
      ])
    check(
      "time.diff", [("0, 31539661000000000", "[1, 0, 0, 1, 1, 1]"), ("1614470400000000000, 1609459200000000000", "[0, 1, 27, 0, 0, 0]")])
    check(
      "time.format",
      [
        ("1585852421593912000", "\"2020-04-02T18:33:41.593912Z\""),
        ("[1585852421593912000, \"UTC\", \"Mon Jan _2 3:04:05.000PM 06 002\"]", "\"Thu Apr  2 6:33:41.593PM 20 093\""),
        ("[0, \"UTC\", \"RFC1123Z\"]", "\"Thu, 01 Jan 1970 00:00:00 +0000\""),
      ])
    check("time.now_ns", [("", "1700000000000000000")])
  }

  @Test("Zones", .enabled(if: (try? TimeZone.named("Europe/Berlin")) != nil, "the machine has no time zone database"))
  func zones() {
    check(
      "time.format",
      [
        ("[1585852421593912000, \"Europe/Berlin\"]", "\"2020-04-02T20:33:41.593912+02:00\""),
        ("[1577836800000000000, \"America/New_York\", \"RFC822\"]", "\"31 Dec 19 19:00 EST\""),
        // Behind the last change that the files list, the rule at their end holds.
        ("[4118083200000000000, \"Europe/Berlin\", \"2006-01-02 15:04 MST\"]", "\"2100-07-01 02:00 CEST\""),
        ("[4102444800000000000, \"Australia/Sydney\", \"15:04 -0700\"]", "\"11:00 +1100\""),
        ("[0, \"Asia/Kolkata\", \"MST Z07:00\"]", "\"IST +05:30\""), ("[0, \"Nowhere/At_All\"]", "error: unknown time zone Nowhere/At_All"),
        ("[0, \"../etc/passwd\"]", "error: time: invalid location name"), ("[0, \"/etc/passwd\"]", "error: time: invalid location name"),
      ])
    // The clock that spring leaves out, and a day of 23 hours.
    check(
      "time.add_date",
      [
        ("[1585353600000000000, \"Europe/Berlin\"], 0, 0, 1", "1585440000000000000"),
        ("[1585440000000000000, \"Europe/Berlin\"], 0, 0, 1", "1585522800000000000"),
      ])
    check("time.date", [("[1577836799000000000, \"Asia/Tokyo\"]", "[2020, 1, 1]")])
  }

  @Test("Bytes that are no zone file")
  func damaged() {
    #expect(TimeZone(Array("TZif2".utf8)) == nil)
    #expect(TimeZone(Array("TZif2".utf8) + [UInt8](repeating: 0xFF, count: 400)) == nil)
    #expect(TimeZoneRule(Array("CET-1CEST,M3.5.0,M10.5.0/3".utf8)[...])?.period(at: 1_593_561_600).offset == 7200)
    #expect(TimeZoneRule(Array("CET".utf8)[...]) == nil)
    #expect(TimeZoneRule(Array("CET-1CEST,M13.5.0,M10.5.0/3".utf8)[...]) == nil)
  }
}
