import Rego

/// A libFuzzer entry: a pattern up to the first line break, and a text behind it.
///
/// Beyond not crashing and ending in time: the automaton and the search for places agree, matches lie inside the text, in order and apart,
/// groups inside their match, splitting and replacing lose nothing.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRegex(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  let parts = bytes.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false)
  guard let first = parts.first, let pattern = String(validating: first, as: UTF8.self) else { return 0 }
  let text = parts.count > 1 ? Array(parts[1]) : []
  guard let expression = try? RegularExpression(pattern) else { return 0 }

  let match = expression.firstMatch(text)
  precondition(expression.matches(text) == (match != nil), "automaton and search differ")
  if let match { check(match, text.count) }

  var end = 0
  let matches = expression.allMatches(text)
  for match in matches {
    check(match, text.count)
    precondition(match[0] >= end, "matches overlap")
    end = match[1]
  }
  precondition(expression.replaceAll(text, template: Array("${0}".utf8)) == text, "replacing matches by themselves changes the text")
  var kept = 0
  for part in expression.split(text) { kept += part.count }
  for match in matches { kept += match[1] - match[0] }
  precondition(kept <= text.count, "splitting makes text")
  return 0
}

/// Bounds of a match and its groups.
private func check(_ match: [Int], _ count: Int) {
  precondition(match.count >= 2 && match[0] >= 0 && match[0] <= match[1] && match[1] <= count, "match outside the text")
  for index in stride(from: 2, to: match.count, by: 2) where match[index] >= 0 || match[index + 1] >= 0 {
    let start = match[index], end = match[index + 1]
    precondition(start >= match[0] && start <= end, "group begins outside its match")
    precondition(end <= match[1], "group ends outside its match")
  }
}
