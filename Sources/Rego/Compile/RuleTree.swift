/// All rules by their place below data.
final class RuleTree {
  let name: String
  /// Path below data.
  let path: [String]
  private(set) var children: [String: RuleTree] = [:]
  /// Rules whose constant path ends here.
  var rules: [ResolvedRule] = []
  /// The compiled group: set for the topmost node that holds rules; nodes below it are part of that group.
  var function: Int?
  /// Parameters of the function; nil for documents.
  var arity: Int?

  init(name: String, path: [String]) {
    self.name = name
    self.path = path
  }

  func node(_ path: some Swift.Collection<String>) -> RuleTree? {
    var node = self
    for part in path {
      guard let child = node.children[part] else { return nil }
      node = child
    }
    return node
  }

  func insert(_ path: [String]) -> RuleTree {
    var node = self
    for part in path {
      if let child = node.children[part] {
        node = child
      } else {
        let child = RuleTree(name: part, path: node.path + [part])
        node.children[part] = child
        node = child
      }
    }
    return node
  }

  /// Children in the order of their names.
  var sortedChildren: [RuleTree] { children.values.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) } }

  /// True when the node or one below it holds rules.
  var hasRules: Bool { !rules.isEmpty || children.values.contains { $0.hasRules } }

  /// Every node with rules, parents first.
  func forEachNode(_ visit: (RuleTree) -> Void) {
    visit(self)
    for child in sortedChildren { child.forEachNode(visit) }
  }
}
