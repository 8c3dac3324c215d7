#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// An image of a disk, as it was named.
public struct DiskImage: Sendable, Hashable {
  /// Bytes at an image's start in which what it names beyond itself is looked for.
  private static let headCount = 64 << 10
  /// Images that rest on each other, at most.
  private static let mostLayers = 32
  /// QEMU's locks of image files, block/file-posix.c: a process that may write holds a lock on this byte.
  private static let writerLock: Int64 = 101
  /// F_OFD_GETLK, which the C library shows only with its own extensions (Linux, include/uapi/asm-generic/fcntl.h).
  private static let getLock: Int32 = 36

  public let path: String
  /// nil to go by the image's marks. A guest can write such marks to its own raw disk, so that naming the format is safer.
  public let format: ImageFormat?
  /// The images below this one, nearest first, as the caller says; what images themselves name is not followed.
  public let backing: [String]
  /// Read it although another process has it open for writing.
  public let isUsedAnyway: Bool

  public init(path: String, format: ImageFormat? = nil, backing: [String] = [], isUsedAnyway: Bool = false) {
    self.path = path
    self.format = format
    self.backing = backing
    self.isUsedAnyway = isUsedAnyway
  }

  /// Opens the files, and starts what is needed to read them.
  ///
  /// - Parameter worker: path of this program, which starts itself for what touches the disk's bytes.
  public func open(worker: String) throws(DiskError) -> OpenDisk {
    guard backing.count < Self.mostLayers else {
      throw DiskError(
        "cannot read the disk \(path): more than \(Self.mostLayers) images rest on each other; make one of them with qemu-img convert")
    }
    var layers: [StorageDaemon.Layer] = []
    var isHandedOver = false
    defer { if !isHandedOver { for layer in layers { _ = close(layer.descriptor) } } }
    for (index, path) in ([path] + backing).enumerated() {
      let isLast = index == backing.count
      layers.append(try Self.layer(path, index == 0 ? format : nil, mayName: !isLast, isUsedAnyway: isUsedAnyway))
    }
    if let above = layers.dropLast().first(where: { $0.format != .qcow2 }) {
      throw DiskError("cannot read the disk \(path): a \(above.format.rawValue) image rests on no other, and --backing is for qcow2")
    }
    if layers.count == 1, layers[0].format == .raw {
      isHandedOver = true
      return OpenDisk(input: layers[0].descriptor, order: .file, path: path, format: .raw)
    }
    var notices: [DiskNotice] = []
    for layer in layers {
      do throws(DiskError) {
        notices += try ImageInspection.notices(of: layer.descriptor, format: layer.format, worker: worker)
      } catch {
        throw DiskError("cannot read the disk \(path): \(error.message)")
      }
    }
    let daemon = try StorageDaemon(layers, isUsedAnyway: isUsedAnyway, worker: worker)
    return OpenDisk(
      input: daemon.socket, order: .nbd(export: StorageDaemon.export), path: path, format: layers[0].format, notices: notices, daemon: daemon)
  }

  private static func layer(_ path: String, _ named: ImageFormat?, mayName: Bool, isUsedAnyway: Bool) throws(DiskError)
    -> StorageDaemon.Layer
  {
    func failure(_ what: String) -> DiskError { DiskError("cannot read the disk \(path): \(what)") }
    // O_NONBLOCK: a pipe in the place of an image must not stop us.
    let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let code = errno
      throw failure(code == ENOENT ? "no such file" : SystemText.reason(code))
    }
    var isTaken = false
    defer { if !isTaken { _ = close(descriptor) } }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw failure(SystemText.reason(errno)) }
    let kind = status.st_mode & S_IFMT
    guard kind == S_IFREG || kind == S_IFBLK else { throw failure("neither a file nor a block device") }
    guard isUsedAnyway || !isWritten(descriptor) else {
      throw failure("a running guest has it open for writing; name the guest (pid:N or its monitor's socket) and --drive, or add --in-use")
    }
    let head = Self.bytes(of: descriptor, at: 0, count: headCount)
    let length = lseek(descriptor, 0, SEEK_END)
    guard length > 0 else { throw failure("it is empty") }
    let tail = Self.bytes(of: descriptor, at: max(0, Int64(length) - 512), count: 512)
    let format = named ?? ImageFormat(head: head, tail: tail)
    if format.isEncrypted(head) {
      throw failure("the image is encrypted, and is not read here; scan the running guest's memory, or its disk from inside")
    }
    let text = format.descriptorPlace(in: head).map { Self.bytes(of: descriptor, at: $0.offset, count: $0.count) } ?? []
    if let reference = format.reference(in: head, descriptor: text, hasBacking: mayName) {
      // Data in other files is no image below this one.
      throw failure(
        ImageFormat.outside.contains(reference)
          ? "the image rests on \(reference), which is not followed: make one image with qemu-img convert"
          : "the image rests on \(reference), which is not followed: name what lies below with --backing, or make one image with qemu-img convert"
      )
    }
    isTaken = true
    return StorageDaemon.Layer(path: path, descriptor: descriptor, format: format)
  }

  private static func bytes(of descriptor: Int32, at offset: Int64, count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    // SAFETY: pread(2) writes no more than the array has.
    let found = unsafe bytes.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, count, off_t(offset)) }
    return Array(bytes.prefix(max(0, found)))
  }

  /// Whether a QEMU has the file open for writing.
  private static func isWritten(_ descriptor: Int32) -> Bool {
    var lock = flock()
    lock.l_type = Int16(F_WRLCK)
    lock.l_whence = Int16(SEEK_SET)
    lock.l_start = off_t(writerLock)
    lock.l_len = 1
    // SAFETY: F_OFD_GETLK fills one flock.
    let result = unsafe withUnsafeMutablePointer(to: &lock) { unsafe fcntl(descriptor, getLock, UnsafeMutableRawPointer($0)) }
    return result == 0 && lock.l_type != Int16(F_UNLCK)
  }
}
