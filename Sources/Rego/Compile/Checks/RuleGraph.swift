/// Which rules need which: for the order of type checks and to find rules that need themselves.
///
/// A reference that reaches many rules points to a node of the rule tree instead of each of them, so that the graph stays as small as
/// the modules.
final class RuleGraph {
  private(set) var rules: [CheckRule] = []
  /// Edges by node; the nodes of the rules come first.
  private var edges: [[Int]] = []
  /// Strongly connected components, each after those it needs.
  private(set) var components: [[Int]] = []
  private let tree: CheckRuleTree

  init(rules: [CheckRule], tree: CheckRuleTree) {
    self.rules = rules
    self.tree = tree
    edges = Array(repeating: [], count: rules.count)
    var numbers: [ObjectIdentifier: Int] = [:]
    for (index, rule) in rules.enumerated() { numbers[ObjectIdentifier(rule)] = index }
    addNodes(tree, numbers)
    for (index, rule) in rules.enumerated() { addReferences(of: rule, index) }
    findComponents()
  }

  private func addNodes(_ node: CheckRuleTree, _ numbers: [ObjectIdentifier: Int]) {
    node.ownNode = edges.count
    edges.append(node.rules.flatMap { $0.branches.compactMap { numbers[ObjectIdentifier($0)] } })
    for child in node.orderedChildren { addNodes(child, numbers) }
    node.subtreeNode = edges.count
    edges.append([node.ownNode] + node.orderedChildren.map(\.subtreeNode))
  }

  private func addReferences(of rule: CheckRule, _ index: Int) {
    var targets: Set<Int> = []
    func visit(_ term: CheckTerm) -> Bool {
      if case .reference(let path) = term.kind, case .variable(VariableTable.data) = path[0].kind {
        collect(tree, path.dropFirst(), &targets)
      }
      return false
    }
    for term in rule.headTerms { term.walk(visit) }
    for expression in rule.body.expressions { expression.walkTerms(visit) }
    edges[index] = targets.sorted()
  }

  private func collect(_ node: CheckRuleTree, _ path: ArraySlice<CheckTerm>, _ targets: inout Set<Int>) {
    guard let part = path.first else {
      targets.insert(node.subtreeNode)
      return
    }
    if let key = part.constant {
      guard part.isScalar, let child = node.children[key] else { return }
      if !child.rules.isEmpty { targets.insert(child.ownNode) }
      collect(child, path.dropFirst(), &targets)
      return
    }
    for child in node.orderedChildren {
      if !child.rules.isEmpty { targets.insert(child.ownNode) }
      collect(child, path.dropFirst(), &targets)
    }
  }

  /// Tarjan's algorithm without recursion.
  private func findComponents() {
    var order = Array(repeating: -1, count: edges.count)
    var low = order
    var onStack = Array(repeating: false, count: edges.count)
    var stack: [Int] = []
    var next = 0
    var frames: [(node: Int, edge: Int)] = []
    func enter(_ node: Int) {
      order[node] = next
      low[node] = next
      next += 1
      stack.append(node)
      onStack[node] = true
      frames.append((node, 0))
    }
    for start in 0..<rules.count where order[start] < 0 {
      enter(start)
      while let frame = frames.last {
        if frame.edge < edges[frame.node].count {
          frames[frames.count - 1].edge += 1
          let target = edges[frame.node][frame.edge]
          if order[target] < 0 {
            enter(target)
          } else if onStack[target] {
            low[frame.node] = min(low[frame.node], order[target])
          }
          continue
        }
        frames.removeLast()
        if let parent = frames.last { low[parent.node] = min(low[parent.node], low[frame.node]) }
        guard low[frame.node] == order[frame.node] else { continue }
        var component: [Int] = []
        repeat {
          component.append(stack.removeLast())
          onStack[component[component.count - 1]] = false
        } while component.last != frame.node
        components.append(component)
      }
    }
  }

  /// Rules in an order in which each comes after those it needs.
  var sorted: [CheckRule] { components.flatMap { $0.filter { $0 < rules.count }.sorted() }.map { rules[$0] } }

  /// One error for each rule that needs itself, at most `limit`.
  func recursion(limit: Int) -> [CheckFault] {
    var isRecursive = Array(repeating: false, count: rules.count)
    for component in components where component.count > 1 {
      for node in component where node < rules.count { isRecursive[node] = true }
    }
    var faults: [CheckFault] = []
    for (index, rule) in rules.enumerated() where isRecursive[index] {
      let path = cycle(index).map { rules[$0].text }.joined(separator: " -> ")
      faults.append(CheckFault(.recursion, "rule \(rule.text) is recursive: \(path)", rule.module, rule.location))
      if faults.count == limit { break }
    }
    return faults
  }

  /// A shortest way from the rule back to it, as rules.
  private func cycle(_ start: Int) -> [Int] {
    var previous: [Int: Int] = [:]
    var queue = [start]
    var head = 0
    while head < queue.count {
      let node = queue[head]
      head += 1
      for target in edges[node] {
        if target == start {
          var path = [start]
          var current = node
          while current != start {
            if current < rules.count { path.append(current) }
            current = previous[current] ?? start
          }
          return [start] + path.dropFirst().reversed() + [start]
        }
        if previous[target] == nil {
          previous[target] = node
          queue.append(target)
        }
      }
    }
    return [start, start]
  }
}
