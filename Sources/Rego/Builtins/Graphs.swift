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
      let heap = context.heap
      let result = ArrayView.make(capacity: 64, in: heap)
      var open: [(path: ArrayView, value: Value)] = [(ArrayView.make(filled: 0, in: heap), arguments[0])]
      func push(_ path: ArrayView, _ key: Value, _ value: Value) {
        let count = path.count
        let longer = ArrayView.make(filled: count + 1, in: heap)
        Memory.copy(from: path.elements, to: longer.elements, bytes: count * 16)
        Memory.setValue(longer.elements, at: count, key)
        open.append((longer, value))
      }
      while let (path, value) = open.popLast() {
        try context.spend(path.count + 1)
        let pair = ArrayView.make(filled: 2, in: heap)
        Memory.setValue(pair.elements, at: 0, path.value)
        Memory.setValue(pair.elements, at: 1, value)
        result.append(pair.value, in: heap)
        // The last one first, so that the first is taken first.
        switch value.tag {
        case .array:
          let view = value.arrayView
          for index in stride(from: view.count - 1, through: 0, by: -1) { push(path, .integer(index), view[index]) }
        case .set:
          let view = value.setView
          view.sort()
          for index in stride(from: view.count - 1, through: 0, by: -1) { push(path, view[index], view[index]) }
        case .object:
          let view = value.objectView
          view.sort()
          for index in stride(from: view.count - 1, through: 0, by: -1) { push(path, view.key(at: index), view.value(at: index)) }
        default: break
        }
      }
      return result.value
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
