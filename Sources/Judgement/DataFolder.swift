internal import Crypto

/// The folder that holds `policies`, `baselines` and `data`.
///
/// Looked for at the place the user names, `$RINGWALL_DATA`, `<executable>/../share/ringwall`, and beside the `.build` folder that the
/// executable lies in: never through the working directory. What anybody may write to is refused, be it a file, a folder on its way or a
/// folder above, because whoever writes a policy decides every verdict. A folder with the sticky bit keeps others' entries.
public struct DataFolder: Sendable, Hashable {
  /// Without a trailing slash.
  public let path: String
  /// Digests by relative path from MANIFEST.sha256; nil in a source tree, which has none.
  private let manifest: [String: String]?

  /// - Parameter named: `--data`; nil looks at the other places.
  public init(named: String?) throws(DataError) {
    try self.init(path: Self.locate(named))
  }

  private init(path: String) throws(DataError) {
    self.path = path
    for place in DataFiles.ancestors(of: path) { try Self.refuseOpenToAll(place) }
    try Self.refuseOpenToAll(path)
    let manifestPath = path + "/MANIFEST.sha256"
    if DataFiles.exists(manifestPath) {
      try Self.refuseOpenToAll(manifestPath)
      var digests: [String: String] = [:]
      for line in String(decoding: try DataFiles.bytes(manifestPath), as: UTF8.self).split(separator: "\n") {
        let digest = line.prefix(64)
        let name = line.dropFirst(66)
        guard digest.count == 64, !name.isEmpty else { throw DataError("\(manifestPath): not a list of SHA-256 digests; install again") }
        digests[String(name.hasPrefix("./") ? name.dropFirst(2) : name)] = String(digest)
      }
      manifest = digests
    } else {
      manifest = nil
    }
  }

  /// One file of the folder, checked against the manifest where there is one.
  public func bytes(_ relative: String) throws(DataError) -> [UInt8] {
    let full = path + "/" + relative
    var place = path
    for part in relative.split(separator: "/") {
      place += "/" + part
      try Self.refuseOpenToAll(place)
    }
    let bytes = try DataFiles.bytes(full)
    if let manifest, manifest[relative] != Digest.sha256(bytes) {
      throw DataError(
        "\(full): differs from MANIFEST.sha256; the installation was changed, install again or name another folder with --data")
    }
    return bytes
  }

  /// Relative paths of the files below a folder of this one.
  public func files(below relative: String, suffixes: [String]) throws(DataError) -> [String] {
    let folder = path + "/" + relative
    try Self.refuseOpenToAll(folder)
    return try DataFiles.files(at: folder, suffixes: suffixes).map { String($0.dropFirst(path.utf8.count + 1)) }
  }

  public func exists(_ relative: String) -> Bool { DataFiles.exists(path + "/" + relative) }

  private static func locate(_ named: String?) throws(DataError) -> String {
    if let named { return try checked(named, as: "--data") }
    if let variable = DataFiles.environment("RINGWALL_DATA"), !variable.isEmpty { return try checked(variable, as: "$RINGWALL_DATA") }
    var places: [String] = []
    if let executable = DataFiles.executable() {
      let parts = executable.split(separator: "/")
      places.append("/" + parts.dropLast(2).joined(separator: "/") + "/share/ringwall")
      if let build = parts.firstIndex(where: { $0 == ".build" }) { places.append("/" + parts[0..<build].joined(separator: "/")) }
    }
    #if DEBUG
      // A debug build with its scratch folder elsewhere still belongs to its source tree.
      places.append(#filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 })
    #endif
    for place in places where isDataFolder(place) { return place }
    throw DataError(
      "no policies found: looked at \(places.joined(separator: " and ")); name the folder that holds policies, baselines and data with --data or $RINGWALL_DATA"
    )
  }

  private static func checked(_ folder: String, as origin: String) throws(DataError) -> String {
    var path = folder
    while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
    guard DataFiles.exists(path) else {
      throw DataError("\(origin) \(folder): no such folder; name the folder that holds policies, baselines and data")
    }
    guard isDataFolder(path) else {
      throw DataError("\(origin) \(folder): holds no policies/main.rego; name the folder that holds policies, baselines and data")
    }
    return path
  }

  private static func isDataFolder(_ path: String) -> Bool { DataFiles.exists(path + "/policies/main.rego") }

  private static func refuseOpenToAll(_ path: String) throws(DataError) {
    guard let status = DataFiles.Status(path), status.isOpenToAll else { return }
    throw DataError("\(path): anybody may write to it, so its policies cannot be trusted; chmod o-w \(path)")
  }
}

/// SHA-256 in lower-case hexadecimal digits.
public enum Digest {
  /// - Parameter digits: how many, from the first.
  public static func sha256(_ bytes: [UInt8], digits: Int = 64) -> String {
    var hash = SHA256()
    hash.update(data: bytes)
    var text: [UInt8] = []
    text.reserveCapacity(64)
    for byte in hash.finalize() {
      text.append(digit(byte >> 4))
      text.append(digit(byte & 15))
    }
    return String(decoding: text.prefix(digits), as: UTF8.self)
  }

  private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value }

  /// The digest's 32 bytes, for those who encode them otherwise.
  public static func sha256Bytes(_ bytes: [UInt8]) -> [UInt8] {
    var hash = SHA256()
    hash.update(data: bytes)
    return Array(hash.finalize())
  }

  /// One digest over named contents, independent of the order they are given in.
  public static func manifest(_ entries: [(name: String, bytes: [UInt8])]) -> String {
    let lines = entries.map { "\(sha256($0.bytes))  \($0.name)\n" }.sorted {
      $0.utf8.dropFirst(66).lexicographicallyPrecedes($1.utf8.dropFirst(66))
    }
    return sha256(Array(lines.joined().utf8))
  }
}
