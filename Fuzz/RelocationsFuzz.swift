// Compiled with Fuzz/FuzzMemory.swift
import Introspection

/// A libFuzzer entry: any bytes are the end of a kernel's unpacked file, as they are and as entries of three lists that are
/// long enough to be some.
///
/// Beyond not crashing: nothing grows or shrinks, and what is moved by nothing stays as it is.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRelocations(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = unsafe copied(start, count)
  guard bytes.count > 12 else { return 0 }
  func number(_ places: Range<Int>) -> UInt64 { bytes[places].reversed().reduce(0) { $0 << 8 | UInt64($1) } }
  let text = 0xFFFF_FFFF_8000_0000 | number(0..<4)
  let slide = number(4..<8)
  var lists: [UInt8] = []
  for list in 0..<3 {
    lists += [0, 0, 0, 0]
    // Two lists may be short or empty.
    for entry in 0..<(list == 2 ? 1100 : Int(bytes[8 + list]) * 4) {
      let place = 8 + (entry * 4 + list) % (bytes.count - 11)
      // In the image's gigabyte, but for one entry in 256.
      let high = bytes[place + 3]
      lists += [bytes[place], bytes[place + 1], bytes[place + 2], high == 0xFF ? high : 0x80 | high & 0x3F]
    }
  }
  for file in [bytes, lists, bytes + lists] {
    guard let memory = FuzzMemory.shared.memory(file), let found = Relocations(memory, text: text) else { continue }
    for start in [text, text &+ number(4..<6), 0, UInt64.max - 64] {
      precondition(found.applied(to: bytes, at: start, by: slide).count == bytes.count, "bytes are lost")
      precondition(found.applied(to: bytes, at: start, by: 0) == bytes, "nothing is moved, and something changes")
    }
  }
  return 0
}
