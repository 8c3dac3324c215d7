/// Pages of a running guest's memory as they were at one moment: those that a reading needs.
///
/// `memory` copies each page when it is read for the first time, so that a first reading lists what is needed. `take` copies all of those again and is
/// called while the guest stands still, which takes a fraction of a microsecond for each of them. A reading that needs no other page after that has seen a
/// single moment, however long it lasts itself.
///
/// ```swift
/// let snapshot = try MemorySnapshot(of: guest.memory)
/// repeat {
///   _ = read(guest.reading(snapshot))
///   try window.paused { snapshot.take() }
///   answer = read(guest.reading(snapshot))
/// } while !snapshot.isWhole
/// ```
public final class MemorySnapshot {
  /// Most pages that one holds; 64 MiB.
  public static let limit = MappedFile.copyLimit

  /// Reads the copies. Pages that are read for the first time are copied from the guest as it is by then.
  public let memory: PhysicalMemory
  /// The files that hold the copies, each once.
  private let files: [MappedFile]
  /// Pages that the last `take` copied.
  public private(set) var taken = 0

  /// - Throws: `unreadable` where there are not as many addresses as the guest has memory.
  public init(of memory: PhysicalMemory) throws(IntrospectionError) {
    var copies: [ObjectIdentifier: MappedFile] = [:]
    var segments: [PhysicalMemory.Segment] = []
    for segment in memory.segments {
      let copy: MappedFile
      if let known = copies[ObjectIdentifier(segment.file)] {
        copy = known
      } else {
        copy = try MappedFile(copying: segment.file)
        copies[ObjectIdentifier(segment.file)] = copy
      }
      segments.append(PhysicalMemory.Segment(range: segment.range, file: copy, fileOffset: segment.fileOffset))
    }
    files = Array(copies.values)
    self.memory = try PhysicalMemory(segments: segments, path: memory.path)
  }

  /// Pages that were read through `memory`.
  public var pages: Int { files.reduce(0) { $0 + $1.copyCount } }

  /// Whether so many pages were needed that others read as holes.
  public var isFull: Bool { files.contains { $0.copyCount >= MappedFile.copyLimit } }

  /// Whether all that was read through `memory` so far was there when it was taken.
  public var isWhole: Bool { taken > 0 && taken == pages && !isFull }

  /// Copies all pages again that were read through `memory`.
  public func take() {
    for file in files { file.copyAgain() }
    taken = pages
  }
}
