internal import Domain

extension Guest {
  /// The kernel's log, as it stands in the ring that `prb` points to (Linux 5.10 and later).
  ///
  /// - Throws: `missing` for a kernel without that ring.
  public func log() throws(IntrospectionError) -> LogRecords {
    let guest = bounded()
    var view = try LogView(guest)
    let found = view.read()
    return LogRecords(records: found.records, inconsistencies: guest.told(found.inconsistencies))
  }
}

/// Reads the ring: descriptors, whose numbers only grow, in one array; the records' data in a second; texts in a ring of bytes.
private struct LogView {
  private let guest: Guest
  private let ring: UInt64
  private let descriptors: Descriptors
  private let texts: Texts
  private var faults: [Inconsistency] = []

  /// struct prb_desc_ring and what it points to.
  private struct Descriptors {
    let bits: UInt64
    let descriptors: UInt64
    let records: UInt64
    let head: UInt64
    let tail: UInt64
    let size: UInt64
    let state: UInt64
    let begin: UInt64
    let next: UInt64
  }

  /// struct prb_data_ring.
  private struct Texts {
    let bits: UInt64
    let bytes: UInt64
  }

  /// Records at most, the newest; and bytes of one text: LOG_LINE_MAX is 1024 less a prefix, and a text of several lines may be longer.
  private static let recordLimit: UInt64 = 1 << 20
  private static let textLimit = 1 << 16
  /// What a record costs beside its text.
  private static let recordSteps = 8

  init(_ guest: Guest) throws(IntrospectionError) {
    self.guest = guest
    let pointer = try guest.required("prb")
    func place(_ structure: String, _ member: String) throws(IntrospectionError) -> UInt64 { try guest.required(structure, member) }
    let descriptorRing = try place("printk_ringbuffer", "desc_ring")
    let textRing = try place("printk_ringbuffer", "text_data_ring")
    let counter = try place("prb_desc_ring", "head_id")
    descriptors = Descriptors(
      bits: descriptorRing &+ (try place("prb_desc_ring", "count_bits")),
      descriptors: descriptorRing &+ (try place("prb_desc_ring", "descs")),
      records: descriptorRing &+ (try place("prb_desc_ring", "infos")), head: descriptorRing &+ counter,
      tail: descriptorRing &+ (try place("prb_desc_ring", "tail_id")), size: guest.kernel.size("prb_desc") ?? 24,
      state: try place("prb_desc", "state_var"), begin: try place("prb_desc", "text_blk_lpos.begin"),
      next: try place("prb_desc", "text_blk_lpos.next"))
    texts = Texts(
      bits: textRing &+ (try place("prb_data_ring", "size_bits")), bytes: textRing &+ (try place("prb_data_ring", "data")))
    guard let found = guest.pointer(pointer) else { throw .missing(path: guest.memory.path, what: "the log's ring: prb leads nowhere") }
    ring = found
  }

  private mutating func note(_ structure: String, _ address: UInt64, _ reason: String) {
    if faults.count < 100 { faults.append(Inconsistency(structure: structure, address: address, reason: reason)) }
  }

  /// The lower 62 bits of a descriptor's state are its number, the upper two what it is: 1 and 2 mean that its record is whole.
  private static let numberMask: UInt64 = ~(3 << 62)

