/// Where a field was found in objects of the two forms that one place of the code met last.
///
/// Form (8; see `ObjectView.form`) and offset of the value (8; negative: the key is missing) of the one met last, then of the one before.
/// Objects whose keys may still change have the form 0, which no entry holds.
enum FieldCache {
  static let form = 0
  static let offset = 8
  private static let second = 16
  static let size = 32

  static func clear(_ caches: Memory.Address, _ index: Int) {
    let entry = caches + UInt(index * size)
    for half in [0, second] {
      Memory.store(entry, half + form, UInt64.max)
      Memory.store(entry, half + offset, -1)
    }
  }

  /// The field of an object of another form than the one met last.
  @inline(never)
  static func other(_ view: ObjectView, _ key: Value, _ entry: Memory.Address) -> Value {
    let met = view.form
    if Memory.load(entry, second + form, as: UInt64.self) == met {
      let found: Int = Memory.load(entry, second + offset)
      keep(met, found, entry)
      return found < 0 ? .undefined : Memory.value(view.values, offset: found)
    }
    let table = view.table
    // Another form may have the key in the same place.
    var slot = Memory.load(entry, offset, as: Int.self) >> 4
    if slot < 0 || slot >= table.count || table[slot].head != key.head || table[slot].body != key.body { slot = table.find(key) }
    if met != 0 { keep(met, slot < 0 ? -1 : slot << 4, entry) }
    return slot < 0 ? .undefined : Memory.value(view.values, at: slot)
  }

  /// Puts a form in front of the one met last.
  @inline(__always)
  private static func keep(_ met: UInt64, _ found: Int, _ entry: Memory.Address) {
    Memory.store(entry, second + form, Memory.load(entry, form, as: UInt64.self))
    Memory.store(entry, second + offset, Memory.load(entry, offset, as: Int.self))
    Memory.store(entry, form, met)
    Memory.store(entry, offset, found)
  }
}
