internal import CYara

/// Where a string of the rules was found.
struct FoundString {
  /// libyara's index of the string.
  let string: Int
  let address: UInt64
  let length: Int
}

/// One thread's scanner: it searches the strings of all rules and asks no condition.
///
/// A condition speaks of the whole memory, a thread sees a part of it. So threads look for strings only, which is where the time goes, and
/// `ConditionCheck` judges once over what all of them found.
@safe final class StringSearch {
  // SAFETY: created and destroyed here and used by one thread at a time.
  private let scanner: UnsafeMutablePointer<YR_SCANNER>
  private let count: Int

  /// - Parameter isMemory: false for the bytes of a file.
  init(_ rules: UnsafeMutablePointer<YR_RULES>, isMemory: Bool) throws(ScanError) {
    unsafe scanner = try Self.scanner(rules, isMemory: isMemory)
    unsafe count = Int(rules.pointee.num_strings)
    unsafe yr_scanner_set_callback(scanner, { _, _, _, _ in CALLBACK_CONTINUE }, nil)
  }

  deinit { unsafe yr_scanner_destroy(scanner) }

  static func scanner(_ rules: UnsafeMutablePointer<YR_RULES>, isMemory: Bool) throws(ScanError) -> UnsafeMutablePointer<YR_SCANNER> {
    var scanner: UnsafeMutablePointer<YR_SCANNER>?
    // SAFETY: the rules outlive the scanner, which their owner makes sure of.
    let status = unsafe yr_scanner_create(rules, &scanner)
    guard status == ERROR_SUCCESS, let scanner = unsafe scanner else { throw ScanError("no scanner can be made: \(Engine.text(status))") }
    // libyara's own handlers of SIGBUS belong to the process and are not made for several threads.
    unsafe yr_scanner_set_flags(
      scanner, SCAN_FLAGS_REPORT_RULES_MATCHING | SCAN_FLAGS_NO_TRYCATCH | (isMemory ? SCAN_FLAGS_PROCESS_MEMORY : 0))
    return unsafe scanner
  }

  /// libyara counts in whole seconds, and 0 is no bound.
  static func seconds(_ time: Duration) -> CInt { CInt(clamping: min(max(time.components.seconds + 1, 1), 1_000_000)) }

  /// All places, string by string. Blocks are searched one by one: no match reaches from one into the next.
  func matches(in blocks: [Block], within time: Duration) throws(ScanError) -> [FoundString] {
    if blocks.isEmpty { return [] }
    var found: [FoundString] = []
    let sequence = BlockSequence(searched: blocks, read: [], fileSize: nil)
    // SAFETY: matches are libyara's until the scan ends, which is after this closure has run.
    sequence.atEnd = { [count, scanner = unsafe scanner] in
      unsafe found = Self.matches(of: scanner, strings: count)
      return true
    }
    unsafe yr_scanner_set_timeout(scanner, Self.seconds(time))
    let status = unsafe sequence.scan(with: scanner)
    guard status == ERROR_CALLBACK_ERROR else { throw ScanError(Engine.text(status)) }
    return found
  }

  /// What a scan under way has found.
  static func matches(of scanner: UnsafeMutablePointer<YR_SCANNER>, strings: Int) -> [FoundString] {
    var found: [FoundString] = []
    // SAFETY: there is a list for each string, and its entries live until the scan ends.
    for string in 0..<strings {
      var match = unsafe scanner.pointee.matches[string].head
      while let entry = unsafe match?.pointee {
        unsafe found.append(
          FoundString(string: string, address: UInt64(bitPattern: entry.base &+ entry.offset), length: Int(entry.match_length)))
        unsafe match = entry.next
      }
    }
    return found
  }
}
