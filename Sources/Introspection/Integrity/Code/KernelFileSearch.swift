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

  /// The first file with the build id of the guest's kernel; nil where there is none, and for a kernel without a build id.
  public func run() -> KernelFile? {
    guard let build = guest.kernel.buildID else { return nil }
    for path in places() {
      if let file = try? KernelFile(path: path, origin: .host), file.buildID == build { return file }
    }
    return leftover(build)
  }

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

  /// The 64-bit entry of the code that unpacks the kernel, 512 bytes behind its start (arch/x86/boot/compressed/head_64.S, startup_64): CLD, CLI,
  /// XOR EAX, EAX, and EAX into the segment registers.
  static let entry: [UInt8] = [0xFC, 0xFA, 0x31, 0xC0, 0x8E, 0xD8, 0x8E, 0xC0, 0x8E, 0xD0, 0x8E, 0xE0, 0x8E, 0xE8]
  /// Bytes behind the entry in which the payload begins.
  private static let distance = 64 << 10
  /// Entries that are looked at, and payloads that are unpacked.
  private static let entryLimit = 64
  private static let payloadLimit = 4

  private func leftover(_ build: String) -> KernelFile? {
    var (entries, payloads) = (0, 0)
    for range in guest.memory.populated {
      for offset in KallsymsScan.places(of: Self.entry, in: guest.memory, range: range, limit: Self.entryLimit) {
        entries += 1
        guard entries <= Self.entryLimit, payloads < Self.payloadLimit else { return nil }
        let start = range.start + UInt64(offset)
        guard let head = guest.memory.bytes(start, count: Int(min(UInt64(Self.distance), range.end - start))),
          let place = Self.payload(head),
          // Copied: the memory of a running guest changes under whoever unpacks it.
          let bytes = guest.memory.bytes(
            start + UInt64(place), count: Int(min(UInt64(KernelPayload.limit), range.end - start - UInt64(place)))),
          let payload = KernelPayload(bytes[...])
        else { continue }
        payloads += 1
        let path = "\(guest.memory.path)@0x\(String(start + UInt64(place), radix: 16))"
        if let unpacked = payload.unpacked(path),
          let file = try? KernelFile(
            unpacked, origin: .memory, isChecked: payload.form.hasChecksum || isZeroedWhenTaken, build: build),
          file.buildID == build
        {
          return file
        }
      }
    }
    return nil
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
