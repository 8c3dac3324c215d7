/// What boot writes before functions where the depth of calls is counted (CALL_DEPTH, arch/x86/kernel/callthunks.c; retbleed=stuff, since 6.2): a copy of a
/// template that moves the counter, over the no operations that the kernel keeps there. Direct calls then lead to it, and run on into the function.
package struct CallThunks: Sendable {
  private let template: [UInt8]
  /// Of the template.
  private let address: UInt64
  /// Bytes before a function.
  package var size: Int { template.count }

  /// The forms of SAR of a processor's own variable by five: the variable by its distance, and by its address (INCREMENT_CALL_DEPTH).
  private static let relative: [UInt8] = [0x65, 0x48, 0xC1, 0x3D]
  private static let absolute: [UInt8] = [0x65, 0x48, 0xC1, 0x3C, 0x25]

  /// - Parameters:
  ///   - template: as it stands in memory.
  ///   - address: guest-virtual.
  /// - Returns: nil for a template of another form.
  package init?(_ template: [UInt8], at address: UInt64) {
    guard template.last == 5,
      template.starts(with: Self.relative) && template.count == 9 || template.starts(with: Self.absolute) && template.count == 10
    else { return nil }
    self.template = template
    self.address = address
  }

  /// Nil for a kernel that does not count.
  init?(_ guest: Guest) {
    guard let start = guest.symbol("skl_call_thunk_template"), let end = guest.symbol("skl_call_thunk_tail"), end > start,
      end - start <= 16,
      let thunk = guest.symbol("call_depth_return_thunk") ?? guest.symbol("__x86_return_skl"),
      // Where returns lead, which boot chooses.
      guest.symbol("x86_return_thunk").map({ guest.pointer($0) == thunk }) ?? true,
      let bytes = guest.bytes(start, count: Int(end - start))
    else { return nil }
    self.init(bytes, at: start)
  }

  /// What stands at an address where it is such a copy: the variable's distance is another one there (apply_relocation).
  package func bytes(at place: UInt64) -> [UInt8] {
    guard template.starts(with: Self.relative) else { return template }
    let distance = UInt32(truncatingIfNeeded: PatchTable.word(template, 4, 4)) &+ UInt32(truncatingIfNeeded: address &- place)
    return Self.relative + (0..<4).map { UInt8(truncatingIfNeeded: distance >> ($0 * 8)) } + [5]
  }

  /// Whether one stands at an offset of some code.
  ///
  /// - Parameter start: address of the code's first byte.
  func stands(_ code: [UInt8], at offset: Int, from start: UInt64) -> Bool {
    guard offset >= 0, offset + size <= code.count, code[offset] == template[0] else { return false }
    return code[offset..<offset + size].elementsEqual(bytes(at: start &+ UInt64(offset)))
  }

  /// Offsets of all that stand before functions.
  func places(_ code: [UInt8], from start: UInt64, functions: some Sequence<UInt64>) -> [Int] {
    functions.compactMap { function in
      guard let offset = Int(exactly: function &- start), stands(code, at: offset - size, from: start) else { return nil }
      return offset - size
    }
  }

  /// The code as it was before: what counts calls is padding.
  func taken(from code: [UInt8], from start: UInt64, functions: some Sequence<UInt64>) -> [UInt8] {
    var plain = code
    for place in places(code, from: start, functions: functions) {
      for offset in place..<place + size { plain[offset] = 0x90 }
    }
    return plain
  }
}

extension BootSites {
  /// Functions that are nothing but a return, to which boot may turn every other one.
  static let returnThunks = [
    "__x86_return_thunk", "retbleed_return_thunk", "srso_return_thunk", "srso_alias_return_thunk", "call_depth_return_thunk",
    "its_return_thunk", "__x86_return_skl",
  ]
  static let returns = returnThunks + ["srso_safe_ret", "srso_alias_safe_ret", "zen_untrain_ret"]
}

extension Guest {
  /// Where a return may lead that boot made a jump (apply_returns, arch/x86/kernel/alternative.c): each processor's way to return.
  var returnThunks: Set<UInt64> { Set(BootSites.returnThunks.compactMap { symbol($0) }) }
}
