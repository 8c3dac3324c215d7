/// A file of a bundle, by its place below the bundle's root.
public struct BundleEntry: Sendable, Hashable {
  /// Names of folders and of the file; never empty, no name is "", "." or "..".
  public let path: [String]
  public let bytes: [UInt8]

  public init(_ path: [String], _ bytes: [UInt8]) {
    self.path = path
    self.bytes = bytes
  }

  public var name: String { path.last ?? "" }

  /// From the root, as OPA names entries: "/a/data.json".
  public var text: String { "/" + path.joined(separator: "/") }
}

/// What an archive may hold. The archive is untrusted: every bound is checked before memory is used.
public struct BundleLimits: Sendable {
  /// Largest archive, in bytes as it is stored.
  public var archive = 256 << 20
  public var entries = 20_000
  /// Largest single entry, in bytes.
  public var entry = 256 << 20
  /// All entries together, in bytes.
  public var total = 512 << 20
  /// Unpacked bytes for one stored byte, once more than `unsuspicious` bytes were unpacked.
  public var ratio = 200
  public var unsuspicious = 16 << 20
  /// Longest path in bytes, and most folders in it.
  public var path = 4096
  public var depth = 64

  public init() {}
}
