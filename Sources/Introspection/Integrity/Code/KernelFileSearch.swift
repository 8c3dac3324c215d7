/// Finds the kernel's own file where nobody names it: on the host, and in the guest's memory.
///
/// Boot unpacks the kernel from an image that it leaves behind: with KASLR on the kernel goes elsewhere, and what it was unpacked from lies in
/// memory that is free from then on. As long as nobody has used that memory, the kernel is there as it was built.
public struct KernelFileSearch {
  private let guest: Guest
  /// QEMU's, for a guest that runs.
  private let process: QEMUProcess?

  public init(_ guest: Guest, process: QEMUProcess? = nil) {
    self.guest = guest
    self.process = process
  }

  /// What comes of the search.
  public enum Outcome: Sendable {
    case found(KernelFile)
    /// What is to be said of the file instead.
    case missing(IntegrityFacts.State)

    public var file: KernelFile? { if case .found(let file) = self { file } else { nil } }
    public var missing: IntegrityFacts.State? { if case .missing(let state) = self { state } else { nil } }
  }

  /// The first file with the build id of the guest's kernel. A kernel without a build id has none.
  public func run() -> Outcome {
    guard let build = guest.kernel.buildID else { return .missing(Self.none) }
    for path in places() {
      if let file = try? KernelFile(path: path, origin: .host, build: build) { return .found(file) }
    }
    return leftover(build)
  }

  static let none = IntegrityFacts.State.notCollected("no file of the kernel was given or found")

  // MARK: On the host

