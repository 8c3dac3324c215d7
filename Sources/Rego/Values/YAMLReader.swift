internal import CYaml

/// Why bytes are no YAML document.
struct YAMLError: Error, CustomStringConvertible {
  /// In the form of Go's packages ("yaml: line 1: did not find expected node content").
  let description: String
}

/// Reads the first document of a YAML text into values, as OPA does: what JSON cannot hold is refused, timestamps stay texts, keys become
/// texts, plain words like `yes` and `off` are booleans, of equal keys the last one wins, integers beyond 64 bits are the nearest Double.
///
/// Aliases share the value they stand for, so that a short text cannot stand for more memory than it has; the reading does not recurse.
@safe
struct YAMLReader: ~Copyable {
  /// Values an alias may stand for in all, beyond what the text has room for.
  private static let aliasLimit = 1_000_000

  private struct Frame {
    var isMapping: Bool
    var anchor: String?
    var values: [Value] = []
    /// Key before its value in a mapping.
    var key: Value?
    var isMerge = false
    var merged: [Value] = []
    var weight = 1
  }

  private let heap: Heap
  private var parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
  private var frames: [Frame] = []
  private var anchors: [String: (value: Value, weight: Int)] = [:]
  private var aliased = 0

  static func read(_ text: [UInt8], in heap: Heap) throws(YAMLError) -> Value {
    var reader = YAMLReader(heap: heap)
    // SAFETY: libyaml keeps the pointer while it parses, which ends inside the call.
    return try unsafe text.withUnsafeBufferPointer { bytes throws(YAMLError) in
      unsafe yaml_parser_set_encoding(reader.parser, YAML_UTF8_ENCODING)
      unsafe yaml_parser_set_input_string(reader.parser, bytes.baseAddress, bytes.count)
      return try reader.document()
    }
  }

  private init(heap: Heap) {
    self.heap = heap
    unsafe parser.initialize(to: yaml_parser_t())
    _ = unsafe yaml_parser_initialize(parser)
  }

  deinit {
    unsafe yaml_parser_delete(parser)
    unsafe parser.deallocate()
  }

  private mutating func document() throws(YAMLError) -> Value {
    while true {
      var event = unsafe yaml_event_t()
      guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw unsafe Self.failure(parser) }
      defer { unsafe yaml_event_delete(&event) }
      let line = unsafe Int(event.start_mark.line) + 1
      switch unsafe event.type {
      case YAML_STREAM_END_EVENT: return .null
      case YAML_ALIAS_EVENT:
        let name = unsafe Self.text(event.data.alias.anchor) ?? ""
        guard let target = anchors[name] else { throw Self.failure("unknown anchor '\(name)' referenced", line) }
        aliased += target.weight
        guard aliased <= Self.aliasLimit else { throw Self.failure("document contains excessive aliasing", nil) }
        if let value = try add(target.value, weight: target.weight, line: line) { return try ended(value) }
      case YAML_SCALAR_EVENT:
        let scalar = unsafe event.data.scalar
        // SAFETY: the event holds `length` bytes until it is deleted.
        let bytes = unsafe Array(UnsafeBufferPointer(start: scalar.value, count: Int(scalar.length)))
        let isPlain = unsafe scalar.style == YAML_PLAIN_SCALAR_STYLE
        let value = try YAMLScalar.value(bytes, tag: unsafe Self.text(scalar.tag), isPlain: isPlain, line: line, in: heap)
        if let anchor = unsafe Self.text(scalar.anchor) { anchors[anchor] = (value, 1) }
        if isPlain, bytes == [0x3C, 0x3C], let last = frames.indices.last, frames[last].isMapping, frames[last].key == nil {
          frames[last].isMerge = true
          frames[last].key = .null
          continue
        }
        if let value = try add(value, weight: 1, line: line) { return try ended(value) }
      case YAML_SEQUENCE_START_EVENT: unsafe frames.append(Frame(isMapping: false, anchor: Self.text(event.data.sequence_start.anchor)))
      case YAML_MAPPING_START_EVENT: unsafe frames.append(Frame(isMapping: true, anchor: Self.text(event.data.mapping_start.anchor)))
      case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
        let frame = frames.removeLast()
        let value = frame.isMapping ? mapping(frame) : Value.array(frame.values, in: heap)
        if let anchor = frame.anchor { anchors[anchor] = (value, frame.weight) }
        if let value = try add(value, weight: frame.weight, line: line) { return try ended(value) }
      default: break
      }
    }
  }

  /// The document's value, if the document ends behind it.
  private mutating func ended(_ value: Value) throws(YAMLError) -> Value {
    var event = unsafe yaml_event_t()
    guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw unsafe Self.failure(parser) }
    unsafe yaml_event_delete(&event)
    return value
  }

  /// Puts a value into the container around it; the value itself when it is the document.
  private mutating func add(_ value: Value, weight: Int, line: Int) throws(YAMLError) -> Value? {
    guard let last = frames.indices.last else { return value }
    frames[last].weight = min(frames[last].weight + weight, Self.aliasLimit + 1)
    guard frames[last].isMapping else {
      frames[last].values.append(value)
      return nil
    }
    guard let key = frames[last].key else {
      frames[last].key = try YAMLScalar.key(value, line: line, in: heap)
      return nil
    }
    if frames[last].isMerge {
      frames[last].isMerge = false
      let sources = value.isArray ? value.elements : [value]
      guard sources.allSatisfy(\.isObject) else { throw Self.failure("map merge requires map or sequence of maps as the value", nil) }
      frames[last].merged += sources
    } else {
      frames[last].values += [key, value]
    }
    frames[last].key = nil
    return nil
  }

  /// Members of merged mappings give way to the mapping's own, those merged later to earlier ones.
  private func mapping(_ frame: Frame) -> Value {
    let object = ObjectView.make(capacity: frame.values.count / 2, in: heap)
    for source in frame.merged.reversed() { for (key, value) in Members(source.objectView) { object.set(key, value, in: heap) } }
    for index in stride(from: 0, to: frame.values.count, by: 2) { object.set(frame.values[index], frame.values[index + 1], in: heap) }
    return object.value
  }

  private static func text(_ pointer: UnsafePointer<UInt8>?) -> String? { unsafe pointer.map { unsafe String(cString: $0) } }

  static func failure(_ message: String, _ line: Int?) -> YAMLError {
    YAMLError(description: "yaml: " + (line.map { "line \($0): " } ?? "") + message)
  }

  private static func failure(_ parser: UnsafeMutablePointer<yaml_parser_t>) -> YAMLError {
    let problem = unsafe parser.pointee.problem.map { unsafe String(cString: $0) } ?? "unknown problem parsing YAML content"
    if unsafe parser.pointee.error == YAML_MEMORY_ERROR { return failure("out of memory", nil) }
    if unsafe parser.pointee.error == YAML_READER_ERROR { return failure(problem, nil) }
    // The parser's line counts from 0, but stands behind the line's end where a text ends too early.
    let isScanner = unsafe parser.pointee.error == YAML_SCANNER_ERROR
    let mark = unsafe Int(parser.pointee.problem_mark.line), context = unsafe Int(parser.pointee.context_mark.line)
    let line = mark != 0 ? mark + (isScanner ? 1 : 0) : context + 1
    return failure(problem, line)
  }
}
