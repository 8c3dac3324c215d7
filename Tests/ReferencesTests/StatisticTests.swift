import Testing

@testable import References

@Suite("Statistics in texts")
struct StatisticTests {
  @Test(
    "Shares and sums in the spellings of both languages are one value each",
    arguments: [
      ("up to 2 % of turnover", ["2 %"]), ("2%", ["2 %"]), ("2,5 %", ["2.5 %"]), ("40 to 60%", ["40 %", "60 %"]), ("78 percent", ["78 %"]),
      ("10 M EUR", ["10000000 EUR"]), ("10 000 000 EUR", ["10000000 EUR"]), ("1000 万欧元", ["10000000 EUR"]),
      ("€10 million", ["10000000 EUR"]),
      ("4.6 M USD", ["4600000 USD"]), ("$4.6 million", ["4600000 USD"]), ("460 万美元", ["4600000 USD"]),
      ("4.45 million US dollars", ["4450000 USD"]),
      ("10 000–50 000 CNY", ["10000 CNY", "50000 CNY"]), ("1 万–5 万元罚款", ["10000 CNY", "50000 CNY"]), ("2,190,294 USD", ["2190294 USD"]),
      ("营业额 1.4 %，以较高者为准", ["1.4 %"]),
    ] as [(String, [String])])
  func found(text: String, values: [String]) { #expect(Statistics.all(in: text).map(\.shown) == values) }

  @Test(
    "Numbers without such a unit are none",
    arguments: [
      "72 hours", "2026-11-26", "version 4.0.1", "%20", "0%d", "10 MiB", "192.168.0.1", "Art. 83(4)", "50 Meters", "port 427",
      "3,800 servers", "a%b", "",
    ])
  func none(text: String) { #expect(Statistics.all(in: text).isEmpty, "\(Statistics.all(in: text))") }
}
