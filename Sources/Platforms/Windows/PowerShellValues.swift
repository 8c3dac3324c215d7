internal import Domain

/// The shapes that ConvertTo-Json gives one and the same value: Windows PowerShell 5.1 and PowerShell 7 differ, and so do exports of
/// single cmdlets from what the collector writes.
extension PlacedJSON {
  /// The elements of a list. A list of one may stand as its element, a list of none as null, and 5.1 wraps some lists into
  /// `{"value": [...], "Count": n}`.
  var items: [PlacedJSON] {
    if isObject, self["Count"]?.integer != nil, let wrapped = self["value"]?.elements { return wrapped }
    return list
  }

  /// The name of a value of an enumeration, which stands as its name or as its number.
  func name(in enumeration: PowerShellEnumeration) -> String? {
    if let text {
      return enumeration.names.first { $0.value.lowercased() == text.lowercased() }?.value ?? Int64(text).flatMap { enumeration.names[$0] }
        ?? text
    }
    if let integer { return enumeration.names[integer] }
    return enumeration.names.values.contains("On") ? flag.map { $0 ? "On" : "Off" } : nil
  }

  /// A switch: true and false, also as text.
  var powerShellFlag: Bool? { flag ?? text.flatMap { ["true": true, "false": false][$0.lowercased()] } }

  var powerShellInteger: Int64? { integer ?? text.flatMap { Int64($0) } }

  /// A version as "10.0": text, or the object of major, minor, build and revision, of which those below zero are not set.
  var powerShellVersion: String? {
    if let text { return text }
    guard let major = self["Major"]?.integer, let minor = self["Minor"]?.integer else { return nil }
    let rest = ["Build", "Revision"].map { self[$0]?.integer ?? -1 }.prefix { $0 >= 0 }
    return ([major, minor] + rest).map(String.init).joined(separator: ".")
  }

  /// A moment in UTC (RFC 3339, whole seconds): `/Date(milliseconds)/` of 5.1, also inside of an object, or ISO 8601.
  var powerShellDate: String? {
    if let wrapped = self["value"] { return wrapped.powerShellDate }
    guard let text else { return nil }
    if text.hasPrefix("/Date("), text.hasSuffix(")/") {
      // An offset behind the number names the zone of the writer; the number is UTC all the same.
      let number = text.dropFirst(6).dropLast(2)
      let digits = number.prefix(1) + number.dropFirst().prefix { $0.isNumber }
      return Int64(digits).flatMap { PowerShellDate.text(seconds: $0.quotientFlooring(1000)) }
    }
    return PowerShellDate.utc(text)
  }
}

/// An enumeration of the Hyper-V module, or of BitLocker's: ConvertTo-Json writes its numbers unless it is told otherwise.
struct PowerShellEnumeration: Sendable {
  let names: [Int64: String]

  /// Microsoft.HyperV.PowerShell.OnOffState: On is zero.
  static let onOff = PowerShellEnumeration(names: [0: "On", 1: "Off"])
  static let migrationAuthentication = PowerShellEnumeration(names: [0: "CredSSP", 1: "Kerberos"])
  static let replicationAuthentication = PowerShellEnumeration(names: [1: "Kerberos", 2: "Certificate", 3: "CertificateAndKerberos"])
  static let portMirroring = PowerShellEnumeration(names: [0: "None", 1: "Destination", 2: "Source"])
  static let vlanMode = PowerShellEnumeration(names: [0: "Untagged", 1: "Access", 2: "Trunk", 3: "Private"])
  static let privateVlanMode = PowerShellEnumeration(names: [1: "Isolated", 2: "Community", 3: "Promiscuous"])
  static let checkpoint = PowerShellEnumeration(names: [2: "Disabled", 3: "Production", 4: "ProductionOnly", 5: "Standard"])
  static let snapshot = PowerShellEnumeration(names: [
    0: "Standard", 1: "Recovery", 2: "Planned", 5: "Missing", 6: "Replica", 7: "AppConsistentReplica", 8: "SyncedReplica",
  ])
  static let protection = PowerShellEnumeration(names: [0: "Off", 1: "On", 2: "Unknown"])
  static let volume = PowerShellEnumeration(names: [
    0: "FullyDecrypted", 1: "FullyEncrypted", 2: "EncryptionInProgress", 3: "DecryptionInProgress", 4: "EncryptionSuspended",
    5: "DecryptionSuspended",
  ])
}

/// Moments as PowerShell writes them.
enum PowerShellDate {
  /// Seconds since 1970 as RFC 3339 in UTC; nil outside of the years 1 to 9999.
  static func text(seconds: Int64) -> String? {
    guard (-62_135_596_800...253_402_300_799).contains(seconds) else { return nil }
    let days = seconds.quotientFlooring(86_400)
    let inDay = seconds - days * 86_400
    // Days to a date by the proleptic Gregorian calendar, counted from 1 March of year 0 so that leap days end a year.
    let shifted = days + 719_468
    let era = shifted.quotientFlooring(146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthIndex = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthIndex + 2) / 5 + 1
    let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return
      "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T\(padded(inDay / 3600, 2)):\(padded(inDay / 60 % 60, 2)):\(padded(inDay % 60, 2))Z"
  }

  /// ISO 8601 with or without a fraction, with an offset or Z; without either it is taken as UTC, as the collector writes it.
  static func utc(_ text: String) -> String? {
    let bytes = Array(text.utf8)
    func number(_ from: Int, _ count: Int) -> Int64? {
      guard from + count <= bytes.count, bytes[from..<(from + count)].allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
      return bytes[from..<(from + count)].reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }
    guard let year = number(0, 4), let month = number(5, 2), let day = number(8, 2), let hour = number(11, 2), let minute = number(14, 2),
      let second = number(17, 2), (1...12).contains(month), (1...31).contains(day), bytes[4] == UInt8(ascii: "-"), bytes[10] != 0x2D
    else { return nil }
    var seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second
    var rest = bytes[19...]
    if rest.first == UInt8(ascii: ".") { rest = rest.dropFirst().drop { (0x30...0x39).contains($0) } }
    switch rest.first {
    case nil, UInt8(ascii: "Z"): break
    case UInt8(ascii: "+"), UInt8(ascii: "-"):
      guard let hours = number(rest.startIndex + 1, 2), let minutes = number(rest.startIndex + 4, 2) else { return nil }
      seconds -= (rest.first == UInt8(ascii: "-") ? -1 : 1) * (hours * 3600 + minutes * 60)
    default: return nil
    }
    return Self.text(seconds: seconds)
  }

  /// Days since 1970 of a date of the proleptic Gregorian calendar.
  private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let y = month <= 2 ? year - 1 : year
    let era = y.quotientFlooring(400)
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}

extension Int64 {
  /// Division that rounds down, also below zero.
  func quotientFlooring(_ divisor: Int64) -> Int64 {
    let quotient = self / divisor
    return self % divisor < 0 ? quotient - 1 : quotient
  }
}
