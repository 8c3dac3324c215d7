internal import Domain

/// Mode and owner of a file: from the file itself on the live system, from `/.ringwall/stat` in a saved tree, whose copies have
/// other owners and modes. The listing's lines are those of `stat -c '%a %u %g %n'`.
struct FileAccess {
  private let tree: Tree
  private static let listing = "/.ringwall/stat"

  init(_ tree: Tree) { self.tree = tree }

  /// {path, mode: "0600", uid, gid}; absent where there is no such file.
  func fact(_ path: String) -> Fact {
    if tree.isLive {
      do throws(Tree.Failure) {
        let attributes = try tree.attributes(path)
        return .present(Self.value(path, attributes.mode, attributes.uid, attributes.gid), .path(path))
      } catch {
        return tree.fact(path, failed: error)
      }
    }
    if let recorded = recorded(path) { return recorded }
    do throws(Tree.Failure) {
      _ = try tree.attributes(path, followingLinks: false)
      return .notCollected("not-given", .path(Self.listing))
    } catch {
      return tree.fact(path, failed: error)
    }
  }

  private func recorded(_ path: String) -> Fact? {
    guard let bytes = try? tree.bytes(Self.listing) else { return nil }
    for (i, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      let fields = String(decoding: line, as: UTF8.self).split(separator: " ", maxSplits: 3)
      guard fields.count == 4, fields[3] == path else { continue }
      let source = FactSource.path(Self.listing, line: i + 1, column: 1)
      guard let mode = UInt32(fields[0], radix: 8), let uid = UInt32(fields[1]), let gid = UInt32(fields[2]) else {
        return .unreadable("malformed", source)
      }
      return .present(Self.value(path, mode, uid, gid), source)
    }
    return nil
  }

  private static func value(_ path: String, _ mode: UInt32, _ uid: UInt32, _ gid: UInt32) -> FactValue {
    let digits = String(mode, radix: 8)
    let padded = String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
    return .object(["path": .string(path), "mode": .string(padded), "uid": .int(Int64(uid)), "gid": .int(Int64(gid))])
  }
}
