internal import Domain
public import Judgement

/// The registry of figures (data/figures.yaml): a statistic that is not in it is not printed.
public struct Figures: Sendable {
  public struct Entry: Sendable {
    public enum Status: String, Sendable, Hashable {
      /// Read at the source.
      case sourced
      /// From knowledge, to be checked before it is relied on.
      case known
      /// Quoted only to say that it has no source.
      case refuted
    }

    public let id: String
    public let values: [Statistic]
    /// What the figure is of, by language code.
    public let says: [String: String]
    public let source: String
    public let date: String
    public let status: Status
  }

  static let file = "data/figures.yaml"
  public let entries: [Entry]
  private let known: Set<Statistic>

  /// Errors: an entry without source, date or status, a value that is no statistic; with the entry's id.
  public init(from folder: DataFolder) throws(DataError) {
    try self.init(try YAMLDocument.read(try folder.bytes(Self.file), file: Self.file))
  }

  init(_ document: FactValue) throws(DataError) {
    var entries: [Entry] = []
    for value in document.elements ?? [] {
      let place = "\(Self.file): \(value["id"]?.text ?? "an entry without id")"
      guard let id = value["id"]?.text, let source = value["source"]?.text, !source.isEmpty, let date = value["date"]?.text,
        let status = value["status"]?.text.flatMap(Entry.Status.init(rawValue:))
      else { throw DataError("\(place): needs id, source, date and status; a figure without a source is not printed") }
      var values: [Statistic] = []
      for text in value["values"]?.elements ?? [] {
        let found = Statistics.all(in: text.shown)
        guard found.count == 1 else { throw DataError("\(place): \(text.shown) is not one share or sum of money") }
        values += found
      }
      guard !values.isEmpty else { throw DataError("\(place): has no values") }
      entries.append(Entry(id: id, values: values, says: Localized.texts(value["says"]), source: source, date: date, status: status))
    }
    self.entries = entries
    known = Set(entries.flatMap(\.values))
  }

  /// Statistics of a text that the registry does not hold.
  public func unsourced(in text: String) -> [Statistic] { Statistics.all(in: text).filter { !known.contains($0) } }

  /// Errors: a text with a statistic that the registry does not hold.
  func check(_ texts: [String], _ place: String) throws(DataError) {
    for text in texts {
      guard let figure = unsourced(in: text).first else { continue }
      throw DataError("\(place): \(figure.shown) has no entry in \(Self.file); a figure without a source is not printed")
    }
  }
}

/// Texts by language code, as data files hold them: `{en: ..., zh: ...}`.
enum Localized {
  static func texts(_ value: FactValue?) -> [String: String] {
    var texts: [String: String] = [:]
    for member in value?.members ?? [] { texts[member.key] = member.value.shown }
    return texts
  }

  /// Errors: a language without a text.
  static func both(_ value: FactValue?, _ place: String) throws(DataError) -> [String: String] {
    let texts = texts(value)
    for language in ["en", "zh"] where texts[language]?.isEmpty ?? true { throw DataError("\(place) needs a text in \(language)") }
    return texts
  }
}
