internal import Foundation
public import Platforms

/// A saved system tree in a temporary folder; removed when the value goes.
public final class ScratchTree {
  public let root: String
  public var tree: Tree { Tree(root: root) }

  /// - Parameter files: text by path; a text that starts with "->" makes a symbolic link.
  public init(_ files: [String: String]) throws {
    root = FileManager.default.temporaryDirectory.path + "/ringwall-tree-" + UUID().uuidString
    for (path, text) in files {
      let full = root + path
      try FileManager.default.createDirectory(atPath: (full as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      if text.hasPrefix("->") {
        try FileManager.default.createSymbolicLink(atPath: full, withDestinationPath: String(text.dropFirst(2)))
      } else {
        try text.write(toFile: full, atomically: false, encoding: .utf8)
      }
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }
}
