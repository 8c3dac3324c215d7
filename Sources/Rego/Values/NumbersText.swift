extension Decimal {
  /// Cuts to `count` digits, halves to even (a half with more digits behind it is no half).
  mutating func round(to count: Int) {
    guard count < digits.count else { return }
    guard count >= 0 else {
      self = Decimal(isNegative: isNegative, digits: [], point: 0)
      return
    }
    roundsUp(at: count) ? roundUp(to: count) : roundDown(to: count)
  }

  private func roundsUp(at index: Int) -> Bool {
    if digits[index] == 5, index + 1 == digits.count { return index > 0 && digits[index - 1] & 1 == 1 }
    return digits[index] >= 5
  }

  mutating func roundDown(to count: Int) {
    guard count < digits.count else { return }
    self = Decimal(isNegative: isNegative, digits: Array(digits[..<count]), point: point)
  }

  mutating func roundUp(to count: Int) {
    guard count < digits.count else { return }
    var kept = count
    while kept > 0, digits[kept - 1] == 9 { kept -= 1 }
    if kept == 0 {
      self = Decimal(isNegative: isNegative, digits: [1], point: point + 1)
      return
    }
    var result = Array(digits[..<kept])
    result[kept - 1] += 1
    self = Decimal(isNegative: isNegative, digits: result, point: point)
  }

  /// `d.ddde±dd` with `places` digits after the point; zeros are added, digits are not dropped: round first.
  func scientific(places: Int, exponentMark: UInt8 = 0x65) -> [UInt8] {
    var text: [UInt8] = isNegative ? [0x2d] : []
    text.append(0x30 + (digits.first ?? 0))
    if places > 0 {
      text.append(0x2e)
      for index in 1...places { text.append(0x30 + (index < digits.count ? digits[index] : 0)) }
    }
    let exponent = digits.isEmpty ? 0 : point - 1
    text.append(exponentMark)
    text.append(exponent < 0 ? 0x2d : 0x2b)
    if exponent.magnitude < 10 { text.append(0x30) }
    text += Array(String(exponent.magnitude).utf8)
    return text
  }

  /// `ddd.ddd` with `places` digits after the point.
  func fixed(places: Int) -> [UInt8] {
    var text: [UInt8] = isNegative ? [0x2d] : []
    if point > 0 {
      for index in 0..<point { text.append(0x30 + (index < digits.count ? digits[index] : 0)) }
    } else {
      text.append(0x30)
    }
    if places > 0 {
      text.append(0x2e)
      for place in 0..<places {
        let index = point + place
        text.append(0x30 + (index >= 0 && index < digits.count ? digits[index] : 0))
      }
    }
    return text
  }

  /// Go's shortest form 'g': scientific for exponents below -4 or from `limit` on.
  func general(limit: Int, exponentMark: UInt8 = 0x65) -> [UInt8] {
    let exponent = point - 1
    if !digits.isEmpty, exponent < -4 || exponent >= limit {
      return scientific(places: digits.count - 1, exponentMark: exponentMark)
    }
    return fixed(places: max(digits.count - point, 0))
  }
}
