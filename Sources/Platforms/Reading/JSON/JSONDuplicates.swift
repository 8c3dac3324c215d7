internal import Domain

/// Keys that stand more than once in an object of a JSON text. RFC 8259 (section 4) leaves open what a reader makes of them, and programs
/// differ, so that a value under such a key is known only where all its values are the same.
struct JSONDuplicates: Sendable {
  /// Whether keys that differ in their capitals alone are one key.
  enum Letters: Sendable {
    case asWritten
    /// As Go's encoding/json reads them into its structures, but for maps, in which every key is an entry of its own.
    case anyCase(maps: Set<String>)
  }

  struct Duplicate: Sendable {
    /// Keys from the top, joined by dots, with numbers of elements: "[0].HostConfig.Privileged".
    let way: String
    /// Where the key stands, each time.
    let places: [LinePlace]
    let differs: Bool
  }

  /// Told by name at most; of more only that they are there.
  private static let most = 100
  /// With more keys than these every fact counts as resting on one of them.
  private static let mostRanges = 1000

  private(set) var found: [Duplicate] = []
  private(set) var count = 0
  /// From a key to the end of its value, of those that differ.
  private var ranges: [(start: LinePlace, end: LinePlace)] = []
  /// Where the objects and arrays begin that hold such a key, at any depth.
  private var holders: Set<LinePlace> = []
  private let places: PlaceIndex

  init(places: PlaceIndex) { self.places = places }

  /// Whether a key has two values that differ.
  var isAmbiguous: Bool { !ranges.isEmpty }

  // MARK: - Finding

  /// Looks through one value and all that it holds. Linear in the text, but for what stands twice.
  ///
  /// - Parameter way: of the value itself.
  mutating func add(_ tree: JSONTree, way: String = "", letters: Letters = .asWritten) {
    var stack: [(index: Int, next: Int)] = []
    var keys: [(hash: UInt64, index: Int)] = []
    for index in tree.nodes.indices {
      let node = tree.nodes[index]
      guard node.kind == .object || node.kind == .array else { continue }
      while let last = stack.last, last.next <= index { stack.removeLast() }
      stack.append((index, Int(node.next)))
      guard node.kind == .object else { continue }
      var isFolded = false
      if case .anyCase(let maps) = letters {
        isFolded = !maps.contains(Self.key(of: index, in: tree, holder: stack.dropLast().last?.index))
      }
      keys.removeAll(keepingCapacity: true)
      var at = index + 1
      while at < Int(node.next) {
        keys.append((Self.hash(tree, at, isFolded), at))
        at = Int(tree.nodes[at + 1].next)
      }
      guard Self.mayRepeat(keys) else { continue }
      for group in Self.groups(of: keys, tree, isFolded) { add(group, tree, stack.map(\.index), way) }
    }
  }

  private mutating func add(_ keys: [Int], _ tree: JSONTree, _ holders: [Int], _ way: String) {
    count += 1
    let differs = Self.differ(keys, tree)
    let marks = keys.prefix(Self.most).map { places.place(of: Int(tree.nodes[$0].start)) }
    if differs {
      for (key, mark) in zip(keys, marks) where ranges.count < Self.mostRanges {
        ranges.append((mark, places.place(of: Int(tree.nodes[key + 1].end))))
      }
      for holder in holders { self.holders.insert(places.place(of: Int(tree.nodes[holder].start))) }
    }
    guard found.count < Self.most else { return }
    var name = way
    for (above, index) in zip(holders, holders.dropFirst()) { name = Self.joined(name, Self.step(to: index, in: above, tree)) }
    found.append(Duplicate(way: Self.joined(name, tree.text(keys[0])), places: marks, differs: differs))
  }

  /// Whether the keys have values that differ. Values of another kind differ at one look.
  private static func differ(_ keys: [Int], _ tree: JSONTree) -> Bool {
    func kind(_ key: Int) -> JSONTree.Kind { tree.nodes[key + 1].kind == .escaped ? .string : tree.nodes[key + 1].kind }
    if keys.dropFirst().contains(where: { kind($0) != kind(keys[0]) }) { return true }
    let first = PlacedJSON(tree, keys[0] + 1).value
    return keys.dropFirst().contains { PlacedJSON(tree, $0 + 1).value != first }
  }

