/// Rules over one file, whose bytes somebody hands over: a file of a guest's disk that is nowhere mounted.
///
/// The object belongs to one thread and scans any number of files.
public final class FileScan {
  /// Files up to this size are scanned as one whole; of larger ones conditions read this much from the beginning.
  public static let whole: UInt64 = 64 << 20
  private static let chunk = 16 << 20

  private let rules: RuleSet
  private let limits: ScanLimits
  private let search: StringSearch
  private let check: ConditionCheck

  /// - Parameter limits: of each file; a file is scanned by the calling thread alone.
  public init(_ rules: RuleSet, limits: ScanLimits = ScanLimits(time: .seconds(60), places: 1000)) throws(ScanError) {
    self.rules = rules
    self.limits = limits
    unsafe search = try StringSearch(rules.compiled, isMemory: false)
    check = try ConditionCheck(rules, isMemory: false)
  }

  /// Scans bytes that are in memory already.
  public func scan(_ bytes: UnsafeRawBufferPointer) throws(ScanError) -> ScanResult {
    try whole(unsafe Block(bytes: bytes, start: 0), gaps: [], within: limits.time)
  }

  private func whole(_ file: Block, gaps: [String], within time: Duration) throws(ScanError) -> ScanResult {
    let (holding, found) = try check.rules(holdingIn: file, within: time)
    let places = FoundPlaces(strings: rules.strings.count, limit: limits.places)
    places.add(found) { context(of: $0, in: file) }
    return ScanResult(
      matches: RuleMatch.of(holding, rules: rules, places: places.sorted(), omitted: places.omitted()), scanned: UInt64(file.count),
      zeros: 0,
      gaps: gaps)
  }

  /// Scans a file piece by piece, in order, within 80 MiB of memory and 1 MiB of overlap whatever its size.
  ///
  /// - Parameters:
  ///   - size: length of the file, bytes: what `filesize` is in conditions.
  ///   - time: for this file; nil for that of the limits.
  ///   - read: fills the buffer from an offset and returns how much it filled. Fewer bytes than asked for are asked for again, 0 is the end
  ///     of the file, and what it throws is a gap of the result.
  public func scan(
    size: UInt64, within time: Duration? = nil, read: (_ offset: UInt64, _ buffer: UnsafeMutableRawBufferPointer) throws -> Int
  ) throws(ScanError) -> ScanResult {
    let time = min(time ?? limits.time, limits.time)
    let deadline = ContinuousClock().now + time
    let places = FoundPlaces(strings: rules.strings.count, limit: limits.places)
    var gaps: [String] = []
    let head = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(min(size, Self.whole)), alignment: 16)
    // SAFETY: both buffers are used within this call alone.
    defer { unsafe head.deallocate() }
    let filled = unsafe Self.fill(head, from: 0, read, &gaps)
    let first = unsafe Block(bytes: UnsafeRawBufferPointer(rebasing: head[..<filled]), start: 0)
    if size <= Self.whole || filled < Int(Self.whole) { return try whole(first, gaps: gaps, within: time) }
    // A match that begins in the last bytes of the head and may reach behind it is the first chunk's.
    let border = UInt64(filled - rules.margin)
    places.add(try search.matches(in: [first], within: time).filter { $0.address < border }) { context(of: $0, in: first) }
    unsafe try stream(from: border, size: size, read, into: places, gaps: &gaps, until: deadline)
    return try result(places, head: first, size: size, gaps: gaps, until: deadline)
  }

  private func stream(
    from start: UInt64, size: UInt64, _ read: (UInt64, UnsafeMutableRawBufferPointer) throws -> Int, into places: FoundPlaces,
    gaps: inout [String], until deadline: ContinuousClock.Instant
  ) throws(ScanError) {
    let lead = ScanPlan.lead
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunk + rules.margin + Int(lead), alignment: 16)
    // SAFETY: used within this call alone.
    defer { unsafe buffer.deallocate() }
    var start = start
    while start < size {
      let time = ContinuousClock().now.duration(to: deadline)
      guard time > .zero else {
        gaps.append("the time allowed was used up after \(start >> 20) of \(size >> 20) MiB")
        return
      }
      let offset = start - lead
      let wanted = Int(min(UInt64(buffer.count), size - offset))
      let filled = unsafe Self.fill(UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]), from: offset, read, &gaps)
      let block = unsafe Block(bytes: UnsafeRawBufferPointer(rebasing: buffer[..<filled]), start: offset)
      let isLast = filled < wanted || offset + UInt64(filled) == size
      let end = isLast ? block.end : start + UInt64(Self.chunk)
      let found = try search.matches(in: [block], within: time).filter { $0.address >= start && $0.address < end }
      places.add(found) { context(of: $0, in: block) }
      if isLast { return }
      start = end
    }
  }

  private static func fill(
    _ buffer: UnsafeMutableRawBufferPointer, from offset: UInt64, _ read: (UInt64, UnsafeMutableRawBufferPointer) throws -> Int,
    _ gaps: inout [String]
  ) -> Int {
    var filled = 0
    while filled < buffer.count {
      do {
        // SAFETY: the rest of the buffer, which slicing checks.
        let count = unsafe try read(offset + UInt64(filled), UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
        if count <= 0 { break }
        filled += min(count, buffer.count - filled)
      } catch {
        gaps.append("from byte \(offset + UInt64(filled)) it cannot be read: \(error)")
        break
      }
    }
    return filled
  }

  private func context(of found: FoundString, in block: Block) -> MatchContext? {
    MatchContext(of: found, in: block, around: limits.context)
  }

  private func result(
    _ places: FoundPlaces, head: Block, size: UInt64, gaps: [String], until deadline: ContinuousClock.Instant
  ) throws(ScanError) -> ScanResult {
    let sorted = places.sorted()
    let time = max(ContinuousClock().now.duration(to: deadline), .seconds(10))
    let holding = try check.rules(
      holdingWith: sorted.flatMap { $0.map(\.found) }, reading: [head], fileSize: size, within: time)
    return ScanResult(
      matches: RuleMatch.of(holding, rules: rules, places: sorted, omitted: places.omitted()), scanned: size, zeros: 0, gaps: gaps)
  }
}
