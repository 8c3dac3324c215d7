internal import Foundation

@testable internal import Platforms

/// A saved system tree in a temporary folder; removed when the value goes.
final class ScratchTree {
  let root: String
  var tree: Tree { Tree(root: root) }

  /// - Parameter files: text by path; a text that starts with "->" makes a symbolic link.
  init(_ files: [String: String]) throws {
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
