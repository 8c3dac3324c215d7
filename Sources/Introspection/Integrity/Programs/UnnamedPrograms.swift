/// Code of BPF programs that the kernel gives no symbol: those written for the classic machine, as seccomp and sockets have them, and those of
/// users without rights (bpf_prog_kallsyms_add, kernel/bpf/core.c). Up to 5.17 each has pages of its own; since then they lie in shared ones.
struct UnnamedPrograms {
  private let guest: Guest
  private let function: UInt64
  private static let limit = 1 << 14
  /// AF_PACKET.
  private static let packetFamily: UInt16 = 17
  /// Filters of one process at most: each call of seccomp adds one.
  private static let chainLimit = 1 << 10

  /// Nil for a kernel without BPF.
  init?(_ guest: Guest) {
    guard let function = guest.kernel.offset("bpf_prog", "bpf_func") else { return nil }
    self.guest = guest.still
    self.function = function
  }

  /// Start and length of each program's pages: the header of its code says how many there are (struct bpf_binary_header).
  func areas() -> [(start: UInt64, count: UInt64)] {
    guard let pages = guest.kernel.offset("bpf_binary_header", "pages") else { return [] }
    return programs().sorted().compactMap { program in
      guard guest.value(program, "bpf_prog", "jited") == 1, let code = guest.pointer(program &+ function),
        let count = guest.u32(code & ~4095 &+ pages), count > 0, count <= 1 << 14
      else { return nil }
      return (code & ~4095, UInt64(count) * 4096)
    }
  }

  /// From the first to the last byte of each program's code.
  func codes() -> [Range<UInt64>] {
    programs().compactMap { program in
      guard guest.value(program, "bpf_prog", "jited") == 1, let code = guest.pointer(program &+ function),
        let count = guest.value(program, "bpf_prog", "jited_len"), count > 0, count <= 64 << 20, code <= .max - count
      else { return nil }
      return code..<code + count
    }
  }

  private func programs() -> Set<UInt64> {
    var found: Set<UInt64> = []
    if let table = guest.symbol("prog_idr") {
      found.formUnion(guest.idr(table, structure: "prog_idr", limit: Self.limit).entries.map(\.entry))
    }
    // Which packets the clock stamps (net/core/ptp_classifier.c).
    if let classifier = guest.symbol("ptp_insns").flatMap({ guest.pointer($0) }) { found.insert(classifier) }
    if let view = try? ProcessView(guest), let list = try? guest.processes() {
      for process in list.processes where !guest.isExhausted {
        for task in [process.address] + view.threads(of: process.address) { sandbox(task, &found) }
      }
    }
    if let files = try? OpenFileView(guest), let held = try? files.descriptors() {
      for descriptor in held.descriptors where !guest.isExhausted { socket(descriptor.file, &found) }
    }
    return found
  }

  private func offset(_ structure: String, _ member: String) -> UInt64? { guest.kernel.offset(structure, member) }

  /// The filters of a task, each of which leads to the one before.
  private func sandbox(_ task: UInt64, _ found: inout Set<UInt64>) {
    guard let own = offset("task_struct", "seccomp"), let first = offset("seccomp", "filter"),
      let program = offset("seccomp_filter", "prog"),
      let previous = offset("seccomp_filter", "prev")
    else { return }
    var filter = guest.pointer(task &+ own &+ first)
    for _ in 0..<Self.chainLimit {
      // Processes share the filters that they were started with.
      guard let current = filter, let code = guest.pointer(current &+ program), found.insert(code).inserted else { return }
      filter = guest.pointer(current &+ previous)
    }
  }

  /// What an open socket asks of each packet: its own filter, and that of a group that shares a port or a queue.
  private func socket(_ file: UInt64, _ found: inout Set<UInt64>) {
    guard let operations = offset("file", "f_op"), guest.pointer(file &+ operations) == guest.symbol("socket_file_ops"),
      let socket = offset("file", "private_data").flatMap({ guest.pointer(file &+ $0) }),
      let sock = offset("socket", "sk").flatMap({ guest.pointer(socket &+ $0) })
    else { return }
    func add(_ holder: (String, String), _ program: (String, String)) {
      guard let place = offset(holder.0, holder.1), let inner = offset(program.0, program.1), let group = guest.pointer(sock &+ place),
        let code = guest.pointer(group &+ inner)
      else { return }
      found.insert(code)
    }
    add(("sock", "sk_filter"), ("sk_filter", "prog"))
    add(("sock", "sk_reuseport_cb"), ("sock_reuseport", "prog"))
    if let family = offset("sock", "__sk_common.skc_family"), guest.u16(sock &+ family) == Self.packetFamily {
      add(("packet_sock", "fanout"), ("packet_fanout", "bpf_prog"))
    }
  }
}
