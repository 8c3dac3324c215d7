internal import CYara

/// Judges all conditions once, over strings that were found before.
///
/// libyara evaluates conditions at the end of a scan over the lists of matches that the scan left. Here the scan is over one byte, and the
/// lists are put in its place: so the conditions see what all threads found together, with physical addresses as offsets, and what they see
/// is what was there when a thread read it, however the guest has gone on since.
@safe final class ConditionCheck {
  private let rules: RuleSet
  // SAFETY: created and destroyed here, used by one thread.
  private let scanner: UnsafeMutablePointer<YR_SCANNER>
  /// libyara's value for what is undefined, which it puts into a new scanner alone.
  private let noEntryPoint: UInt64
  private var matching: [Int] = []

  /// - Parameter isMemory: false for the bytes of a file.
  init(_ rules: RuleSet, isMemory: Bool) throws(ScanError) {
    self.rules = rules
    unsafe scanner = try StringSearch.scanner(rules.compiled, isMemory: isMemory)
    unsafe noEntryPoint = scanner.pointee.entry_point
  }

  deinit { unsafe yr_scanner_destroy(scanner) }

  /// Indexes of the rules that hold, ascending, without private ones.
  ///
  /// - Parameters:
  ///   - found: ascending by string, then by address; at most one for each pair of them.
  ///   - blocks: what conditions may read by address.
  ///   - fileSize: nil leaves `filesize` undefined.
  func rules(holdingWith found: [FoundString], reading blocks: [Block], fileSize: UInt64?, within time: Duration) throws(ScanError) -> [Int]
  {
    let nodes = UnsafeMutableBufferPointer<YR_MATCH>.allocate(capacity: max(found.count, 1))
    // SAFETY: libyara reads the nodes until the scan returns, and never frees a single one.
    defer { unsafe nodes.deallocate() }
    unsafe Self.fill(nodes, with: found)
    let zero: [UInt8] = [0]
    let status = unsafe zero.withUnsafeBytes { byte in
      let sequence = BlockSequence(
        searched: [unsafe Block(bytes: byte, start: blocks.first?.start ?? 0)], read: blocks, fileSize: fileSize)
      sequence.atEnd = { [count = rules.strings.count, scanner = unsafe scanner] in
        unsafe Self.link(nodes, of: found, into: scanner.pointee.matches, strings: count)
        return false
      }
      return run(sequence, within: time)
    }
    guard status == ERROR_SUCCESS else { throw ScanError("the conditions of the rules could not be judged: \(Engine.text(status))") }
    return matching
  }

  /// Searches strings and judges in one, as libyara does with a file that is in memory as a whole.
  func rules(holdingIn file: Block, within time: Duration) throws(ScanError) -> (rules: [Int], found: [FoundString]) {
    let sequence = BlockSequence(searched: [file], read: [file], fileSize: UInt64(file.count))
    var found: [FoundString] = []
    sequence.atEnd = { [count = rules.strings.count, scanner = unsafe scanner] in
      unsafe found = StringSearch.matches(of: scanner, strings: count)
      return false
    }
    let status = run(sequence, within: time)
    guard status == ERROR_SUCCESS else { throw ScanError(Engine.text(status)) }
    return (matching, found)
  }

  private func run(_ sequence: BlockSequence, within time: Duration) -> CInt {
    matching = []
    // SAFETY: this object outlives the scan.
    unsafe yr_scanner_set_callback(scanner, Self.note, Unmanaged.passUnretained(self).toOpaque())
    unsafe yr_scanner_set_timeout(scanner, StringSearch.seconds(time))
    unsafe scanner.pointee.entry_point = noEntryPoint
    return unsafe sequence.scan(with: scanner)
  }

  private static func fill(_ nodes: UnsafeMutableBufferPointer<YR_MATCH>, with found: [FoundString]) {
    for (index, place) in found.enumerated() {
      var node = unsafe YR_MATCH()
      unsafe node.offset = Int64(bitPattern: place.address)
      unsafe node.match_length = Int32(clamping: place.length)
      unsafe (nodes.baseAddress.unsafelyUnwrapped + index).initialize(to: node)
    }
  }

  private static func link(
    _ nodes: UnsafeMutableBufferPointer<YR_MATCH>, of found: [FoundString], into lists: UnsafeMutablePointer<YR_MATCHES>, strings: Int
  ) {
    // SAFETY: there is a list for each of the strings, and a node for each place.
    for string in 0..<strings { unsafe lists[string] = YR_MATCHES() }
    for (index, place) in found.enumerated() {
      let node = unsafe nodes.baseAddress.unsafelyUnwrapped + index
      if let tail = unsafe lists[place.string].tail {
        unsafe tail.pointee.next = node
        unsafe node.pointee.prev = tail
      } else {
        unsafe lists[place.string].head = node
      }
      unsafe lists[place.string].tail = node
      unsafe lists[place.string].count += 1
    }
  }

  private static let note: YR_CALLBACK_FUNC = { scanner, message, data, context in
    // SAFETY: for this message the data are one of the rules in the table, and the context is the object that `rules` runs on.
    guard message == CALLBACK_MSG_RULE_MATCHING, let data = unsafe data, let context = unsafe context,
      let first = unsafe scanner?.pointee.rules.pointee.rules_table
    else { return CALLBACK_CONTINUE }
    let rule = unsafe data.assumingMemoryBound(to: YR_RULE.self)
    unsafe Unmanaged<ConditionCheck>.fromOpaque(context).takeUnretainedValue().matching.append(unsafe rule - first)
    return CALLBACK_CONTINUE
  }
}