  /// What QEMU loads into the guest itself, and where distributions install kernels: a host often runs the kernel that its guests do.
  private func places() -> [String] {
    var places: [String] = []
    if let process, let path = process.values("kernel").last {
      // As QEMU sees it, whose root may be another.
      places.append(ProcessFiles(pid: process.pid).path(path.hasPrefix("/") ? "root" + path : "cwd/" + path))
    }
    let release = guest.kernel.release
    // The guest's word: nothing that leads elsewhere.
    guard !release.isEmpty, release.utf8.count <= 64, release.first != ".",
      release.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x2F })
    else { return places }
    return places + [
      "/boot/vmlinuz-\(release)", "/lib/modules/\(release)/vmlinuz", "/usr/lib/debug/boot/vmlinux-\(release)",
      "/usr/lib/debug/lib/modules/\(release)/vmlinux",
    ]
  }

  // MARK: In memory

  /// What the code that unpacks the kernel begins with (arch/x86/boot/compressed/head_64.S), and how far behind its start: startup_32 with CLD, CLI, LEA
  /// of a stack for one call, and that call; startup_64 with CLD, CLI, XOR EAX, EAX, and EAX into the segment registers.
  static let entries: [(distance: UInt64, bytes: [UInt8])] = [
    (512, [0xFC, 0xFA, 0x31, 0xC0, 0x8E, 0xD8, 0x8E, 0xC0, 0x8E, 0xD0, 0x8E, 0xE0, 0x8E, 0xE8]),
    (0, [0xFC, 0xFA, 0x8D, 0xA6, 0xE8, 0x01, 0x00, 0x00, 0xE8, 0x00, 0x00, 0x00, 0x00, 0x5D]),
  ]
  /// Bytes behind the start in which the payload begins.
  private static let distance = 64 << 10
  /// Entries that are looked at, and payloads that are unpacked.
  private static let entryLimit = 64
  private static let payloadLimit = 4

  private func leftover(_ build: String) -> Outcome {
    var payloads = 0
    let (heads, hasMore) = heads()
    let free = heads.filter { !guest.isInUse($0) }
    // Files of kernels that somebody holds begin so too.
    for start in free + heads.filter({ guest.isInUse($0) }) {
      guard payloads < Self.payloadLimit else {
        if free.contains(start) { return .missing(Self.many) }
        break
      }
      guard let (payload, place) = payload(from: start) else { continue }
      payloads += 1
      if let file = file(payload, place, build, isChecked: payload.form.hasChecksum || isZeroedWhenTaken) {
        // Of what has no checksum two copies that do not agree prove nothing.
        if !payload.form.hasChecksum, let image = LeftoverImage(guest, heads: [start]), image.hasDoubt {
          return .missing(Self.damaged(place))
        }
        return .found(file)
      }
    }
    if hasMore { return .missing(Self.many) }
    guard let image = LeftoverImage(guest, heads: free) else {
      // Where the kernel does not tell how long the image was nothing more can be said of one.
      if guest.boot == nil, let first = free.first { return .missing(Self.damaged(first)) }
      return .missing(Self.none)
    }
    for bytes in image.repaired() {
      guard let payload = KernelPayload(bytes[...], isWhole: true), payload.form.hasChecksum || !image.hasDoubt else { continue }
      if let file = file(payload, image.payload, build, isChecked: payload.form.hasChecksum || isZeroedWhenTaken) { return .found(file) }
    }
    return .missing(image.isLostLawfully ? Self.used : Self.damaged(image.payload))
  }

  /// What seems to be a payload behind the start of an image, and its place.
  private func payload(from start: UInt64) -> (KernelPayload, UInt64)? {
    guard let segment = guest.memory.segment(of: start, count: 1),
      let head = guest.memory.bytes(start, count: Int(min(UInt64(Self.distance), segment.range.end - start))),
      let offset = Self.payload(head)
    else { return nil }
    let place = start + UInt64(offset)
    // Copied: the memory of a running guest changes under whoever unpacks it.
    let bytes = guest.memory.bytes(place, count: Int(min(UInt64(KernelPayload.limit), segment.range.end - place)))
    return bytes.flatMap { KernelPayload($0[...]) }.map { ($0, place) }
  }

  /// Where images begin, ascending, and whether there are more.
  private func heads() -> (places: [UInt64], hasMore: Bool) {
    var found: Set<UInt64> = []
    for range in guest.memory.populated {
      for entry in Self.entries {
        let offsets = KallsymsScan.places(of: entry.bytes, in: guest.memory, range: range, limit: Self.entryLimit + 1)
        found.formUnion(offsets.map { range.start + UInt64($0) }.filter { $0 >= entry.distance }.map { $0 - entry.distance })
      }
    }
    return (Array(found.sorted().prefix(Self.entryLimit)), found.count > Self.entryLimit)
  }

  private func file(_ payload: KernelPayload, _ place: UInt64, _ build: String, isChecked: Bool) -> KernelFile? {
    guard let unpacked = payload.unpacked("\(guest.memory.path)@0x\(String(place, radix: 16))") else { return nil }
    return try? KernelFile(unpacked, origin: .memory, isChecked: isChecked, build: build)
  }

  private static let many = IntegrityFacts.State.unreadable(
    "memory holds more of what looks like a kernel's image than is looked at: the kernel's own file must be given (--vmlinux)")
  private static let used = IntegrityFacts.State.notCollected(
    "no file of the kernel was given or found, and parts of the image that boot left in memory are in use since")

  private static func damaged(_ place: UInt64) -> IntegrityFacts.State {
    .unreadable(
      "the image that boot left in memory at 0x\(String(place, radix: 16)) is damaged and not in use: the kernel's own file must be given (--vmlinux)"
    )
  }

  /// Where in some bytes a payload begins.
  private static func payload(_ bytes: [UInt8]) -> Int? {
    let marks = KernelPayload.Form.allCases.filter { $0 != .lzma && $0 != .bzip2 }.map(\.mark)
    return bytes.indices.first { index in marks.contains { bytes[index...].starts(with: $0) } }
  }

  /// Whether the kernel empties pages when somebody takes them, so that one of the image which was used since holds none of it any more
  /// (init_on_alloc, mm/page_alloc.c).
  private var isZeroedWhenTaken: Bool { guest.symbol("init_on_alloc").flatMap { guest.i32($0) } == 1 }
}
