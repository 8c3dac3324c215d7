/// Where a field was found in objects of the two forms that one place of the code met last.
///
/// Identity of the key table (8) and slot (4; -1: the key is missing) of the one met last, then of the one before. Tables whose keys may
/// still change have the identity 0, which no entry holds.
enum FieldCache {
  static let identity = 0
  static let slot = 8
  private static let second = 16
  static let size = 32

  @inline(__always)
  static func entry(_ caches: Memory.Address, _ index: Int) -> Memory.Address { caches &+ UInt(bitPattern: index &* size) }

  static func clear(_ caches: Memory.Address, _ index: Int) {
    let entry = entry(caches, index)
    for half in [0, second] {
      Memory.store(entry, half + identity, UInt64.max)
      Memory.store(entry, half + slot, Int64(-1))
    }
  }

  /// The field of an object of another form than the one met last.
  @inline(never)
  static func other(_ view: ObjectView, _ key: Value, _ form: UInt64, _ entry: Memory.Address) -> Value {
    let table = view.table
    if Memory.load(entry, second + identity, as: UInt64.self) == form {
      let found = Memory.load(entry, second + slot, as: Int32.self)
      keep(form, found, entry)
      return found < 0 ? .undefined : Memory.value(view.values, at: Int(found))
    }
    // Another form may have the key in the same place.
    var found = Int(Memory.load(entry, slot, as: Int32.self))
    if found < 0 || found >= table.count || table[found].head != key.head || table[found].body != key.body { found = table.find(key) }
    if form != 0 { keep(form, Int32(truncatingIfNeeded: found), entry) }
    return found < 0 ? .undefined : Memory.value(view.values, at: found)
  }

  /// Puts a form in front of the one met last.
  @inline(__always)
  private static func keep(_ form: UInt64, _ found: Int32, _ entry: Memory.Address) {
    Memory.store(entry, second + identity, Memory.load(entry, identity, as: UInt64.self))
    Memory.store(entry, second + slot, Memory.load(entry, slot, as: Int32.self))
    Memory.store(entry, identity, form)
    Memory.store(entry, slot, found)
  }
}
