// Compiled with Fuzz/FuzzMemory.swift Tests/IntrospectionTests/SyntheticKernel.swift Tests/IntrospectionTests/SyntheticTypes.swift
import Domain
import Foundation
import Introspection

/// A kernel with the types of modules' code and two modules in its list, of which nothing is written yet.
private struct Scene {
  static let window = 1 << 16
  /// Physical addresses of the first module and of what its pointers lead to.
  let module: UInt64
  let second: UInt64
  let tables: UInt64
  let text: UInt64
  let directMap: UInt64
  let memory: [UInt8]

  init() {
    let base: UInt64 = 0xFFFF_FFFF_8500_0000
    let kernel = SyntheticKernel(
      added: [
        "_etext": base + 0x8000, "ftrace_pages_start": base + 0x7700, "__x86_return_thunk": base + 0x6800, "__start_orc_unwind_ip": base,
      ],
      types: SyntheticKernel.makeTypes(hasCode: true))
    directMap = kernel.directMap
    let modules = (0..<2).map { _ in kernel.allocate(512, alignment: 4096) }
    kernel.link(kernel.address("modules"), modules.map { $0 + 8 })
    module = modules[0] - directMap
    second = modules[1] - directMap
    tables = kernel.allocate(UInt64(Self.window), alignment: 4096) - directMap
    text = kernel.allocate(UInt64(Self.window), alignment: 4096) - directMap
    for module in modules { kernel.link(module + 232, []) }
    // One place of the tracer's, which the bytes may name.
    kernel.put(base + 0x7700, directMap + tables)
    guard let file = try? kernel.file(), let data = FileManager.default.contents(atPath: file.path) else {
      preconditionFailure("no memory")
    }
    memory = Array(data)
  }
}

nonisolated(unsafe) private let scene = Scene()
nonisolated(unsafe) private let file: FuzzMemory = {
  FuzzMemory.shared.fill(scene.memory)
  return FuzzMemory.shared
}()
/// The kernel is found once; what follows changes nothing that it is found by.
nonisolated(unsafe) private let guest: Guest = {
  guard let image = try? MemoryImage(path: file.path), let memory = try? image.memory(), let guest = try? Guest(memory: memory) else {
    preconditionFailure("no kernel")
  }
  return guest
}()

/// A libFuzzer entry: any bytes are a module's tables and code. A byte says what each of its members is: a pointer into the tables, into the
/// code, into the kernel's image, or a number of the bytes' own; the members of the second one follow, then tables and code.
///
/// Beyond not crashing and ending: places that do not fit are no more than are told at most, and lie in a module.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzModuleSweep(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  var bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))[...]
  _ = guest
  func next() -> UInt64 { UInt64(bytes.popFirst() ?? 0) }
  func word() -> UInt64 {
    switch next() & 7 {
    case 0, 1: scene.directMap + scene.tables + next() * 16
    case 2, 3: scene.directMap + scene.text + next() * 16
    case 4: 0xFFFF_FFFF_8500_0000 + next() << 8
    case 5: next()
    case 6: next() | next() << 8
    default: (0..<8).reduce(0) { $0 | next() << (8 * $1) }
    }
  }
  func put(_ place: UInt64, _ value: UInt64) { file.overwrite(place, (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }) }
  for module in [scene.module, scene.second] {
    // All members behind the name, but for the lists.
    for offset in stride(from: UInt64(64), to: 80, by: 8) { put(module + offset, word()) }
    for offset in stride(from: UInt64(176), to: 232, by: 8) { put(module + offset, word()) }
    for offset in stride(from: UInt64(248), to: 296, by: 8) { put(module + offset, word()) }
  }
  // A first word that mod_kallsyms and a page of the tracer's have alike, then bytes.
  var tables: [UInt8] = []
  for _ in 0..<3 { tables += (0..<8).map { [value = word()] in UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
  let half = bytes.count / 2
  file.overwrite(scene.tables, filled(tables + bytes.prefix(half)))
  file.overwrite(scene.text, filled(Array(bytes.dropFirst(half))))
  guest.memory.refresh()
  guard let facts = try? guest.integrity([.moduleCode, .operations]), case .present(let value)? = facts.facts[.moduleCode] else { return 0 }
  let modules = value["modules"]?.elements ?? []
  precondition(modules.count <= 2, "more modules than are listed")
  precondition(modules.reduce(0) { $0 + ($1["odd"]?.elements?.count ?? 0) } <= 256, "more places than are told")
  return 0
}

/// As many bytes as are changed in each run, so that nothing is left of the one before.
private func filled(_ bytes: [UInt8]) -> [UInt8] { Array(bytes.prefix(4096)) + [UInt8](repeating: 0, count: max(0, 4096 - bytes.count)) }
