internal import Domain

/// Where results lie, in SARIF's terms: files as URIs, relative where they lie below the working folder or a saved tree; what is no file
/// (an argument of a process, an answer of the kernel) by name.
struct SARIFLocations {
  private static let folderID = "%SRCROOT%"
  private let working: String
  private let rootIDs: [String: String]
  private let roots: [String: String]

  /// - Parameters:
  ///   - roots: tops of saved trees by asset id.
  ///   - folder: the working folder, without a trailing slash.
  init(roots: [String: String], folder: String) {
    self.roots = roots
    working = folder
    let paths = Set(roots.values).sorted()
    rootIDs = Dictionary(uniqueKeysWithValues: paths.enumerated().map { ($1, "TREE\($0 + 1)") })
  }

  /// `originalUriBaseIds` of the run.
  var bases: FactValue {
    var members: [FactValue.Member] = [.init(Self.folderID, folder)]
    for (path, id) in rootIDs.sorted(by: { $0.value < $1.value }) {
      members.append(
        .init(id, ["uri": .string(Self.folderURI(path)), "description": ["text": "Top of a saved system tree"]]))
    }
    return .object(members)
  }

  var folder: FactValue { ["uri": .string(Self.folderURI(working))] }

  /// A place, with the asset as its logical location.
  func location(of source: FactSource, asset: Asset?) -> FactValue {
    guard source.kind == .path, !isOfProcess(source.name, asset) else {
      let own: FactValue = ["name": .string(source.name.printable), "kind": source.kind == .command ? "member" : "property"]
      return .object(["logicalLocations": .array([own] + (asset.map { [logical($0)] } ?? []))])
    }
    return .object([
      "physicalLocation": physical(source.name, asset: asset, line: source.line, column: source.column),
      "logicalLocations": asset.map { [logical($0)] },
    ])
  }

  /// The asset itself, for a result without a place.
  func location(of asset: Asset) -> FactValue {
    ["logicalLocations": [logical(asset)]]
  }

  /// The file that an asset was read from, where its id names one.
  func file(of asset: Asset) -> FactValue? {
    let parts = asset.id.split(separator: ":", maxSplits: 1)
    guard parts.count == 2, parts[1].hasPrefix("/") || asset.kind == .text else { return nil }
    return .object([
      "physicalLocation": physical(String(parts[1]), asset: asset, line: nil, column: nil), "logicalLocations": [logical(asset)],
    ])
  }

  /// What procfs shows of a running process is gone with it; in a saved tree it is a file.
  private func isOfProcess(_ name: String, _ asset: Asset?) -> Bool {
    guard name.hasPrefix("/proc/"), asset.flatMap({ roots[$0.id] }) == nil else { return false }
    let segment = name.dropFirst("/proc/".count).prefix { $0 != "/" }
    return !segment.isEmpty && segment.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
  }

  private func physical(_ name: String, asset: Asset?, line: Int?, column: Int?) -> FactValue {
    let region: FactValue? = line.map { line in
      .object(["startLine": .int(Int64(max(1, line))), "startColumn": column.map { .int(Int64(max(1, $0))) }])
    }
    return .object(["artifactLocation": artifact(name, root: asset.flatMap { roots[$0.id] }), "region": region])
  }

  private func artifact(_ name: String, root: String?) -> FactValue {
    if let root, let id = rootIDs[root] {
      return ["uri": .string(Self.relative(name.hasPrefix("/") ? String(name.dropFirst()) : name)), "uriBaseId": .string(id)]
    }
    if !name.hasPrefix("/") { return ["uri": .string(Self.relative(name)), "uriBaseId": .string(Self.folderID)] }
    if working != "/", name.hasPrefix(working + "/") {
      return ["uri": .string(Self.relative(String(name.dropFirst(working.utf8.count + 1)))), "uriBaseId": .string(Self.folderID)]
    }
    return ["uri": .string("file://" + Self.escaped(name))]
  }

  private func logical(_ asset: Asset) -> FactValue {
    ["name": .string(asset.name.printable), "fullyQualifiedName": .string(asset.id.printable), "kind": "resource"]
  }

  private static func folderURI(_ path: String) -> String { "file://" + escaped(path.hasSuffix("/") ? path : path + "/") }

  /// A relative reference: without "./" at its beginning, and never read as a scheme or an authority.
  private static func relative(_ path: String) -> String {
    var path = path[...]
    while path.hasPrefix("./") || path.hasPrefix("/") { path = path.hasPrefix("/") ? path.dropFirst() : path.dropFirst(2) }
    return path.isEmpty ? "." : escaped(String(path))
  }

  /// RFC 3986: unreserved characters, and the slash, stand for themselves; every other byte is %XX. A colon is escaped, so that the first
  /// segment is no scheme.
  static func escaped(_ path: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in path.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E, 0x2F: bytes.append(byte)
      default: bytes += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
