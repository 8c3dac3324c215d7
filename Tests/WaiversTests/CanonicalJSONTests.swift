import Domain
import Judgement
import Testing

@testable import Waivers

/// The examples of RFC 8785.
@Suite("Canonical JSON")
struct CanonicalJSONTests {
  private func canonical(_ json: String) throws -> String {
    String(decoding: try CanonicalJSON.bytes(try PolicyEngine.readJSON(Array(json.utf8), file: "x.json")), as: UTF8.self)
  }

  @Test("Section 3.2.2: literals, numbers and strings")
  func primitives() throws {
    let input = #"""
      {
        "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
        "literals": [null, true, false]
      }
      """#
    #expect(
      try canonical(input)
        == #"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}"#)
  }

  @Test("Section 3.2.3: keys sorted by UTF-16 code units")
  func sorting() throws {
    let input = #"""
      {"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
       "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"}
      """#
    let output = try canonical(input)
    let order = ["Carriage Return", "One", "Control", "Latin Small Letter O With Diaeresis", "Euro Sign", "Emoji: Grinning Face", "Hebrew"]
    let places = order.map { output.firstRange(of: $0)?.lowerBound }
    #expect(places.allSatisfy { $0 != nil })
    #expect(zip(places, places.dropFirst()).allSatisfy { $0! < $1! }, "\(output)")
  }

  @Test(
    "Appendix B: numbers by their bits",
    arguments: [
      (0x0000_0000_0000_0000, "0"), (0x8000_0000_0000_0000, "0"), (0x0000_0000_0000_0001, "5e-324"),
      (0x8000_0000_0000_0001, "-5e-324"), (0x7FEF_FFFF_FFFF_FFFF, "1.7976931348623157e+308"),
      (0xFFEF_FFFF_FFFF_FFFF, "-1.7976931348623157e+308"), (0x4340_0000_0000_0000, "9007199254740992"),
      (0xC340_0000_0000_0000, "-9007199254740992"), (0x4430_0000_0000_0000, "295147905179352830000"),
      (0x44B5_2D02_C7E1_4AF5, "9.999999999999997e+22"), (0x44B5_2D02_C7E1_4AF6, "1e+23"),
      (0x44B5_2D02_C7E1_4AF7, "1.0000000000000001e+23"), (0x444B_1AE4_D6E2_EF4E, "999999999999999700000"),
      (0x444B_1AE4_D6E2_EF4F, "999999999999999900000"), (0x444B_1AE4_D6E2_EF50, "1e+21"),
      (0x3EB0_C6F7_A0B5_ED8C, "9.999999999999997e-7"), (0x3EB0_C6F7_A0B5_ED8D, "0.000001"),
      (0x41B3_DE43_5555_5553, "333333333.3333332"), (0x41B3_DE43_5555_5554, "333333333.33333325"),
      (0x41B3_DE43_5555_5555, "333333333.3333333"), (0x41B3_DE43_5555_5556, "333333333.3333334"),
      (0x41B3_DE43_5555_5557, "333333333.33333343"), (0xBECB_F647_612F_3696, "-0.0000033333333333333333"),
      (0x4314_3FF3_C1CB_0959, "1424953923781206.2"),
    ] as [(UInt64, String)])
  func numbers(bits: UInt64, text: String) throws {
    #expect(String(decoding: try CanonicalJSON.bytes(.double(Double(bitPattern: bits))), as: UTF8.self) == text)
  }

  @Test("What has no canonical form is refused")
  func refused() {
    var deep: FactValue = .null
    for _ in 0..<100 { deep = .array([deep]) }
    let values: [FactValue] = [
      .double(.nan), .double(.infinity), .int(9_007_199_254_740_992), .object([.init("a", .null), .init("a", .null)]), deep,
    ]
    for value in values { #expect(throws: CanonicalJSONError.self) { _ = try CanonicalJSON.bytes(value) } }
  }

  @Test("The canonical form of the canonical form is itself")
  func idempotence() throws {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<2000 {
      let number = Double(bitPattern: generator.next())
      guard number.isFinite else { continue }
      let text = String(decoding: try CanonicalJSON.bytes(.double(number)), as: UTF8.self)
      #expect(Double(text) == number)
    }
  }

  @Test("A key that stands twice, or hides behind an escape, is found")
  func repeatedKeys() {
    func first(_ text: String) -> String? { RepeatedKeys.first(in: Array(text.utf8)) }
    #expect(first(#"{"a":{"a":1},"b":[{"a":1},{"a":2}],"c":"a\":"}"#) == nil)
    #expect(first(#"{"a":1 , "a" :2}"#) == "a")
    #expect(first(#"{"b":[{"a":1,"a":2}]}"#) == "a")
    #expect(first(#"{"\u0061":1}"#) == #"\u0061"#)
  }
}

@Suite("Instants")
struct InstantTests {
  @Test(
    "Text and seconds are each other's inverse",
    arguments: [0, 951_782_399, 951_782_400, 1_709_164_800, 1_782_000_000, 4_102_444_799, -86_400])
  func roundTrip(seconds: Int64) {
    let instant = Instant(seconds: seconds)
    #expect(Instant(instant.text) == instant)
  }

  @Test("Known times")
  func known() {
    #expect(Instant("1970-01-01T00:00:00Z")?.seconds == 0)
    #expect(Instant("2000-02-29T00:00:00Z")?.seconds == 951_782_400)
    #expect(Instant("2026-11-26T03:00:00Z")?.seconds == 1_795_662_000)
  }

  @Test(
    "Anything else is no time",
    arguments: [
      "", "2026-12-31", "2026-12-31T23:59:59", "2026-12-31T23:59:59+00:00", "2026-12-31t23:59:59z", "2026-13-01T00:00:00Z",
      "2026-02-29T00:00:00Z",
      "2026-04-31T00:00:00Z", "2026-12-31T24:00:00Z", "2026-12-31T23:60:00Z", "2026-12-31T23:59:60Z", "2026-12-31T23:59:59.5Z",
      "31-12-2026T23:59:59Z",
      "0000-01-01T00:00:00Z", "2026-1-31T23:59:59ZZ",
    ])
  func refused(text: String) { #expect(Instant(text) == nil) }
}
