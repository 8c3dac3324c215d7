/// The folder that a runtime starts a container from (OCI runtime specification, bundle.md).
public enum OCIBundle {
  /// Whether a folder holds a config.json that begins like one of a bundle.
  public static func isOne(_ folder: String) -> Bool {
    let path = folder + "/config.json"
    guard let attributes = try? Tree().attributes(path), attributes.isRegular, attributes.size <= 16 << 20 else { return false }
    guard let bytes = try? Tree().bytes(path, limit: 16 << 20) else { return false }
    return ByteSearch.firstIndex(of: Array("\"ociVersion\"".utf8), in: bytes[...]) != nil
  }
}
