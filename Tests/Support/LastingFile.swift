import Foundation
import Synchronization

/// Files and folders that tests make once and use until they end; they are removed when the process ends.
public enum LastingFile {
  private static let paths = Mutex<[String]>([])

  /// Has what is made at a path of this name in the temporary folder removed at the end. Names bear the process, so that two runs do not meet.
  public static func path(_ name: String) -> String {
    let path = FileManager.default.temporaryDirectory.appending(path: "ringwall-\(name)-\(ProcessInfo.processInfo.processIdentifier)").path
    let isFirst = paths.withLock { paths in
      defer { paths.append(path) }
      return paths.isEmpty
    }
    if isFirst { atexit { LastingFile.removeAll() } }
    return path
  }

  private static func removeAll() {
    paths.withLock { paths in
      for path in paths { try? FileManager.default.removeItem(atPath: path) }
      paths = []
    }
  }

  /// A folder with opt/NAME in it: a program for guests that is built from Tests/Support/guest/NAME.c. Nil where no compiler is at hand.
  public static func guestProgram(_ name: String, flags: [String]) -> String? {
    guard HostProgram.path(of: "cc") != nil else { return nil }
    let folder = path(name)
    let source = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "guest/\(name).c").path
    try? FileManager.default.createDirectory(atPath: folder + "/opt", withIntermediateDirectories: true)
    let isBuilt = (try? HostProgram.run("cc", flags + [source, "-o", "\(folder)/opt/\(name)"]).status) == 0
    return isBuilt ? folder : nil
  }
}
