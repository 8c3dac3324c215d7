public import Domain

/// A record of the kernel's log (struct printk_info, kernel/printk/printk_ringbuffer.h).
public struct LogRecord: Sendable, Hashable {
  public let sequence: UInt64
  /// Since the guest's boot, nanoseconds.
  public let time: UInt64
  /// 0 (emergency) to 7 (debug), as syslog(3) has them.
  public let level: UInt8
  /// Who wrote it: 0 the kernel, else as syslog(3) has them. A record that a process wrote to /dev/kmsg has another than 0.
  public let facility: UInt8
  /// Thread, or, for 0 and the highest bit set, processor that wrote it (CONFIG_PRINTK_CALLER); 0 where the kernel does not say.
  public let caller: UInt32
  /// Without its line's end, as `EscapedName.prose` writes it. Nil where the text was overwritten already, or was none.
  public let text: String?
}

/// The kernel's log as its ring holds it.
public struct LogRecords: Sendable {
  /// Ascending by sequence.
  public let records: [LogRecord]
  /// Contradictions in the ring.
  public let inconsistencies: [Inconsistency]

  /// The same with the newest of some of the records alone.
  public func last(_ count: Int, where isIncluded: (LogRecord) -> Bool) -> LogRecords {
    LogRecords(records: Array(records.filter(isIncluded).suffix(count)), inconsistencies: inconsistencies)
  }
}

extension LogRecord {
  /// sequence, nanoseconds, level, facility, caller, text.
  public var factValue: FactValue {
    [
      "sequence": .int(Int64(clamping: sequence)), "nanoseconds": .int(Int64(clamping: time)), "level": .int(Int64(level)),
      "facility": .int(Int64(facility)), "caller": .int(Int64(caller)), "text": text.map(FactValue.string) ?? .null,
    ]
  }
}

extension LogRecords {
  /// records, inconsistencies.
  public var factValue: FactValue {
    ["records": .array(records.map(\.factValue)), "inconsistencies": .array(inconsistencies.map(\.factValue))]
  }
}
