extension Builtins {
  /// OPA's v1/topdown/reachable.go and walk.go.
  static let graphs: [Builtin] = [
    Builtin("graph.reachable", 2) { arguments, context throws(BuiltinError) in
      let graph = try arguments.object(0)
      var open = Array(try arguments.vertices(1))
      let reached = SetView.make(in: context.heap)
      while let vertex = open.popLast() {
        let edges = graph[vertex]
        if edges.isUndefined || reached.contains(vertex) { continue }
        reached.insert(vertex, in: context.heap)
        let neighbours = Elements(edges).map { Array($0) } ?? []
        try context.spend(neighbours.count + 1)
        for neighbour in neighbours where !reached.contains(neighbour) { open.append(neighbour) }
      }
      reached.sort()
      return reached.value
    },
    Builtin("graph.reachable_paths", 2) { arguments, context throws(BuiltinError) in
      let graph = try arguments.object(0)
      let result = SetView.make(in: context.heap)
      for vertex in try arguments.vertices(1) {
        let edges = graph[vertex]
        if edges.isUndefined { continue }
        let neighbours = Elements(edges).map { Array($0) } ?? []
        if neighbours.isEmpty {
          result.insert(.array([vertex], in: context.heap), in: context.heap)
        } else {
          try paths(graph, from: vertex, neighbours, into: result, context)
        }
      }
      result.sort()
      return result.value
    },
    Builtin("walk", 1) { arguments, context throws(BuiltinError) in
      var result: [Value] = []
      var open: [(path: [Value], value: Value)] = [([], arguments[0])]
      while let (path, value) = open.popLast() {
        try context.spend(path.count + 1)
        result.append(.array([.array(path, in: context.heap), value], in: context.heap))
        let members: [(Value, Value)] =
          switch value.tag {
          case .array: value.elements.enumerated().map { (.integer($0.offset), $0.element) }
          case .set: value.elements.map { ($0, $0) }
          case .object: Members(value.objectView).map { ($0.key, $0.value) }
          default: []
          }
        for (key, member) in members.reversed() { open.append((path + [key], member)) }
      }
      return .array(result, in: context.heap)
    },
  ]

  /// Paths without a vertex twice. There may be exponentially many, so that each step is counted.
  private static func paths(
    _ graph: ObjectView, from start: Value, _ neighbours: [Value], into result: SetView, _ context: BuiltinContext
  ) throws(BuiltinError) {
    var path = [start]
    let onPath = ObjectView.make(in: context.heap)
    onPath.set(start, .true, in: context.heap)
    var levels = [(neighbours: neighbours, next: 0)]
    func commit() { result.insert(.array(path, in: context.heap), in: context.heap) }
    while let level = levels.indices.last {
      if levels[level].next == levels[level].neighbours.count {
        levels.removeLast()
        let vertex = path.removeLast()
        if path.first.map({ !$0.equals(vertex) }) ?? true { onPath.set(vertex, .false, in: context.heap) }
        continue
      }
      try context.spend(path.count + 1)
      let vertex = levels[level].neighbours[levels[level].next]
      levels[level].next += 1
      let edges = graph[vertex]
      // A vertex outside the graph, or one that closes a circle, ends the path in front of it. An edge from the start to itself is
      // followed.
      if edges.isUndefined || (level > 0 && onPath[vertex].isTrue) {
        commit()
        continue
      }
      path.append(vertex)
      let further = Elements(edges).map { Array($0) } ?? []
      if further.isEmpty {
        commit()
        path.removeLast()
        continue
      }
      onPath.set(vertex, .true, in: context.heap)
      levels.append((further, 0))
    }
  }
}

extension Arguments {
  fileprivate func vertices(_ index: Int) throws(BuiltinError) -> Elements {
    guard let elements = Elements(self[index]) else {
      throw .type("operand \(index + 1) must be {array, set} but got \(self[index].typeName)")
    }
    return elements
  }
}
