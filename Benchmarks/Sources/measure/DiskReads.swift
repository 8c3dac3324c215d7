import Foundation

/// Manifests of a disk on a warm cache: 340 MiB of content in 2,300 files on ext4, as a raw image and as qcow2.
struct DiskReads {
  let program: String

  func measure(into results: inout Results) throws {
    let needed = ["/sbin/mke2fs", "/usr/bin/qemu-img", "/usr/bin/qemu-storage-daemon", program]
    if let missing = needed.first(where: { !FileManager.default.isExecutableFile(atPath: $0) }) {
      results.skip("disk: \(missing) is not there")
      return
    }
    let folder = FileManager.default.temporaryDirectory.appending(path: "ringwall-disk-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try Self.makeTree(folder.appending(path: "tree"))
    let raw = folder.appending(path: "disk.raw").path
    let packed = folder.appending(path: "disk.qcow2").path
    _ = FileManager.default.createFile(atPath: raw, contents: nil)
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: raw))
    try handle.truncate(atOffset: 1 << 30)
    try handle.close()
    for (tool, arguments) in [
      ("/sbin/mke2fs", ["-q", "-t", "ext4", "-d", folder.appending(path: "tree").path, raw]),
      ("/usr/bin/qemu-img", ["convert", "-O", "qcow2", raw, packed]),
    ] {
      let outcome = try Child.run(tool, arguments)
      guard outcome.status == 0 else { throw WrongAnswer(description: "\(tool) ended with \(outcome.status)") }
    }
    let bytes = Double(Self.large * Self.largeSize + Self.small * Self.smallSize)
    for (name, image) in [("disk.manifest.raw", raw), ("disk.manifest.qcow2", packed)] {
      var times: [Double] = []
      // The first run fills the cache and is not counted.
      for run in 0..<6 {
        let outcome = try Child.run(program, ["disk", "manifest", image, "--output", "/dev/null", "--no-progress"])
        guard outcome.status == 0 else { throw WrongAnswer(description: "disk manifest ended with \(outcome.status)") }
        if run > 0 { times.append(outcome.wallSeconds) }
      }
      results.add(name, "MB/s", bytes / 1e6 / times.sorted()[2])
    }
  }

  private static let large = 300
  private static let largeSize = 1 << 20
  private static let small = 2000
  private static let smallSize = 20 << 10

  /// Bytes that no format stores as zeros.
  private static func makeTree(_ root: URL) throws {
    var state: UInt64 = 1
    var block = [UInt64](repeating: 0, count: largeSize / 8)
    for index in block.indices {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      block[index] = state
    }
    let data = block.withUnsafeBufferPointer { Data(buffer: $0) }
    for index in 0..<large + small {
      let folder = root.appending(path: "d\(index % 40)")
      if index < 40 { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }
      try data.prefix(index < large ? largeSize : smallSize).write(to: folder.appending(path: "f\(index)"))
    }
  }
}
