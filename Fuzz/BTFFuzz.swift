// Compiled with Fuzz/FuzzMemory.swift
import Introspection

/// A libFuzzer entry: any bytes are a kernel's BTF.
///
/// Beyond not crashing: a refusal names a place within the bytes, every type has a kind and ends when it is followed, a structure is found
/// by its name, and members lie where the whole and its path say alike.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzBTF(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = unsafe copied(start, count)
  let types: TypeIndex
  do { types = try TypeIndex(bytes) } catch {
    precondition((0...max(0, bytes.count)).contains(error.offset) && !error.reason.isEmpty, "a place outside of the bytes")
    return 0
  }
  for id in 0...min(types.count, 2000) {
    precondition(types.kind(id) != nil, "a type without a kind")
    _ = types.size(id)
    if let end = types.resolved(id) { precondition(types.kind(end) != .typedef, "a typedef was not followed") }
    guard types.kind(id) == .structure || types.kind(id) == .union else { continue }
    for member in types.members(of: id).prefix(50) where !member.name.isEmpty {
      guard !member.name.contains("."), !member.name.contains("\u{FFFD}"), member.name.utf8.count < 400 else { continue }
      precondition(types.member(of: id, member.name) != nil || types.members(of: id).count > 1000, "a member is not found by its name")
    }
  }
  precondition(types.kind(types.count + 1) == nil && types.member("task_struct", "") == nil)
  _ = types.member("task_struct", "tasks.next")
  return 0
}