  mutating func read() -> LogRecords {
    guard let bits = guest.u32(ring &+ descriptors.bits), let first = guest.pointer(ring &+ descriptors.descriptors),
      let infos = guest.pointer(ring &+ descriptors.records), let head = guest.u64(ring &+ descriptors.head),
      let tail = guest.u64(ring &+ descriptors.tail), let textBits = guest.u32(ring &+ texts.bits),
      let bytes = guest.pointer(ring &+ texts.bytes)
    else {
      note("printk_ringbuffer", ring, "the ring is not mapped")
      return LogRecords(records: [], inconsistencies: faults)
    }
    guard (1...31).contains(bits) else {
      note("prb_desc_ring.count_bits", ring, "it tells of 2^\(bits) descriptors")
      return LogRecords(records: [], inconsistencies: faults)
    }
    guard (8...32).contains(textBits) else {
      note("prb_data_ring.size_bits", ring, "it tells of 2^\(textBits) bytes")
      return LogRecords(records: [], inconsistencies: faults)
    }
    let count = UInt64(1) << UInt64(bits)
    // The numbers run over at 2^62.
    var distance = (head &- tail) & Self.numberMask
    if distance >= count {
      note("prb_desc_ring.head_id", ring, "head and tail are \(distance) records apart, and the ring has \(count)")
      distance = count - 1
    }
    if distance >= Self.recordLimit {
      note("prb_desc_ring.head_id", ring, "the ring holds more than \(Self.recordLimit) records; the oldest are left out")
      distance = Self.recordLimit - 1
    }
    let infoSize = guest.kernel.size("printk_info") ?? 88
    var records: [LogRecord] = []
    for back in (0...distance).reversed() {
      guard guest.spend(Self.recordSteps, on: "prb_desc_ring.descs", at: ring) else { break }
      let number = (head &- back) & Self.numberMask
      let index = number & (count - 1)
      let descriptor = first &+ index &* descriptors.size
      guard let state = guest.u64(descriptor &+ descriptors.state) else {
        note("prb_desc_ring.descs", descriptor, "a descriptor is not mapped")
        break
      }
      // Being written, or given back: no record.
      guard state & Self.numberMask == number, state >> 62 == 1 || state >> 62 == 2 else { continue }
      guard let record = record(infos &+ index &* infoSize, descriptor, bytes, UInt64(textBits)) else {
        note("prb_desc_ring.infos", infos &+ index &* infoSize, "a record is not mapped")
        break
      }
      if let last = records.last, record.sequence <= last.sequence {
        note("printk_info.seq", infos &+ index &* infoSize, "sequence \(record.sequence) follows \(last.sequence)")
      }
      records.append(record)
    }
    return LogRecords(records: records, inconsistencies: faults)
  }

  private mutating func record(_ info: UInt64, _ descriptor: UInt64, _ bytes: UInt64, _ textBits: UInt64) -> LogRecord? {
    guard let sequence = guest.value(info, "printk_info", "seq"), let time = guest.value(info, "printk_info", "ts_nsec"),
      let length = guest.value(info, "printk_info", "text_len"), let begin = guest.u64(descriptor &+ descriptors.begin),
      let next = guest.u64(descriptor &+ descriptors.next)
    else { return nil }
    return LogRecord(
      sequence: sequence, time: time, level: UInt8(truncatingIfNeeded: guest.value(info, "printk_info", "level") ?? 0),
      facility: UInt8(truncatingIfNeeded: guest.value(info, "printk_info", "facility") ?? 0),
      caller: UInt32(truncatingIfNeeded: guest.value(info, "printk_info", "caller_id") ?? 0),
      text: text(begin, next, Int(clamping: length), descriptor, bytes, textBits))
  }

  /// A text lies between two logical places, which only grow; behind the number of its descriptor, in one piece. One that would be cut by the ring's
  /// end begins at its start instead.
  private mutating func text(
    _ begin: UInt64, _ next: UInt64, _ length: Int, _ descriptor: UInt64, _ bytes: UInt64, _ bits: UInt64
  ) -> String? {
    // Odd places stand for a record without a text.
    if begin & 1 != 0 { return nil }
    let size = UInt64(1) << bits
    let start: UInt64
    let room: UInt64
    if begin >> bits == next >> bits, begin < next {
      start = begin & (size - 1)
      room = next &- begin
    } else if (begin >> bits) &+ 1 == next >> bits || (next >> bits == 0 && begin >> bits == UInt64.max >> bits) {
      start = next & (size - 1) == 0 ? begin & (size - 1) : 0
      room = next & (size - 1) == 0 ? size &- start : next & (size - 1)
    } else {
      note(
        "prb_desc.text_blk_lpos", descriptor,
        "a text from 0x\(String(begin, radix: 16)) to 0x\(String(next, radix: 16)) lies in no ring of \(size) bytes")
      return nil
    }
    guard room > 8, let number = guest.u64(bytes &+ start) else { return nil }
    // The bytes belong to a later record already.
    guard let state = guest.u64(descriptor &+ descriptors.state), state & Self.numberMask == number & Self.numberMask else { return nil }
    let count = min(length, Int(clamping: room - 8), Self.textLimit)
    guard guest.spend(1 + count / 8, on: "prb_data_ring.data", at: bytes &+ start) else { return nil }
    guard let found = guest.bytes(bytes &+ start &+ 8, count: count) else {
      note("prb_data_ring.data", bytes &+ start, "a text is not mapped")
      return nil
    }
    return EscapedName.prose(found)
  }
}
