// Compiled with Fuzz/FuzzMemory.swift
import Introspection

/// A libFuzzer entry: any bytes are a VMCOREINFO text, and memory in which a kernel is looked for by it.
///
/// Beyond not crashing: what is read has a release of printable characters, and no few bytes make a kernel.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzVMCoreInfo(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = unsafe copied(start, count)
  if let info = VMCoreInfo(bytes) {
    precondition((1...64).contains(info.release.utf8.count) && !info.release.contains(where: \.isNewline), "a release that is none")
    precondition(info == VMCoreInfo(bytes), "two readings differ")
    _ = (info.slide, info.symbol("_stext"), info.number("phys_base"), info.offset("uts_namespace.name"), info["PAGESIZE"])
  }
  guard let memory = FuzzMemory.shared.memory(bytes) else { return 0 }
  do {
    _ = try Guest(memory: memory)
    precondition(bytes.count > 4096, "a kernel in less than a page")
  } catch {
    precondition(!error.description.contains(where: \.isNewline), "a message of several lines")
  }
  return 0
}
