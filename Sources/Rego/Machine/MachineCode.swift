/// Code in the form that the machine runs, from code that was verified: words of registers and constants are offsets in bytes from the frame and
/// from the end of the constants (below 0), caches are offsets in bytes, targets are how far they are from the instruction, in bytes.
enum MachineCode {
  private static let layouts = Operation.allCases.map(\.fields)

  /// - Returns: where it begins.
  static func of(_ function: Program.Function, tables: [KeyTable], in heap: Heap) -> Memory.Address {
    let code = function.code, made = heap.allocate(function.words * 4)
    Memory.copy(from: code, to: made, bytes: function.words * 4)
    func word(_ position: Int) -> Int { Int(Memory.load(code, position * 4, as: Int32.self)) }
    func set(_ position: Int, _ value: Int) { Memory.store(made, position * 4, Int32(truncatingIfNeeded: value)) }
    func scale(_ position: Int) { set(position, word(position) * 16) }
    var start = 0
    while start < function.words {
      var position = start + 1
      for field in layouts[word(start)] {
        let value = word(position)
        switch field {
        case .read, .readRegister, .keep, .constant, .register, .write, .rewrite, .make, .grow, .growSetAtPath, .beginScan, .scan,
          .beginSeek,
          .seek,
          .optional:
          scale(position)
        case .target: set(position, (value - start) * 4)
        case .cache: set(position, value * FieldCache.size)
        case .select:
          for target in 1...(tables[value].count + 1) { set(position + target, (word(position + target) - start) * 4) }
          position += tables[value].count + 1
        case .list, .keptList, .path, .bindings:
          for operand in 0..<value { scale(position + 1 + operand) }
          position += value
        case .pieces:
          scale(position + 1)
          scale(position + 2)
          for piece in 0..<value {
            scale(position + 4 + 3 * piece)
            scale(position + 5 + 3 * piece)
          }
          position += 2 + 3 * value
        case .capacity, .size, .function, .document, .builtin, .builtinTaking, .site, .node, .change, .record, .comparison, .conflict,
          .place, .drop:
          break
        }
        position += 1
      }
      start = position
    }
    return made
  }
}
