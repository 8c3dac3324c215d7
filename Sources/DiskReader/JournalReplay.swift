internal import CTSK

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Puts what the journal of an ext3 or ext4 holds to its places, beside the disk: nothing is written to it.
///
/// The program that knows how is e2fsck. It is given a sparse file that holds what it reads to do so (superblock, group descriptors, the journal's inode and
/// the journal) at the places where the file system has them; what it writes there are the blocks that the journal is about. Reading then takes these
/// from the file and all others from the disk. Blocks may be smaller than the pages in which the file knows what it holds, so that this is done
/// twice: the second time the pages that were written the first time hold the disk's own bytes before.
final class JournalReplay {
  /// A journal has 1 GiB at most by mke2fs's own choice.
  private static let largestJournal: Int64 = 1 << 30

  private let files: (first: Int32, second: Int32)
  private let run: (Int) -> Bool

  /// - Parameters:
  ///   - files: two empty files that can be written.
  ///   - run: lets e2fsck work on the first (1) or second (2) file; false where it failed.
  init(files: (first: Int32, second: Int32), run: @escaping (Int) -> Bool) {
    self.files = files
    self.run = run
  }

  /// The disk as it is with the journal's blocks at their places; nil where that cannot be had.
  func overlay(of system: FileSystem, on source: any BlockSource) -> OverlaySource? {
    for file in [files.first, files.second] {
      guard ftruncate(file, 0) == 0, ftruncate(file, off_t(system.volume.size)) == 0 else { return nil }
    }
    guard let pieces = pieces(of: system, source), copy(pieces, system.volume, source, to: files.first), run(1) else { return nil }
    guard copy(OverlaySource.extents(of: files.first), system.volume, source, to: files.second), run(2) else { return nil }
    return OverlaySource(source, file: files.second, offset: system.volume.offset)
  }

  /// What e2fsck reads to replay: bytes from the volume's start.
  private func pieces(of system: FileSystem, _ source: any BlockSource) -> [Range<Int64>]? {
    guard let block = source.bytes(at: system.volume.offset + 1024, count: 1024), block.count == 1024 else { return nil }
    func word(_ offset: Int, _ count: Int = 4, in bytes: [UInt8]) -> Int64 {
      bytes[offset..<offset + count].reversed().reduce(Int64(0)) { $0 << 8 | Int64($1) }
    }
    // s_log_block_size, s_first_data_block, s_blocks_count, s_blocks_per_group, s_feature_incompat, s_desc_size, s_inode_size, s_journal_inum.
    let shift = word(24, in: block)
    guard shift <= 6 else { return nil }
    let size = Int64(1024) << shift
    let features = UInt32(word(96, in: block))
    let inode = word(224, in: block)
    // With meta_bg descriptors lie all over the disk; a journal elsewhere is not on this one.
    guard features & 0x10 == 0, inode == 8 else { return nil }
    let is64Bit = features & 0x80 != 0
    let blocks = word(4, in: block) | (is64Bit ? word(336, in: block) << 32 : 0)
    let groupBlocks = word(32, in: block)
    guard groupBlocks > 0, blocks > 0, blocks <= system.volume.size / size else { return nil }
    let groups = (blocks + groupBlocks - 1) / groupBlocks
    let descriptorSize = is64Bit ? max(32, word(254, 2, in: block)) : 32
    let descriptors = (word(20, in: block) + 1) * size
    guard groups <= 1 << 22, descriptorSize <= 1024,
      let first = source.bytes(at: system.volume.offset + descriptors, count: Int(descriptorSize)), first.count == Int(descriptorSize)
    else { return nil }
    let table = word(8, in: first) | (descriptorSize >= 64 ? word(40, in: first) << 32 : 0)
    guard table > 0, table < blocks else { return nil }
    var pieces = [0..<descriptors, descriptors..<descriptors + groups * descriptorSize, table * size..<table * size + 65_536]
    guard let journal = runs(of: UInt64(inode), in: system, blockSize: size) else { return nil }
    pieces += journal
    return pieces.map { max(0, $0.lowerBound)..<min($0.upperBound, system.volume.size) }.filter { !$0.isEmpty }
  }

  /// Where the content of a file lies, and the blocks that say so.
  private func runs(of inode: UInt64, in system: FileSystem, blockSize: Int64) -> [Range<Int64>]? {
    guard let opened = unsafe tsk_fs_file_open_meta(system.pointer, nil, TSK_INUM_T(inode)) else { return nil }
    let file = unsafe OpenFile(opened)
    var runs: [Range<Int64>] = []
    var count: Int64 = 0
    let attributes = unsafe min(tsk_fs_file_attr_getsize(file.pointer), 16)
    for index in 0..<max(0, attributes) {
      guard let attribute = unsafe tsk_fs_file_attr_get_idx(file.pointer, index) else { continue }
      guard unsafe attribute.pointee.flags.rawValue & TSK_FS_ATTR_NONRES.rawValue != 0 else { continue }
      var next = unsafe attribute.pointee.nrd.run
      while let run = unsafe next {
        unsafe next = run.pointee.next
        let flags = unsafe run.pointee.flags.rawValue
        guard flags & (TSK_FS_ATTR_RUN_FLAG_SPARSE.rawValue | TSK_FS_ATTR_RUN_FLAG_FILLER.rawValue) == 0 else { continue }
        let start = unsafe Int64(clamping: run.pointee.addr)
        let length = unsafe Int64(clamping: run.pointee.len)
        count += min(length, Self.largestJournal)
        guard start < system.volume.size / blockSize, length <= system.volume.size / blockSize,
          count * blockSize <= Self.largestJournal * 2,
          runs.count < 1 << 16
        else { return nil }
        runs.append(start * blockSize..<(start + length) * blockSize)
      }
    }
    return runs.isEmpty ? nil : runs
  }

  private func copy(_ pieces: [Range<Int64>], _ volume: Volume, _ source: any BlockSource, to file: Int32) -> Bool {
    for piece in pieces {
      var at = piece.lowerBound
      while at < piece.upperBound {
        let count = Int(min(piece.upperBound - at, 1 << 20))
        guard let bytes = source.bytes(at: volume.offset + at, count: count), !bytes.isEmpty else { return false }
        // SAFETY: pwrite(2) reads the array's bytes alone.
        let written = unsafe bytes.withUnsafeBytes { unsafe pwrite(file, $0.baseAddress, $0.count, off_t(at)) }
        guard written == bytes.count else { return false }
        at += Int64(bytes.count)
      }
    }
    return true
  }
}
