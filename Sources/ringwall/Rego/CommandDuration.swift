internal import ArgumentParser

/// A span of time as Go writes it: "5s", "100ms", "1m30s", "1.5h"; 0 for none.
struct CommandDuration: ExpressibleByArgument {
  let duration: Duration

  init?(argument: String) {
    if argument == "0" {
      duration = .zero
      return
    }
    var total = 0.0
    var rest = argument[...]
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      guard let value = Double(number) else { return nil }
      rest = rest.dropFirst(number.count)
      let unit = rest.prefix { !($0.isASCII && ($0.isNumber || $0 == ".")) }
      guard let factor = Self.units[String(unit)] else { return nil }
      total += value * factor
      rest = rest.dropFirst(unit.count)
    }
    guard total.isFinite, total <= 1e9 else { return nil }
    duration = .nanoseconds(Int64(total * 1e9))
  }

  private static let units = ["ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600]
}

extension Duration {
  /// Whole nanoseconds.
  var wholeNanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }

  /// As Go prints it: "1.5s", "341.91µs".
  var goText: String {
    let nanoseconds = wholeNanoseconds
    if nanoseconds == 0 { return "0s" }
    if nanoseconds < 1_000 { return "\(nanoseconds)ns" }
    if nanoseconds < 1_000_000 { return Self.fraction(nanoseconds, 1_000) + "µs" }
    if nanoseconds < 1_000_000_000 { return Self.fraction(nanoseconds, 1_000_000) + "ms" }
    let minutes = nanoseconds / 60_000_000_000
    let seconds = Self.fraction(nanoseconds % 60_000_000_000, 1_000_000_000) + "s"
    if minutes == 0 { return seconds }
    return (minutes >= 60 ? "\(minutes / 60)h" : "") + "\(minutes % 60)m" + seconds
  }

  private static func fraction(_ value: Int64, _ unit: Int64) -> String {
    var digits = "\(value % unit + unit)".dropFirst()
    while digits.last == "0" { digits.removeLast() }
    return digits.isEmpty ? "\(value / unit)" : "\(value / unit).\(digits)"
  }
}
