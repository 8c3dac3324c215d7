internal import Domain
internal import Synchronization

/// The order in which facts of one kind of asset are written: that of the first asset, for which its names were sorted once.
///
/// Assets of a kind mostly have facts of the same names, and a dictionary gives them in another order each time.
final class FactOrder: Sendable {
  private struct Entry {
    let name: String
    /// The name as JSON, in quotes.
    let key: [UInt8]

    init(_ name: String) {
      self.name = name
      var key: [UInt8] = []
      JSONText.append(name, to: &key)
      self.key = key
    }
  }

  /// Names that are kept of a kind at most: one asset with very many does not make all others dear.
  private static let most = 1024

  private let known = Mutex<[Asset.Kind: [Entry]]>([:])

  init() {}

  /// Visits every fact once: first those whose names are known, then the others by name.
  ///
  /// - Parameter body: takes the fact's name as JSON, in quotes.
  func visit(_ facts: [String: Fact], of kind: Asset.Kind, _ body: (_ key: [UInt8], Fact) -> Void) {
    let order = entries(of: kind, in: facts)
    var visited = 0
    for entry in order {
      guard let fact = facts[entry.name] else { continue }
      visited += 1
      body(entry.key, fact)
    }
    guard visited < facts.count else { return }
    let names = Set(order.map(\.name))
    for (name, fact) in facts.filter({ !names.contains($0.key) }).sorted(by: { $0.key < $1.key }) { body(Entry(name).key, fact) }
  }

  private func entries(of kind: Asset.Kind, in facts: [String: Fact]) -> [Entry] {
    known.withLock { known in
      if let order = known[kind] { return order }
      let order = facts.keys.sorted().map(Entry.init)
      if order.count <= Self.most { known[kind] = order }
      return order
    }
  }
}
