extension Parser {
  /// Reads the METADATA blocks among the comments passed over. A block begins with a comment `# METADATA` in column 1 and holds the
  /// comments of the rows that follow without a gap.
  mutating func parseAnnotations() -> [Annotation] {
    var result: [Annotation] = []
    let comments = self.comments
    var index = 0
    while index < comments.count {
      defer { index += 1 }
      guard comments[index].isMetadata else { continue }
      var lines: [Comment] = []
      while index + 1 < comments.count, comments[index + 1].continues(comments[index]), !comments[index + 1].isMetadata {
        index += 1
        lines.append(comments[index])
      }
      let first = comments[index - lines.count]
      do throws(MetadataReader.Problem) {
        result.append(try annotation(lines, first))
      } catch {
        self.error(error.message, at: error.location)
      }
    }
    return result
  }

  private func annotation(_ lines: [Comment], _ first: Comment) throws(MetadataReader.Problem) -> Annotation {
    let fields = try MetadataReader(lines, first).fields()
    let isEntrypoint = fields["entrypoint"] == .boolean(true)
    var location = first.location
    location.end = lines.last?.location.end ?? first.location.end
    var annotation = Annotation(
      scope: .rule, title: fields["title"]?.text ?? "", description: fields["description"]?.text ?? "", isEntrypoint: isEntrypoint,
      fields: fields, location: location)
    // Without a scope the statement below decides.
    annotation.scopeName = fields["scope"]?.text ?? ""
    if let scope = Annotation.Scope(rawValue: annotation.scopeName) { annotation.scope = scope }
    return annotation
  }

  /// Gives each block to the statement below it. Returns what is misplaced.
  func attach(_ blocks: [Annotation], to module: inout Module) -> [RegoError] {
    guard !blocks.isEmpty else { return [] }
    var targets: [(row: Int32, target: AnnotationTarget)] = [(module.packageLocation.row, .package)]
    targets += module.imports.map { ($0.location.row, .importing) }
    targets += module.rules.enumerated().map { ($0.element.location.row, .rule($0.offset)) }
    targets = targets.enumerated().sorted { ($0.element.row, $0.offset) < ($1.element.row, $1.offset) }.map(\.element)
    var errors: [RegoError] = []
    var next = 0
    for block in blocks {
      var annotation = block
      while next < targets.count, targets[next].row <= block.location.row { next += 1 }
      let target = next < targets.count ? targets[next].target : nil
      if annotation.scopeName.isEmpty {
        switch target {
        case .rule: annotation.scopeName = annotation.isEntrypoint ? "document" : "rule"
        case .package: annotation.scopeName = "package"
        case .importing: annotation.scopeName = "import"
        case nil: break
        }
        annotation.scope = Annotation.Scope(rawValue: annotation.scopeName) ?? .rule
      }
      let refusals = Self.refusals(of: annotation, on: target)
      errors += refusals.map { RegoError(.parse, $0, file: file, location: block.location) }
      guard refusals.isEmpty else { continue }
      switch target {
      case .package: module.packageAnnotations.append(annotation)
      case .rule(let index): module.rules[index].annotations.append(annotation)
      case .importing, nil: break
      }
    }
    return errors
  }

  private enum AnnotationTarget {
    case package
    case importing
    case rule(Int)
  }

  private static func refusals(of annotation: Annotation, on target: AnnotationTarget?) -> [String] {
    let scope = annotation.scopeName
    var result: [String] = []
    func misplaced(_ wanted: String) {
      let found =
        switch target {
        case .package: " (have package)"
        case .importing: " (have import)"
        case .rule: " (have rule)"
        case nil: ""
        }
      result.append("annotation scope '\(scope)' must be applied to \(wanted)\(found)")
    }
    switch (scope, target) {
    case ("rule", .rule), ("document", .rule), ("package", .package), ("subpackages", .package): break
    case ("rule", _), ("document", _): misplaced("rule")
    case ("package", _), ("subpackages", _): misplaced("package")
    default: result.append("invalid annotation scope '\(scope)'. Use one of 'rule', 'document', 'package', or 'subpackages'")
    }
    if annotation.isEntrypoint, scope != "document", scope != "package" {
      result.append("annotation entrypoint applied to non-document or package scope '\(scope)'")
    }
    return result
  }
}

extension Comment {
  fileprivate var isMetadata: Bool {
    location.column == 1 && text.drop { $0 == " " || $0 == "\t" || $0 == "\r" }.hasPrefix("METADATA")
  }

  fileprivate func continues(_ previous: Comment) -> Bool {
    location.column == 1 && location.row == previous.location.row + 1
  }
}
