internal import Glibc

/// The image that boot unpacked the kernel from, where some of it was overwritten. It lies in memory twice: where the boot loader put it, and behind the
/// place that it is unpacked to (arch/x86/boot/compressed/head_64.S, relocated). Of the first the first 128 KiB are used again before the kernel has
/// started; what else one of them lacks the other may have.
///
/// Where it lay and how long it was the kernel keeps (`boot_params.hdr`).
struct LeftoverImage {
  /// Guest-physical address of the payload in the copy that has its beginning, or should.
  let payload: UInt64
  private let guest: Guest
  private let length: Int
  private let bytes: [UInt8]
  /// The other copy; empty where there is none.
  private let other: [UInt8]
  private let otherPayload: UInt64
  /// Pages in a row that the two copies do not have alike.
  private let runs: [Run]

  private struct Run {
    enum Choice { case own, other, either }
    let pages: Range<Int>
    let choice: Choice
    /// Whether some page of one copy is nearly that of the other: somebody wrote there, where use of the page would have left nothing of it.
    let isClose: Bool
  }

  private static let page = 4096
  /// Pages of the copy that the boot loader made which are used again.
  private static let reused = 32
  /// Runs of which each copy may be the damaged one.
  private static let choiceLimit = 4

  /// - Parameter heads: where images seem to begin.
  /// - Returns: nil where nothing says that there is one in memory that nobody uses.
  init?(_ guest: Guest, heads: [UInt64]) {
    guard let boot = guest.boot else { return nil }
    self.guest = guest
    length = boot.length
    let first = boot.start + boot.offset
    func copy(_ place: UInt64) -> [UInt8]? { guest.memory.bytes(place, count: boot.length) }
    // Files of kernels begin so too; what somebody has in hands is none of the boot's.
    let begun = heads.filter { $0 != boot.start && !guest.isInUse($0) }.map { $0 + boot.offset }
    let loaded = copy(first)
    let twins = loaded.map { Self.twins($0, guest, first, boot.offset) } ?? [:]
    let isLoaded = heads.contains(boot.start) && !guest.isInUse(boot.start)
    let beginning = begun.first { twins[$0] != nil } ?? twins.max { $0.value < $1.value }?.key ?? begun.first ?? (isLoaded ? first : nil)
    guard let beginning, let bytes = copy(beginning) else { return nil }
    payload = beginning
    self.bytes = bytes
    otherPayload = first
    other = twins[beginning] == nil ? [] : loaded ?? []
    runs = Self.runs(bytes, other) { page in
      let (own, second) = (beginning + UInt64(page * Self.page), first + UInt64(page * Self.page))
      if page < Self.reused { return .own }
      switch (Self.isLost(guest, own), Self.isLost(guest, second)) {
      case (true, false): return .other
      case (false, true): return .own
      default: return .either
      }
    }
  }

  /// Whether somebody wrote over a part of some page and nothing says of which copy.
  var hasDoubt: Bool { runs.contains { $0.choice == .either && $0.isClose } }

  /// Whether the kernel or somebody else has taken some page of each copy.
  var isLostLawfully: Bool {
    (0..<(length + Self.page - 1) / Self.page).contains { page in
      let offset = UInt64(page * Self.page)
      return Self.isLost(guest, payload + offset) && (other.isEmpty || page < Self.reused || Self.isLost(guest, otherPayload + offset))
    }
  }

  /// The image as it may have been, in all ways that the two copies allow.
  func repaired() -> some Sequence<[UInt8]> {
    let open = runs.indices.filter { runs[$0].choice == .either }
    let isFew = open.count <= Self.choiceLimit
    // The beginning as it is comes last: it alone was no image.
    let ways = other.isEmpty ? 0 : isFew ? 1 << open.count : 1
    return (0..<ways).lazy.map { way -> [UInt8] in
      var image = bytes
      func take(_ run: Run) {
        let range = run.pages.lowerBound * Self.page..<min(length, run.pages.upperBound * Self.page)
        image.replaceSubrange(range, with: other[range])
      }
      for run in runs where run.choice == .other { take(run) }
      for (index, run) in open.enumerated() where !isFew || way >> index & 1 == 0 { take(runs[run]) }
      return image
    }
  }

  // MARK: Copies

