extension LayoutWriter {
  func writeModule(_ module: Module, imports: [Import]) {
    noteFault { () throws(Fault) in try writePackage(module) }
    var importsAhead = imports[...]
    var rulesAhead = module.rules.indices
    func importsAreNext() -> Bool {
      guard let item = importsAhead.first else { return false }
      guard let next = rulesAhead.first else { return true }
      let rule = module.rules[next]
      return (item.location.row, item.location.column) < (rule.location.row, rule.location.column)
    }
    while !importsAhead.isEmpty || !rulesAhead.isEmpty {
      var group: [Import] = []
      while importsAreNext(), let item = importsAhead.popFirst() { group.append(item) }
      noteFault { () throws(Fault) in try writeImports(group) }
      let first = rulesAhead.lowerBound
      while !rulesAhead.isEmpty, !importsAreNext() { rulesAhead.removeFirst() }
      writeRules(first..<rulesAhead.lowerBound, of: module)
    }
    writeRemainingComments()
  }

  private func noteFault(_ body: () throws(Fault) -> Void) {
    do throws(Fault) { try body() } catch {
      if case .failed(let problem) = error { errors.append(problem) }
    }
  }

  private func writePackage(_ module: Module) throws(Fault) {
    try insertComments(at: module.packageLocation.row)
    startLine()
    var path = module.package.dropFirst().map(SourcePlaces.placed)
    guard let first = path.first, let name = first.stringValue else { return }
    path[0].node = .variable(name)
    write("package ")
    try withoutComments { () throws(Fault) in try writeReference(Array(path)) }
    blankLine()
  }

  /// Comments inside a path wait for the line after it.
  private func withoutComments(_ body: () throws(Fault) -> Void) throws(Fault) {
    let saved = nextComment
    nextComment = comments.count
    defer { nextComment = saved }
    try body()
  }

  // MARK: Imports

  private func writeImports(_ imports: [Import]) throws(Fault) {
    guard !imports.isEmpty else { return }
    let attached = takeImportComments(imports)
    for group in Self.groups(imports) {
      try insertComments(at: group[0].location.row)
      for item in group.sorted(by: Self.precedes) {
        startLine()
        try writeImport(item)
        if let comment = attached[item.location.row] {
          write(" ")
          write(bytes: comments[comment].text)
        }
        endLine()
      }
      blankLine()
    }
  }

  /// The comments on the rows of imports, which move with them.
  private func takeImportComments(_ imports: [Import]) -> [Int32: Int] {
    let wanted = Set(imports.lazy.filter { $0.location.offset >= 0 }.map(\.location.row))
    guard let last = wanted.max() else { return [:] }
    var attached: [Int32: Int] = [:]
    var index = nextComment
    while index < comments.count, comments[index].location.row <= last {
      if wanted.contains(comments[index].location.row) {
        attached[comments[index].location.row] = index
        importComments.insert(index)
      }
      index += 1
    }
    return attached
  }

  /// Imports on adjacent rows belong together.
  private static func groups(_ imports: [Import]) -> [[Import]] {
    var groups: [[Import]] = []
    for item in imports {
      if let last = groups.last?.last, item.location.row - last.location.row <= 1 {
        groups[groups.count - 1].append(item)
      } else {
        groups.append([item])
      }
    }
    return groups
  }

  private static func precedes(_ a: Import, _ b: Import) -> Bool {
    let order = TermOrder.compare(a.path, b.path)
    return order == 0 ? (a.alias ?? "").utf8.lexicographicallyPrecedes((b.alias ?? "").utf8) : order < 0
  }

  private func writeImport(_ item: Import) throws(Fault) {
    guard case .reference(let path) = item.path.node else { return }
    write("import ")
    let keywords = style.keywords
    if item.futureKeyword != nil { style.keywords = [] }
    defer { style.keywords = keywords }
    try withoutComments { () throws(Fault) in try writeReference(path.map(SourcePlaces.placed)) }
    if let alias = item.alias {
      write(" as ")
      write(text: alias)
    }
  }
}

/// The imports that the edition of the result needs.
enum LayoutImports {
  /// - Parameter used: words the module uses as keywords, of those an import may bring.
  static func adapted(_ imports: [Import], to target: Formatter.Target, dropsV0: Bool, used: [String]) -> [Import] {
    var result = imports
    let future = imports.compactMap(\.futureKeyword)
    if target == .v1, dropsV0 {
      result.removeAll(where: \.isRegoV1)
    } else if target == .v0AndV1, !result.contains(where: \.isRegoV1) {
      result.append(generated(["rego", "v1"], result))
    }
    let hasV1 = result.contains(where: \.isRegoV1)
    if target != .v0 || hasV1 {
      if !dropsV0, !hasV1 {
        for word in future { ensure(word, in: &result) }
      } else {
        result.removeAll { $0.isAllFutureKeywords || $0.futureKeyword.map { !isExperimental($0) } ?? false }
      }
      for word in used where isExperimental(word) { ensure(word, in: &result) }
    } else {
      for word in used { ensure(word, in: &result) }
    }
    return result.enumerated().sorted { a, b in
      let (first, second) = (a.element.location, b.element.location)
      return (first.row, first.column, a.offset) < (second.row, second.column, b.offset)
    }.map(\.element)
  }

  /// Of no edition yet.
  static func isExperimental(_ word: String) -> Bool { ["and", "or", "not"].contains(word) }

  private static func ensure(_ word: String, in imports: inout [Import]) {
    let isThere = imports.contains { item in
      item.isAllFutureKeywords || item.futureKeyword == word || (item.futureKeyword == "every" && word == "in")
    }
    if !isThere { imports.append(generated(["future", "keywords", word], imports)) }
  }

  /// An import below those of its kind, or before all others.
  private static func generated(_ path: [String], _ imports: [Import]) -> Import {
    let row = imports.filter { $0.isRegoV1 || $0.isFuture }.map(\.location.row).max()
    let place = Location(row: row.map { $0 + 1 } ?? 1, column: 1, offset: -1, end: -1)
    let terms = path.enumerated().map { Term($0.offset == 0 ? .variable($0.element) : .string($0.element), place) }
    return Import(path: Term(.reference(terms), place), alias: nil, location: place)
  }
}

extension Import {
  private var terms: [Term] {
    if case .reference(let path) = path.node { path } else { [] }
  }

  /// `import future...`
  var isFuture: Bool {
    guard terms.count >= 2, case .variable("future") = terms[0].node else { return false }
    return true
  }

  /// `import future.keywords`
  var isAllFutureKeywords: Bool { isFuture && terms.count == 2 && terms[1].stringValue == "keywords" }

  /// The word of `import future.keywords.word`.
  var futureKeyword: String? {
    isFuture && terms.count == 3 && terms[1].stringValue == "keywords" ? terms[2].stringValue : nil
  }
}
