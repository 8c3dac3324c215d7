import Foundation
import Testing

/// The files of this package as text, found from the place of this file.
enum SourceTree {
  static let root: URL = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  struct File: Sendable, CustomTestStringConvertible {
    /// Relative to the package.
    let path: String
    let text: String

    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
    /// "Domain" of "Sources/Domain/Asset.swift".
    var target: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }
    var testDescription: String { path }
  }

  /// Files at or below the named places whose name ends in one of `suffixes`, without what a build or git leaves there.
  static func files(_ places: [String], suffixes: [String]) -> [File] {
    var found: [File] = []
    for place in places {
      let start = root.appending(path: place)
      guard let walk = FileManager.default.enumerator(at: start, includingPropertiesForKeys: nil) else { continue }
      var urls: [URL] = FileManager.default.fileExists(atPath: start.path) && suffixes.contains(where: place.hasSuffix) ? [start] : []
      for case let url as URL in walk {
        if url.lastPathComponent.hasPrefix(".build") || url.lastPathComponent == ".git" {
          walk.skipDescendants()
        } else if suffixes.contains(where: url.lastPathComponent.hasSuffix) {
          urls.append(url)
        }
      }
      for url in urls {
        guard let data = try? Data(contentsOf: url) else { continue }
        let path = String(url.standardizedFileURL.path.dropFirst(root.standardizedFileURL.path.count + 1))
        found.append(File(path: path, text: String(decoding: data, as: UTF8.self)))
      }
    }
    return found.sorted { $0.path < $1.path }
  }

  static let sources = files(["Sources"], suffixes: [".swift"])
  static let tests = files(["Tests"], suffixes: [".swift"])
}
