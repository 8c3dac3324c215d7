/// A document that policies read: JSON, or a value of the language. Immutable; shared between threads.
public final class Document: @unchecked Sendable {
  // Everything the value reaches is sorted before it is shared.
  let heap: Heap
  let value: Value

  /// Keep the memory that parts of the value lie in.
  private let parents: [Document]

  /// Where a small document lies, or the last of a large one.
  private let place: (start: Memory.Address, end: Memory.Address)

  init(heap: Heap, value: Value, parents: [Document] = []) {
    self.heap = heap
    self.parents = parents
    self.value = value.frozen()
    place = parents.isEmpty ? heap.newest : Self.place(of: value)
  }

  /// A part of a document that is frozen already.
  init(sharing heap: Heap, _ value: Value, parents: [Document] = []) {
    self.heap = heap
    self.value = value
    self.parents = parents
    place = parents.isEmpty ? heap.newest : Self.place(of: value)
  }

  /// Where the first part of an object lies that was made from another document: what a value reaches was written before it.
  private static func place(of value: Value) -> (start: Memory.Address, end: Memory.Address) {
    guard value.isObject, value.objectView.count > 0 else { return (0, 0) }
    let part = Memory.value(value.objectView.values, at: 0)
    guard part.isComposite else { return (0, 0) }
    let end = Memory.Address(part.body)
    return (end &- 2 << 10, end &+ 64)
  }

  /// Brings the document near before its values are looked at one after the other: of ten thousand machines that are judged in turn none is in a
  /// cache any more, and each step into one waits for memory.
  func prefetch() { Memory.prefetch(from: place.start, to: place.end) }

  /// Reads JSON (RFC 8259). Of equal keys the last one counts.
  ///
  /// - Throws: `eval_internal_error` naming line and column of the first mistake.
  public convenience init(json bytes: [UInt8], name: String = "") throws(RegoError) {
    let heap = Heap()
    do throws(JSONError) {
      self.init(sharing: heap, try JSONReader.read(bytes, in: heap))
    } catch {
      throw Self.mistake(error, name)
    }
  }

  /// As `init(json:name:)`, of a text that nobody needs afterwards: a large one gives its memory back while it is read, so that text and
  /// document are never held at once. An array that others hold too is copied first.
  public convenience init(handingOver json: consuming [UInt8], name: String = "") throws(RegoError) {
    let heap = Heap()
    do throws(JSONError) {
      self.init(sharing: heap, try JSONReader.read(handingOver: consume json, in: heap))
    } catch {
      throw Self.mistake(error, name)
    }
  }

  /// Reads the first document of a YAML text: what JSON cannot hold is refused.
  ///
  /// - Throws: `eval_internal_error` with the parser's text.
  public convenience init(yaml bytes: [UInt8], name: String = "") throws(RegoError) {
    let heap = Heap()
    do throws(YAMLError) {
      self.init(heap: heap, value: try YAMLReader.read(bytes, in: heap))
    } catch {
      throw RegoError(.internal, error.description, file: name, location: .generated)
    }
  }

  static func mistake(_ error: JSONError, _ name: String) -> RegoError {
    RegoError(
      .internal, error.reason, file: name,
      location: Location(row: Int32(clamping: error.line), column: Int32(clamping: error.column), offset: 0, end: 0))
  }

  public convenience init(_ value: RegoValue) {
    let heap = Heap()
    self.init(heap: heap, value: value.value(in: heap))
  }

  /// Reads a term of the language: as JSON, and sets and keys of any kind. Nothing in it may need evaluation.
  public convenience init(term text: String) throws(RegoErrors) {
    self.init(try Policy.constant(text))
  }

  public static let empty = Document(.object([]))

  public var regoValue: RegoValue { RegoValue(value) }

  /// The document as JSON: sets are arrays, keys that are no texts are their JSON.
  public func json() -> [UInt8] { JSONWriter.text(value) }

  /// The document as JSON over several lines, each level indented by so many spaces.
  public func json(indent: Int) -> [UInt8] {
    JSONWriter.text(value, .init(indent: [UInt8](repeating: 0x20, count: max(0, indent))))
  }

  /// The elements of an array or set in OPA's order, duplicates kept; empty for anything else.
  public var sortedElements: [RegoValue] {
    value.elements.sorted { $0.compare($1) < 0 }.map(RegoValue.init)
  }
}

extension Document {
  /// The elements of the array under a key of an object, each as a document; they share this one's memory.
  public func elements(at key: String) -> [Document] {
    guard value.isObject else { return [] }
    let names = Heap()
    let found = withExtendedLifetime(names) { value.objectView[Value.string(key, in: names)] }
    return found.elements.map { Document(sharing: heap, $0, parents: [self]) }
  }

  /// The value under a text key of an object; it shares this one's memory. Nil for a missing key or another kind of document.
  public subscript(key: String) -> Document? {
    guard value.isObject else { return nil }
    let names = Heap()
    let found = withExtendedLifetime(names) { value.objectView[Value.string(key, in: names)] }
    return found.isUndefined ? nil : Document(sharing: heap, found, parents: [self])
  }

  /// Whether the document is an object.
  public var isObject: Bool { value.isObject }

  /// Whether the document is null.
  public var isNull: Bool { value.tag == .null }

  /// An object with this document under one key; it shares this one's memory.
  public func wrapped(as key: String) -> Document {
    let shell = Heap()
    return Document(heap: shell, value: .object([(.string(key, in: shell), value)], in: shell), parents: [self])
  }
}

extension Document {
  /// Two documents that say different things about one path.
  public struct MergeConflict: Error, Sendable {
    /// From the root; keys that are no texts as terms of the language.
    public let path: [String]
    /// Which document, of those given, came too late.
    public let index: Int
  }

  /// Objects as one object, level by level; the result shares their memory. Of what is no object in both there may be only one.
  public static func merging(_ documents: [Document]) throws(MergeConflict) -> Document {
    guard let first = documents.first else { return .empty }
    if documents.count == 1 { return first }
    let heap = Heap()
    var value = first.value
    for (index, document) in documents.enumerated().dropFirst() {
      var path: [String] = []
      guard let merged = merged(value, document.value, in: heap, path: &path) else { throw MergeConflict(path: path, index: index) }
      value = merged
    }
    return Document(heap: heap, value: value, parents: documents)
  }

  /// Nil where both are something and one is no object; `path` then leads there.
  private static func merged(_ a: Value, _ b: Value, in heap: Heap, path: inout [String]) -> Value? {
    guard a.isObject, b.isObject else { return nil }
    let result = ObjectView.make(capacity: a.objectView.count + b.objectView.count, in: heap)
    for (key, value) in Members(a.objectView) { result.set(key, value, in: heap) }
    for (key, value) in Members(b.objectView) {
      let other = a.objectView[key]
      if other.isUndefined {
        result.set(key, value, in: heap)
        continue
      }
      path.append(String(decoding: key.isString ? key.text : ValueText.text(key), as: UTF8.self))
      guard let merged = merged(other, value, in: heap, path: &path) else { return nil }
      path.removeLast()
      result.set(key, merged, in: heap)
    }
    return result.value
  }
}

extension Document: Equatable {
  /// Rego's `==`: numbers by value, whatever their text.
  public static func == (a: Document, b: Document) -> Bool { a.value.equals(b.value) }
}