  /// Where the image stands again as it does in the copy that the boot loader made, with how many of some samples do.
  private static func twins(_ image: [UInt8], _ guest: Guest, _ place: UInt64, _ offset: UInt64) -> [UInt64: Int] {
    let (size, limit) = (32, 16)
    let samples = [4, 2, 6, 1, 3, 5, 7].compactMap { eighth -> (start: Int, bytes: [UInt8])? in
      let start = image.count / 8 * eighth
      let sample = Array(image[start..<min(start + size, image.count)])
      // Compressed bytes are all different.
      return sample.count == size && Set(sample).count > size / 2 ? (start, sample) : nil
    }
    var found: [UInt64: Int] = [:]
    // All of memory is searched for the first that is there twice.
    for sample in samples.prefix(3) where found.isEmpty {
      for range in guest.memory.populated {
        for hit in KallsymsScan.places(of: sample.bytes, in: guest.memory, range: range, limit: limit) {
          let hit = range.start + UInt64(hit)
          guard hit >= UInt64(sample.start) + offset else { continue }
          let begin = hit - UInt64(sample.start)
          // It begins with a page.
          guard begin != place, (begin - offset) % UInt64(page) == 0 else { continue }
          let count = samples.count { guest.memory.bytes(begin + UInt64($0.start), count: size) == $0.bytes }
          if count > 1 { found[begin] = count }
        }
      }
    }
    return found
  }

  private static func runs(_ bytes: [UInt8], _ other: [UInt8], _ choice: (Int) -> Run.Choice) -> [Run] {
    var runs: [Run] = []
    guard bytes.count == other.count else { return [] }
    for index in 0..<(bytes.count + page - 1) / page {
      let (start, end) = (index * page, min(bytes.count, (index + 1) * page))
      // SAFETY: both are of the same length, which nothing reads beyond.
      let isSame = unsafe bytes.withUnsafeBytes { own in
        unsafe other.withUnsafeBytes { unsafe memcmp(own.baseAddress! + start, $0.baseAddress! + start, end - start) == 0 }
      }
      if isSame { continue }
      let choice = choice(index)
      let isClose = (start..<end).count { bytes[$0] == other[$0] } * 2 > end - start
      if let last = runs.last, last.pages.upperBound == index, last.choice == choice {
        runs[runs.count - 1] = Run(pages: last.pages.lowerBound..<index + 1, choice: choice, isClose: last.isClose || isClose)
      } else {
        runs.append(Run(pages: index..<index + 1, choice: choice, isClose: isClose))
      }
    }
    return runs
  }

  /// Whether the kernel's own image lies over a page, or somebody holds it.
  private static func isLost(_ guest: Guest, _ place: UInt64) -> Bool {
    let kernel = guest.kernel
    let start = kernel.physical(kernel.image.lowerBound)
    let range = start..<start &+ UInt64(kernel.image.count)
    return [place, place + UInt64(page) - 1].contains { range.contains($0) || guest.isInUse($0) }
  }
}

extension Guest {
  /// What the kernel keeps of the header of the image that it was started from (struct setup_header, Documentation/arch/x86/boot.rst): where the boot loader
  /// put it, and where in it the payload is. Nil for one that does not tell, or tells what cannot be.
  var boot: (start: UInt64, offset: UInt64, length: Int)? {
    guard let place = symbol("boot_params") else { return nil }
    func word(_ name: String) -> UInt64? { kernel.offset("boot_params", "hdr." + name).flatMap { u32(place &+ $0) }.map(UInt64.init) }
    guard let start = word("code32_start"), let offset = word("payload_offset"), let length = word("payload_length"), start % 4096 == 0,
      start > 0, (1 << 12...UInt64(KernelPayload.limit)).contains(length), offset < 1 << 20
    else { return nil }
    return (start, offset, Int(length))
  }

  /// Whether somebody holds a page of physical memory; false where its structure is not known.
  func isInUse(_ physical: UInt64) -> Bool {
    guard let own = pageStructure(physical) else { return false }
    let structure = firstPage(own)
    if let count = kernel.offset("page", "_refcount").flatMap({ i32(structure &+ $0) }), count != 0 { return true }
    // Since 6.14 the kernel's own objects hold their pages without being counted (include/linux/page-flags.h, enum pagetype).
    guard let type = kernel.offset("page", "page_type").flatMap({ u32(structure &+ $0) }), type != .max else { return false }
    let name = kernel.types.name(of: Int64(type >> 24), in: "pagetype")
    return name.map { $0 != "PGTY_buddy" } ?? false
  }
}
