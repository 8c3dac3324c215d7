internal import Domain

extension InventoryCollector {
  /// One machine of `vms`: `entity.json` is its element, with `config`, `extraConfig`, `guest` and the rest.
  func machine(_ entity: InventoryEntity, _ name: String, target: String) -> AssetFacts? { nil }
}
