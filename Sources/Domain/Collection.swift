/// Something that was read and judged, and that whoever wrote it may have meant otherwise: a key that stands twice.
public struct Warning: Sendable, Hashable {
  /// The target or file as the user would name it.
  public let target: String
  /// In English, one line, naming the place.
  public let message: String
  public let line: Int?

  public init(target: String, message: String, line: Int? = nil) {
    self.target = target
    self.message = message
    self.line = line
  }
}

/// What collecting one target gave: assets to judge, and the parts that were refused. Both may be filled.
public struct Collection: Sendable, Hashable {
  public var assets: [AssetFacts]
  public var refusals: [Refusal]
  /// They change no verdict and no exit code.
  public var warnings: [Warning]

  public init(assets: [AssetFacts] = [], refusals: [Refusal] = [], warnings: [Warning] = []) {
    self.assets = assets
    self.refusals = refusals
    self.warnings = warnings
  }

  public static func += (a: inout Collection, b: Collection) {
    a.assets += b.assets
    a.refusals += b.refusals
    a.warnings += b.warnings
  }
}
