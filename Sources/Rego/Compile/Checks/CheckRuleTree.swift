/// All rules by the ground part of their paths below data.
final class CheckRuleTree {
  private(set) var children: [Constant: CheckRuleTree] = [:]
  /// Keys of `children` in the order they were added.
  private(set) var keys: [Constant] = []
  /// Rules whose ground path ends here, without their `else` branches.
  private(set) var rules: [CheckRule] = []
  /// Set by the graph of dependencies.
  var ownNode = -1
  var subtreeNode = -1

  var orderedChildren: [CheckRuleTree] { keys.compactMap { children[$0] } }

  func insert(_ path: some Sequence<Constant>) -> CheckRuleTree {
    var node = self
    for key in path {
      if let child = node.children[key] {
        node = child
      } else {
        let child = CheckRuleTree()
        node.children[key] = child
        node.keys.append(key)
        node = child
      }
    }
    return node
  }

  func add(_ rule: CheckRule) { insert(rule.groundPath).rules.append(rule) }

  /// The node of a path below data.
  func find(_ path: some Sequence<CheckTerm>) -> CheckRuleTree? {
    var node = self
    for part in path {
      guard part.isScalar, let key = part.constant, let child = node.children[key] else { return nil }
      node = child
    }
    return node
  }

  /// Calls `visit` for the node and, unless it answers true, for those below.
  func walk(_ visit: (CheckRuleTree) -> Bool) {
    if visit(self) { return }
    for child in orderedChildren { child.walk(visit) }
  }
}

/// Rules that cannot stand side by side.
struct RuleConflicts {
  let tree: CheckRuleTree
  let packages: [PackagePlace]
  /// "m.rego:3" of a place in a module.
  let place: (Int, Location) -> String
  private(set) var faults: [CheckFault] = []

  struct PackagePlace {
    var path: [String]
    var location: Location
  }

  init(tree: CheckRuleTree, packages: [PackagePlace], place: @escaping (Int, Location) -> String) {
    self.tree = tree
    self.packages = packages
    self.place = place
  }

  mutating func check() {
    var found: [CheckFault] = []
    tree.walk { node in
      if let fault = conflict(of: node) { found.append(fault) }
      return false
    }
    faults = found
    checkPackages()
  }

  private func conflict(of node: CheckRuleTree) -> CheckFault? {
    guard let first = node.rules.first, let last = node.rules.last else { return nil }
    var arities: Set<Int> = []
    var single = 0
    var complete = 0
    var defaults: [CheckRule] = []
    for rule in node.rules {
      arities.insert(rule.arity)
      if rule.key == nil { single += 1 }
      if rule.key == nil, rule.isGround { complete += 1 }
      if rule.isDefault { defaults.append(rule) }
    }
    let name = last.text
    if !node.keys.isEmpty, node.rules.contains(where: \.isGround) {
      let below = flattened(node)
      if !below.isEmpty {
        return CheckFault(.type, "rule \(name) conflicts with [\(below.joined(separator: " "))]", first.module, first.location)
      }
    }
    if arities.count > 1 || (single > 0 && single < node.rules.count) || (complete > 0 && complete < node.rules.count) {
      return CheckFault(.type, "conflicting rules \(name) found", first.module, first.location)
    }
    if defaults.count > 1 {
      let places = defaults.map { place($0.module, $0.location) }.joined(separator: ", ")
      return CheckFault(
        .type, "multiple default rules \(name) found at \(places)", defaults[0].module, packages[defaults[0].module].location)
    }
    return nil
  }

  /// Names of the rules below a node; those below another of the list are left out.
  private func flattened(_ node: CheckRuleTree) -> [String] {
    var names: [String] = []
    func collect(_ node: CheckRuleTree) {
      if let rule = node.rules.first {
        names.append(rule.text)
        return
      }
      for child in node.orderedChildren { collect(child) }
    }
    for child in node.orderedChildren { collect(child) }
    return names.sorted()
  }

  /// A rule may not have the path of a package.
  private mutating func checkPackages() {
    var modules: [[String]: [Int]] = [:]
    for (index, package) in packages.enumerated() { modules[package.path, default: []].append(index) }
    var found: [CheckFault] = []
    tree.walk { node in
      for rule in node.rules where rule.isGround {
        let path = rule.groundPath.compactMap { if case .string(let part) = $0 { part } else { nil } }
        guard path.count == rule.groundPath.count, let others = modules[path] else { continue }
        for other in others {
          let package = "package " + (packages[other].path.first ?? "") + packages[other].path.dropFirst().map(CheckText.part).joined()
          let name = rule.name + CheckText(rule.variables).path(rule.suffix)
          found.append(
            CheckFault(
              .type, "\(package) conflicts with rule \(name) defined at \(place(rule.module, rule.location))", rule.module,
              packages[rule.module].location))
        }
      }
      return false
    }
    faults += found
  }
}
