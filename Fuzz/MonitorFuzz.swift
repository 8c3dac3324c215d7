import Introspection
import QMP

/// A libFuzzer entry: any bytes are what a QEMU monitor says: a message, its map of memory, its registers, its device state.
///
/// Beyond not crashing: the ranges of a map ascend and do not overlap, registers that were printed are found again in the device state at most once,
/// and reading twice gives the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzMonitor(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  precondition(JSONValue(json: bytes) == JSONValue(json: bytes), "two readings differ")

  let text = String(decoding: bytes, as: UTF8.self)
  if let map = MachineMap(flatView: text, backends: ["ram", "pc.ram", ""]) {
    precondition(!map.parts.isEmpty, "a map of nothing")
    for (part, next) in zip(map.parts, map.parts.dropFirst()) {
      precondition(part.range.end <= next.range.start, "ranges overlap")
    }
  }
  let processors = VirtualProcessor.all(in: text)
  precondition(processors == VirtualProcessor.all(in: text), "two readings differ")

  let state = DeviceState(bytes) ?? DeviceState(Array("QEVM".utf8) + [0, 0, 0, 3] + bytes)
  for processor in processors.prefix(4) { _ = state?.entries(of: processor) }
  return 0
}
