/// Documents below data whose paths are known only at run time, or that hold rules and base data side by side.
extension PlanFunctionWriting {
  /// Base data at a path; the statements fail where there is none.
  func base(_ path: [String], _ keys: ArraySlice<Out>, _ target: Int) throws(RegoError) {
    var source = Out.local(1)
    for key in path.map({ text($0) }) + keys {
      let next = newLocal()
      try dotBase(next, source, key)
      source = .local(next)
    }
    append(.assign(target, source))
  }

  private func dots(_ source: Out, _ keys: [Out]) -> Out {
    keys.reduce(source) { source, key in
      let next = newLocal()
      append(.dot(target: next, source: source, key: key))
      return .local(next)
    }
  }

  /// Assigns what stands at `keys` below a node, if anything does.
  func document(_ node: RuleTree, _ keys: ArraySlice<Out>, _ target: Int) throws(RegoError) {
    if isReplaced(node.path) { return try attempt { () throws(RegoError) in try base(node.path, keys, target) } }
    if let function = node.function {
      if node.arity != nil { return }
      return try attempt { () throws(RegoError) in
        let value = newLocal()
        try call(key: function, [], value)
        append(.assign(target, dots(.local(value), Array(keys))))
      }
    }
    guard let key = keys.first else { return try extent(node, target) }
    for child in node.sortedChildren where mayBe(key, child.name) {
      try attempt { () throws(RegoError) in
        append(.equal(key, text(child.name)))
        try document(child, keys.dropFirst(), target)
      }
    }
    if leads(key, into: node) { return }
    try attempt { () throws(RegoError) in
      for child in node.sortedChildren where mayBe(key, child.name) { append(.notEqual(key, text(child.name))) }
      try base(node.path, keys, target)
    }
  }

  private func mayBe(_ key: Out, _ name: String) -> Bool {
    switch key {
    case .string(let index): plan.document.strings[index].string == name
    case .boolean: false
    // Rules have texts as keys.
    case .local(let local): numbers[local] == nil
    }
  }

  /// A key that is known and names a child.
  private func leads(_ key: Out, into node: RuleTree) -> Bool {
    guard case .string(let index) = key else { return false }
    return node.sortedChild(plan.document.strings[index]) != nil
  }

  /// Everything at a node: base data over the documents of its rules, key by key.
  private func extent(_ node: RuleTree, _ target: Int) throws(RegoError) {
    try attempt { () throws(RegoError) in
      let object = newLocal()
      append(.makeObject(object))
      for child in node.sortedChildren {
        let value = newLocal()
        append(.reset(value))
        try document(child, [], value)
        try attempt { () throws(RegoError) in
          append(.isDefined(value))
          append(.insert(object: object, key: text(child.name), value: .local(value)))
        }
      }
      try attempt { () throws(RegoError) in
        let held = newLocal(), merged = newLocal()
        try base(node.path, [], held)
        append(.isType(.object, .local(held)))
        append(.merge(target: merged, held, object))
        append(.assign(target, .local(merged)))
      }
      append(.isUndefined(target))
      append(.assign(target, .local(object)))
    }
  }

  /// Assigns the keys of what stands at `keys` below a node, as an array.
  func documentKeys(_ node: RuleTree, _ keys: ArraySlice<Out>, _ target: Int) throws(RegoError) {
    if isReplaced(node.path) {
      return try attempt { () throws(RegoError) in
        let value = newLocal()
        try base(node.path, keys, value)
        try names(of: value, target)
      }
    }
    if let function = node.function {
      if node.arity != nil { return }
      return try attempt { () throws(RegoError) in
        let value = newLocal(), part = newLocal()
        try call(key: function, [], value)
        append(.assign(part, dots(.local(value), Array(keys))))
        try names(of: part, target)
      }
    }
    guard let key = keys.first else {
      return try attempt { () throws(RegoError) in
        let list = newLocal()
        append(.makeArray(list, capacity: 0))
        for child in node.sortedChildren { append(.arrayAppend(array: list, text(child.name))) }
        try attempt { () throws(RegoError) in
          let held = newLocal()
          try base(node.path, [], held)
          append(.isType(.object, .local(held)))
          try scan(.local(held)) { (name, _) throws(RegoError) in
            for child in node.sortedChildren { self.append(.notEqual(.local(name), self.text(child.name))) }
            self.append(.arrayAppend(array: list, .local(name)))
          }
        }
        append(.assign(target, .local(list)))
      }
    }
    for child in node.sortedChildren where mayBe(key, child.name) {
      try attempt { () throws(RegoError) in
        append(.equal(key, text(child.name)))
        try documentKeys(child, keys.dropFirst(), target)
      }
    }
    if leads(key, into: node) { return }
    try attempt { () throws(RegoError) in
      for child in node.sortedChildren where mayBe(key, child.name) { append(.notEqual(key, text(child.name))) }
      let value = newLocal()
      try base(node.path, keys, value)
      try names(of: value, target)
    }
  }

  private func names(of value: Int, _ target: Int) throws(RegoError) {
    let list = newLocal()
    append(.makeArray(list, capacity: 0))
    try scan(.local(value)) { (key, _) throws(RegoError) in self.append(.arrayAppend(array: list, .local(key))) }
    append(.assign(target, .local(list)))
  }
}
