#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// The program whose processes touch what a disk's owner wrote (`ringwall-disk-worker`).
///
/// The libraries that read file systems are linked into it alone: ringwall itself neither loads nor trusts them.
public enum WorkerProgram {
  public static let name = "ringwall-disk-worker"

  /// Where it lies: beside the running program as it is built, in `../libexec/ringwall` as it is installed. No path of the environment is searched.
  public static func path() throws(DiskError) -> String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    // SAFETY: readlink(2) writes no more than the array has.
    let count = unsafe buffer.withUnsafeMutableBytes { unsafe readlink("/proc/self/exe", $0.baseAddress.unsafelyUnwrapped, $0.count) }
    guard count > 0, let slash = buffer[0..<count].lastIndex(of: 0x2F) else {
      throw DiskError("cannot find \(name): /proc/self/exe does not say where this program lies")
    }
    let folder = String(decoding: buffer[0..<slash], as: UTF8.self)
    let places = ["\(folder)/\(name)", "\(folder)/../libexec/ringwall/\(name)"]
    for place in places where unsafe access(place, X_OK) == 0 { return place }
    throw DiskError("disks are read by a program of its own, which is neither \(places[0]) nor \(places[1]); make build makes it, make install installs it")
  }
}
