/// The syntax tree of a module as JSON, in the form of OPA's `ast.Module`: what `opa parse --format json` prints and `rego.parse_module`
/// returns.
public enum ModuleJSON {
  public struct Options: Sendable {
    /// Adds file, row, column and text (in base64) of every node.
    public var hasLocations: Bool
    /// Adds the comments, with their places.
    public var hasComments: Bool
    /// Adds the METADATA blocks.
    public var hasAnnotations: Bool
    /// Spaces a level; nil for one line without spaces.
    public var indent: Int?

    public init(hasLocations: Bool = false, hasComments: Bool = true, hasAnnotations: Bool = true, indent: Int? = 2) {
      self.hasLocations = hasLocations
      self.hasComments = hasComments
      self.hasAnnotations = hasAnnotations
      self.indent = indent
    }
  }

  /// - Parameters:
  ///   - module: As the parser gave it.
  ///   - source: The text the module was read from, for the texts of places; without it they are left out.
  /// - Returns: The JSON text without a line end behind it.
  public static func encode(_ module: Module, source: [UInt8] = [], options: Options = Options()) -> [UInt8] {
    let compact = DeepStack.result {
      var encoder = TreeEncoder(file: module.file, source: source, hasLocations: options.hasLocations)
      encoder.module(module, options)
      return encoder.bytes
    }
    return options.indent.map { JSONLayout.indented(compact, by: $0) } ?? compact
  }
}

/// Lays a JSON text without spaces out, as Go's `json.MarshalIndent`.
enum JSONLayout {
  static func indented(_ text: [UInt8], by width: Int) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count * 3)
    var depth = 0
    var isInString = false, isEscaped = false
    func newLine() {
      result.append(0x0A)
      result.append(contentsOf: repeatElement(0x20, count: depth * width))
    }
    for (index, byte) in text.enumerated() {
      if isInString {
        result.append(byte)
        if isEscaped { isEscaped = false } else if byte == 0x5C { isEscaped = true } else if byte == 0x22 { isInString = false }
        continue
      }
      switch byte {
      case 0x22:
        isInString = true
        result.append(byte)
      case 0x7B, 0x5B:
        result.append(byte)
        depth += 1
        // Empty ones stay on their line; braces close two bytes behind the opening ones.
        if index + 1 < text.count, text[index + 1] != byte + 2 { newLine() }
      case 0x7D, 0x5D:
        depth -= 1
        if index > 0, text[index - 1] != byte - 2 { newLine() }
        result.append(byte)
      case 0x2C:
        result.append(byte)
        newLine()
      case 0x3A: result += [0x3A, 0x20]
      default: result.append(byte)
      }
    }
    return result
  }
}
