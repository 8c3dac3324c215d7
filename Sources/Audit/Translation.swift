internal import Domain
public import Judgement

/// Sentences of the command line in another language, found by the English sentence.
///
/// A file of them maps English to the other language. `{1}`, `{2}` and so on, in order, stand for any text in the English one and for the
/// same text in the other; what they stand for is translated in its turn where it is a sentence of the file itself. The sentence with the
/// longest fixed part wins. What has no entry stays as it is.
public struct Translation: Sendable {
  private struct Pattern: Sendable {
    /// The fixed parts around the places, one more than there are places.
    let literals: [String]
    let template: String

    var weight: Int { literals.reduce(0) { $0 + $1.utf8.count } }
  }

  private var sentences: [String: String] = [:]
  private var patterns: [Pattern] = []

  /// How deep places are translated within places.
  private static let deepest = 4

  /// No sentences: every text stays as it is.
  public init() {}

  /// - Parameter file: path below the data folder.
  public init(file: String, from folder: DataFolder) throws(DataError) {
    for member in try YAMLDocument.read(try folder.bytes(file), file: file).members ?? [] {
      let literals = Self.literals(of: member.key)
      if literals.count == 1 {
        sentences[member.key] = member.value.shown
      } else {
        patterns.append(Pattern(literals: literals, template: member.value.shown))
      }
    }
    patterns.sort { ($0.weight, $0.template) > ($1.weight, $1.template) }
  }

  /// The English sentences, each as it stands in the file: what a test compares with what the program can say.
  public var keys: Set<String> {
    var result = Set(sentences.keys)
    for pattern in patterns {
      var key = pattern.literals[0]
      for (index, literal) in pattern.literals.dropFirst().enumerated() { key += "{\(index + 1)}" + literal }
      result.insert(key)
    }
    return result
  }

  /// The sentence in the other language; nil where the file has none for it. Cost: one comparison for each sentence of the file.
  public func sentence(_ text: String) -> String? { sentence(text, depth: 0) }

  /// The sentence in the other language, or as it is.
  public func callAsFunction(_ text: String) -> String { sentence(text) ?? text }

  private func sentence(_ text: String, depth: Int) -> String? {
    if let known = sentences[text] { return known }
    guard depth < Self.deepest else { return nil }
    for pattern in patterns {
      guard let places = Self.places(of: pattern.literals, in: text) else { continue }
      return Texts.filled(pattern.template) { name in
        guard let number = Int(name), places.indices.contains(number - 1) else { return nil }
        let place = places[number - 1]
        return sentence(place, depth: depth + 1) ?? place
      }
    }
    return nil
  }

  /// "cannot read {1}: {2}" in parts: "cannot read ", ": ", "".
  private static func literals(of key: String) -> [String] {
    var parts: [String] = []
    var rest = key[...]
    while let mark = rest.firstRange(of: "{\(parts.count + 1)}") {
      parts.append(String(rest[..<mark.lowerBound]))
      rest = rest[mark.upperBound...]
    }
    return parts + [String(rest)]
  }

  /// What stands in the places of a pattern, each as short as it can be but for the last; nil where the text is of another form.
  private static func places(of literals: [String], in text: String) -> [String]? {
    guard let first = literals.first, let last = literals.last, text.hasPrefix(first) else { return nil }
    var rest = text.dropFirst(first.count)
    var places: [String] = []
    for literal in literals.dropFirst().dropLast() {
      guard let found = rest.firstRange(of: literal) else { return nil }
      places.append(String(rest[..<found.lowerBound]))
      rest = rest[found.upperBound...]
    }
    guard rest.hasSuffix(last) else { return nil }
    places.append(String(rest.dropLast(last.count)))
    return places
  }
}
