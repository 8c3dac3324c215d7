/// Gives each asset of a run an id that no other has: of two with one id, as files of one guest in two places have, the later is told apart
/// by its target.
struct AssetNaming {
  private var ids: Set<String> = []

  /// - Parameters:
  ///   - id: as the asset was collected.
  ///   - name: the target as the asset names it.
  mutating func id(of id: String, target: Target, named name: String) -> String {
    if ids.insert(id).inserted { return id }
    let place =
      switch target {
      case .file(let path, _): TargetResolver.canonical(path)
      case .machine(_, let root?): TargetResolver.canonical(root)
      default: name
      }
    var count = 1
    while true {
      let other = "\(id) \(place)" + (count > 1 ? " \(count)" : "")
      if ids.insert(other).inserted { return other }
      count += 1
    }
  }
}