  /// FNV-1a over the bytes of a key.
  private static func hash(_ tree: JSONTree, _ index: Int, _ isFolded: Bool) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    let node = tree.nodes[index]
    if node.kind != .escaped && !isFolded {
      for at in Int(node.start)..<Int(node.end) { hash = (hash ^ UInt64(tree.bytes[at])) &* 0x100_0000_01B3 }
    } else {
      for byte in text(tree, index, isFolded).utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }
    return hash
  }

  private static func text(_ tree: JSONTree, _ index: Int, _ isFolded: Bool) -> String {
    isFolded ? folded(tree.text(index)) : tree.text(index)
  }

  /// One spelling for all that differ in capitals; the long s and the sign of the kelvin are letters of ASCII in capitals or small ones.
  static func folded(_ text: String) -> String {
    text.utf8.allSatisfy { $0 < 0x80 } ? text.lowercased() : text.uppercased().lowercased()
  }

  private static func mayRepeat(_ keys: [(hash: UInt64, index: Int)]) -> Bool {
    if keys.count <= 12 {
      for i in keys.indices { for j in (i + 1)..<max(i + 1, keys.count) where keys[i].hash == keys[j].hash { return true } }
      return false
    }
    var seen = Set<UInt64>(minimumCapacity: keys.count)
    for key in keys where !seen.insert(key.hash).inserted { return true }
    return false
  }

  /// Keys of one spelling, in the order of the text.
  private static func groups(of keys: [(hash: UInt64, index: Int)], _ tree: JSONTree, _ isFolded: Bool) -> [[Int]] {
    var byText: [String: [Int]] = [:]
    for key in keys { byText[text(tree, key.index, isFolded), default: []].append(key.index) }
    return byText.values.filter { $0.count > 1 }.sorted { $0[0] < $1[0] }
  }

  /// The key under which a node stands; "" of an element of an array and of the top.
  private static func key(of index: Int, in tree: JSONTree, holder: Int?) -> String {
    guard let holder, tree.nodes[holder].kind == .object else { return "" }
    return tree.text(index - 1)
  }

  private static func step(to index: Int, in holder: Int, _ tree: JSONTree) -> String {
    if tree.nodes[holder].kind == .object { return tree.text(index - 1) }
    var (at, number) = (holder + 1, 0)
    while at < index {
      at = Int(tree.nodes[at].next)
      number += 1
    }
    return "[\(number)]"
  }

  private static func joined(_ way: String, _ step: String) -> String { way.isEmpty || step.hasPrefix("[") ? way + step : way + "." + step }

  // MARK: - What follows

  /// One for each key, naming its places.
  func warnings(path: String) -> [Warning] {
    found.map { duplicate in
      let last = duplicate.places.last ?? LinePlace(line: 1, column: 1)
      let others = duplicate.places.dropLast().prefix(8).map { "\($0.line):\($0.column)" }.joined(separator: ", ")
      let key = String(duplicate.way.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }.prefix(160).map(Character.init))
      let place = "\(path):\(last.line):\(last.column): \(key) stands also at \(others)"
      let message =
        duplicate.differs ? "\(place) with another value; what rests on it is unknown" : "\(place) with the same value; write it once"
      return Warning(target: path, message: message, line: last.line)
    } + (count > found.count ? [Warning(target: path, message: "\(path): \(count - found.count) more keys stand more than once")] : [])
  }

  /// The facts, of which those that rest on a key with differing values are unreadable ("duplicate-key").
  ///
  /// - Parameters:
  ///   - path: the document as sources of facts name it.
  ///   - kept: names of facts that no key decides.
  func marking(_ facts: [String: Fact], path: String, keeping kept: Set<String> = []) -> [String: Fact] {
    guard isAmbiguous else { return facts }
    return facts.reduce(into: [:]) { result, entry in
      let (name, fact) = entry
      let isKnown = fact.state == .present || fact.state == .absent
      let rests = isKnown && !kept.contains(name) && fact.source.contains { $0.name == path && touches($0) }
      result[name] = rests ? .unreadable("duplicate-key", sources: fact.source) : fact
    }
  }

  /// The same for every asset of a collection, with the warnings.
  func marking(_ collection: Collection, path: String, keeping kept: Set<String> = []) -> Collection {
    guard count > 0 else { return collection }
    var collection = collection
    for i in collection.assets.indices {
      collection.assets[i].facts = marking(collection.assets[i].facts, path: path, keeping: kept)
    }
    collection.warnings += warnings(path: path)
    return collection
  }

  /// Whether a source is, lies in, or holds something with differing values. One without a column is any place of its line, one without a
  /// line any of the text.
  private func touches(_ source: FactSource) -> Bool {
    guard let line = source.line, ranges.count < Self.mostRanges else { return true }
    guard let column = source.column else {
      return ranges.contains { $0.start.line <= line && line <= $0.end.line } || holders.contains { $0.line == line }
    }
    let place = LinePlace(line: line, column: column)
    return holders.contains(place) || ranges.contains { !(place < $0.start) && place < $0.end }
  }
}

extension LinePlace: Comparable {
  static func < (a: LinePlace, b: LinePlace) -> Bool { (a.line, a.column) < (b.line, b.column) }
}
