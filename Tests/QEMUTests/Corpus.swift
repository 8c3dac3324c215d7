import Domain
import Foundation
import Platforms

/// libvirt's own test data beside the project: domain XML with the command lines that libvirt makes of it.
enum Corpus {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../shared/corpus/libvirt/qemuxml2argvdata").standardized.path
  static let isThere = FileManager.default.fileExists(atPath: folder)

  static func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: folder + "/" + name))) }

  static func names(_ suffix: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(suffix) }.sorted()
  }

  /// The XML of a command line: the same stem, perhaps without the capabilities' name at its end ("x.x86_64-latest.args").
  static func document(of arguments: String) -> String? {
    var stem = String(arguments.dropLast(5))
    if FileManager.default.fileExists(atPath: folder + "/" + stem + ".xml") { return stem + ".xml" }
    guard let variant = stem.range(of: #"\.[a-z0-9_]+-(latest|[0-9.]+)([.+][a-z0-9.]+)?$"#, options: .regularExpression) else { return nil }
    stem = String(stem[..<variant.lowerBound])
    return FileManager.default.fileExists(atPath: folder + "/" + stem + ".xml") ? stem + ".xml" : nil
  }
}
