/// What collecting one target gave: assets to judge, and the parts that were refused. Both may be filled.
public struct Collection: Sendable, Hashable {
  public var assets: [AssetFacts]
  public var refusals: [Refusal]

  public init(assets: [AssetFacts] = [], refusals: [Refusal] = []) {
    self.assets = assets
    self.refusals = refusals
  }

  public static func += (a: inout Collection, b: Collection) {
    a.assets += b.assets
    a.refusals += b.refusals
  }
}
