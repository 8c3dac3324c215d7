internal import Domain
internal import Synchronization

/// The order in which facts of one kind of asset are written: that of the first asset, for which its names were sorted once.
///
/// Assets of a kind mostly have facts of the same names, and a dictionary gives them in another order each time.
final class FactOrder: Sendable {
  private let names = Mutex<[Asset.Kind: [String]]>([:])

  init() {}

  /// Names of the kind, sorted; those of the first asset that was asked about.
  func names(of kind: Asset.Kind, in facts: [String: Fact]) -> [String] {
    names.withLock { known in
      if let order = known[kind] { return order }
      let order = facts.keys.sorted()
      known[kind] = order
      return order
    }
  }

  /// Visits every fact once: first those whose names are known, then the others by name.
  func visit(_ facts: [String: Fact], of kind: Asset.Kind, _ body: (String, Fact) -> Void) {
    let order = names(of: kind, in: facts)
    var visited = 0
    for name in order {
      guard let fact = facts[name] else { continue }
      visited += 1
      body(name, fact)
    }
    guard visited < facts.count else { return }
    let known = Set(order)
    for (name, fact) in facts.filter({ !known.contains($0.key) }).sorted(by: { $0.key < $1.key }) { body(name, fact) }
  }
}
