extension Guest {
  /// Nodes of a red-black tree in order (include/linux/rbtree_types.h). A node whose parent is another than the one it was reached by is an
  /// inconsistency, and so is a tree deeper than any that is balanced.
  ///
  /// - Parameters:
  ///   - root: address of the `rb_root` (of an `rb_root_cached`, its `rb_root` is the first member).
  ///   - offset: of the `rb_node` in what it links.
  public func tree(root: UInt64, offset: UInt64 = 0, structure: String, limit: Int = walkLimit) -> Walk {
    // rb_node: __rb_parent_color, rb_right, rb_left.
    var entries: [UInt64] = []
    var met: Set<UInt64> = []
    var stack: [(node: UInt64, isOpened: Bool)] = []
    func fault(_ address: UInt64, _ reason: String) -> Walk {
      Walk(entries: entries, inconsistency: Inconsistency(structure: structure, address: address, reason: reason))
    }
    guard let top = u64(root) else { return fault(root, "its root is not mapped") }
    if top != 0 {
      guard let parent = u64(top), parent & ~3 == 0 else { return fault(top, "the top node has a parent") }
      stack.append((top, false))
    }
    while let (node, isOpened) = stack.popLast() {
      if isOpened {
        entries.append(node &- offset)
        guard let right = u64(node &+ 8) else { return fault(node, "a node is not mapped") }
        guard right != 0 else { continue }
        guard u64(right).map({ $0 & ~3 == node }) ?? false else { return fault(right, "a node is not mapped or has another parent") }
        stack.append((right, false))
        continue
      }
      guard met.insert(node).inserted else { return fault(node, "a node is reached twice") }
      guard spend(on: structure, at: node) else { return Walk(entries: entries, inconsistency: exhausted(structure, node)) }
      guard met.count <= limit else { return fault(node, "the tree has more than \(limit) nodes") }
      // A red-black tree of 2^48 nodes is less than 100 deep.
      guard stack.count < 128 else { return fault(node, "the tree is not balanced") }
      guard let left = u64(node &+ 16) else { return fault(node, "a node is not mapped") }
      stack.append((node, true))
      guard left != 0 else { continue }
      guard u64(left).map({ $0 & ~3 == node }) ?? false else { return fault(left, "a node is not mapped or has another parent") }
      stack.append((left, false))
    }
    return Walk(entries: entries, inconsistency: nil)
  }
}

extension Guest {
  /// Nodes of a latched tree, of which the kernel keeps two copies so that one can be read while the other is written
  /// (include/linux/rbtree_latch.h).
  ///
  /// - Parameters:
  ///   - root: address of the `latch_tree_root`.
  ///   - offset: of the `latch_tree_node` in what it links.
  func latchedTree(_ root: UInt64, offset: UInt64, structure: String) -> Walk {
    guard let sequence = kernel.offset("latch_tree_root", "seq"), let trees = kernel.offset("latch_tree_root", "tree"),
      let nodeSize = kernel.size("rb_node"), let rootSize = kernel.size("rb_root"), let count = u32(root &+ sequence)
    else {
      return Walk(
        entries: [], inconsistency: Inconsistency(structure: structure, address: root, reason: "the structure is not mapped or not known"))
    }
    let copy = UInt64(count & 1)
    return tree(root: root &+ trees &+ copy &* rootSize, offset: offset &+ copy &* nodeSize, structure: structure)
  }
}
