internal import Foundation

/// Kernels and initramfs images of test guests, in `$RINGWALL_TEST_CACHE`, else `$XDG_CACHE_HOME/ringwall/guests`, else ~/.cache.
enum GuestFiles {
  static let cache: String = {
    let environment = ProcessInfo.processInfo.environment
    if let folder = environment["RINGWALL_TEST_CACHE"] { return folder }
    let base = environment["XDG_CACHE_HOME"] ?? (environment["HOME"] ?? NSTemporaryDirectory()) + "/.cache"
    return base + "/ringwall/guests"
  }()

  private static let scripts = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("guest").path

  /// Folder with boot/vmlinuz-* and lib/modules/*.
  static func tree(_ kernel: GuestRecipe.Kernel) throws -> String {
    try HostProgram.output("sh", [scripts + "/fetch-kernel.sh", kernel.rawValue, cache]).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  static func kernelImage(_ tree: String) throws -> String {
    let names = try FileManager.default.contentsOfDirectory(atPath: tree + "/boot")
    guard let name = names.first(where: { $0.hasPrefix("vmlinuz-") }) else {
      throw TestGuest.Failure(description: "\(tree)/boot holds no kernel")
    }
    return "\(tree)/boot/\(name)"
  }

  /// The ELF file in a kernel's image, kept beside it.
  static func kernelFile(_ tree: String) throws -> String {
    let path = tree + "/boot/vmlinux"
    if !FileManager.default.fileExists(atPath: path) {
      _ = try HostProgram.output("sh", [scripts + "/extract-kernel.sh", try kernelImage(tree), path])
    }
    return path
  }

  /// The initramfs of a kernel, made anew when the scripts or the kernel have changed, and always for an overlay.
  static func initramfs(_ tree: String, overlay: String?, folder: String) throws -> String {
    if let overlay {
      _ = try HostProgram.output("sh", [scripts + "/make-initramfs.sh", folder + "/initramfs.gz", tree, overlay])
      return folder + "/initramfs.gz"
    }
    var sum: UInt64 = 0xcbf2_9ce4_8422_2325
    for text in try [contents(scripts + "/init"), contents(scripts + "/make-initramfs.sh"), Data(tree.utf8)] {
      for byte in text { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }
    let path = "\(cache)/initramfs-\(String(sum, radix: 16)).gz"
    if !FileManager.default.fileExists(atPath: path) { _ = try HostProgram.output("sh", [scripts + "/make-initramfs.sh", path, tree]) }
    return path
  }

  private static func contents(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }
}
