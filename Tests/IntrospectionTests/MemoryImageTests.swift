import Foundation
import Testing

@testable import Introspection

@Suite("Images of memory") struct MemoryImageTests {
  private static func integer(_ value: UInt64, _ size: Int) -> [UInt8] {
    (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
  }

  // MARK: LiME

  private static func lime(_ first: UInt64, _ last: UInt64, version: UInt64 = 1, _ content: [UInt8]) -> [UInt8] {
    LiMEImage.magic + integer(version, 4) + integer(first, 8) + integer(last, 8) + [UInt8](repeating: 0, count: 8) + content
  }

  @Test("the ranges of a LiME image") func limeRanges() throws {
    let file = try ScratchFile(Self.lime(0x1000, 0x1FFF, [UInt8](repeating: 7, count: 4096)) + Self.lime(0x10_0000, 0x10_0001, [1, 2]))
    let image = try MemoryImage(path: file.path)
    let memory = try image.memory()
    #expect(image.format == .lime && memory.count == 4098)
    #expect(memory.u8(0x1FFF) == 7 && memory.u16(0x10_0000) == 0x201 && memory.u8(0x10_0002) == nil)
  }

  @Test("hostile LiME headers are refused at their place") func limeRefused() throws {
    let good = Self.lime(0, 9, [UInt8](repeating: 1, count: 10))
    for (bytes, offset, reason) in [
      (good + [1, 2, 3], 42, "cut off"), (good + [UInt8](repeating: 0, count: 32), 42, "no LiME range begins here"),
      (Self.lime(0, 9, version: 2, []), 0, "version 2"), (Self.lime(9, 0, []), 0, "is none"), (Self.lime(0, .max, []), 0, "is none"),
      (Self.lime(0, 1 << 51, []), 0, "is cut off"), (Self.lime(1 << 53, 1 << 53, [1]), 0, "is none"),
    ] as [([UInt8], UInt64, String)] {
      let file = try ScratchFile(bytes)
      let error = #expect(throws: IntrospectionError.self) { try MemoryImage(path: file.path) }
      guard case .malformed(let path, let place, let text) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(path == file.path && place == offset && text.contains(reason), "\(text)")
    }
    let file = try ScratchFile(Self.lime(0, 9, [UInt8](repeating: 1, count: 10)) + good)
    #expect(throws: IntrospectionError.self) { try MemoryImage(path: file.path).memory() }
  }

  // MARK: ELF

  private struct Segment {
    var kind: UInt64 = 1
    var offset: UInt64
    var physical: UInt64
    var size: UInt64
  }

  private static func core(_ segments: [Segment], count: UInt64? = nil, _ change: (inout [UInt8]) -> Void = { _ in }) -> [UInt8] {
    var bytes: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9)
    bytes += integer(4, 2) + integer(62, 2) + integer(1, 4) + integer(0, 8) + integer(64, 8) + integer(0, 8)
    bytes += integer(0, 4) + integer(64, 2) + integer(56, 2) + integer(count ?? UInt64(segments.count), 2) + integer(64, 2) + integer(0, 4)
    for segment in segments {
      bytes += integer(segment.kind, 4) + integer(0, 4) + integer(segment.offset, 8) + integer(0, 8) + integer(segment.physical, 8)
      bytes += integer(segment.size, 8) + integer(segment.size, 8) + integer(0, 8)
    }
    bytes += [UInt8](repeating: 0, count: 1024 - bytes.count)
    change(&bytes)
    return bytes + (0..<8192).map { UInt8(truncatingIfNeeded: $0 / 16) }
  }

  private static func note(_ name: String, _ type: UInt64, _ content: [UInt8]) -> [UInt8] {
    func filled(_ bytes: [UInt8]) -> [UInt8] { bytes + [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4) }
    let name = Array(name.utf8) + [0]
    return integer(UInt64(name.count), 4) + integer(UInt64(content.count), 4) + integer(type, 4) + filled(name) + filled(content)
  }

  @Test("segments by physical address; what is there twice is taken once") func elfSegments() throws {
    let file = try ScratchFile(
      Self.core([
        Segment(offset: 1024, physical: 0x1000, size: 4096), Segment(offset: 3072, physical: 0x1800, size: 4096),
        Segment(offset: 1024, physical: 0x1100, size: 16), Segment(offset: 1024, physical: .max, size: 16),
        Segment(offset: 1024, physical: 0x9000, size: 0),
      ]))
    let image = try MemoryImage(path: file.path)
    let memory = try image.memory()
    #expect(image.format == .elfCore)
    #expect(memory.segments.map(\.range.start) == [0x1000, 0x2000] && memory.count == 0x1800)
    #expect(memory.u8(0x1010) == 1 && memory.u8(0x2010) == UInt8(truncatingIfNeeded: (4096 + 16) / 16))
  }

  @Test("memory with two contents, and bytes that are memory twice, are refused at their segment") func elfOverlaps() throws {
    for (segments, number, reason) in [
      // Over the end of the first one, with other bytes.
      (
        [Segment(offset: 1024, physical: 0x1000, size: 4096), Segment(offset: 5120, physical: 0x1800, size: 4096)], 1,
        "segments 0 and 1 overlap at physical 0x1800"
      ),
      // The same bytes at two places.
      (
        [Segment(offset: 1024, physical: 0x9000, size: 4096), Segment(offset: 5000, physical: 0x1000, size: 64)], 1,
        "segments 0 and 1 hold the same bytes"
      ),
      // A core of a process, whose segments say no physical address.
      ((0..<8).map { Segment(offset: 1024 + $0 * 64, physical: 0, size: 64) }, 5, "overlap at physical 0x0"),
    ] as [([Segment], UInt64, String)] {
      let file = try ScratchFile(Self.core(segments))
      let error = #expect(throws: IntrospectionError.self) { try MemoryImage(path: file.path) }
      guard case .malformed(let path, let place, let text) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(path == file.path && place == 64 + 56 * number && text.contains(reason), "\(place) \(text)")
    }
  }

  @Test("a second copy of the kernel's image within RAM, as kdump and /proc/kcore have it, is left out") func elfKernelCopy() throws {
    let file = try ScratchFile(
      Self.core([
        Segment(offset: 1024, physical: 0x10_0000, size: 2048), Segment(offset: 5120, physical: 0x10_0100, size: 512),
        Segment(offset: 3072, physical: 0x10_0800, size: 1024), Segment(offset: 1024, physical: 0x10_0000, size: 64),
      ]))
    let memory = try MemoryImage(path: file.path).memory()
    #expect(memory.count == 3072 && memory.u8(0x10_0110) == 17 && memory.u8(0x10_0800) == 128)
  }

  @Test("sixty thousand segments over the same bytes are refused at once", arguments: [0, 4096, 1 << 20] as [UInt64])
  func elfMany(step: UInt64) throws {
    let count: UInt64 = 60_000
    let start = (64 + 56 * count + 4095) & ~4095
    let rows = (0..<count).map { Segment(offset: start, physical: $0 * step, size: 1 << 20) }
    var bytes = Self.core([], count: count)
    bytes.removeSubrange(64...)
    for row in rows {
      bytes += Self.integer(row.kind, 8) + Self.integer(row.offset, 8) + Self.integer(0, 8) + Self.integer(row.physical, 8)
      bytes += Self.integer(row.size, 8) + Self.integer(row.size, 8) + Self.integer(0, 8)
    }
    bytes += [UInt8](repeating: 7, count: Int(start) + 1 << 20 - bytes.count)
    let file = try ScratchFile(bytes)
    let begin = ContinuousClock.now
    // The same bytes at the same place are one range.
    if step == 0 {
      #expect(try MemoryImage(path: file.path).memory().count == 1 << 20)
    } else {
      #expect(throws: IntrospectionError.self) { try MemoryImage(path: file.path) }
    }
    let time = ContinuousClock.now - begin
    #expect(time < .seconds(5), "\(time)")
  }

  /// QEMU's note of one processor.
  private static func state(version: UInt64 = 1, size: UInt64 = 440) -> [UInt8] {
    integer(version, 4) + integer(size, 4) + [UInt8](repeating: 0, count: 432)
  }

  /// A core whose notes begin at its end.
  private static func core(notes: [UInt8], segments: Int = 1) -> [UInt8] {
    let rows = [Segment(offset: 1024, physical: 0, size: 4096)]
      + [Segment](repeating: Segment(kind: 4, offset: 9216, physical: 0, size: UInt64(notes.count)), count: segments)
    return core(rows) + notes
  }

  @Test("notes of registers that lie are of no processor that is known, and are told") func lyingRegisters() throws {
    let whole = Self.state()
    let broken = [
      Self.state(version: 2), Self.state(size: 441), Self.state(size: .max), Self.state(size: 0), Array(whole[..<431]), [],
    ]
    let notes = ([whole] + broken + [whole]).flatMap { Self.note("QEMU", 0, $0) } + Self.note("QEMU", 1, whole) + Self.note("QEMUX", 0, whole)
    let file = try ScratchFile(Self.core(notes: notes))
    let image = try MemoryImage(path: file.path)
    #expect(image.processors.map(\.index) == [0, 7] && image.unreadProcessors == [1, 2, 3, 4, 5, 6])
    // None of them has switched paging on.
    let state = try #require(ProcessorState(image))
    #expect(state.processors.isEmpty && state.unread == [1, 2, 3, 4, 5, 6])
    let plain = try ScratchFile(Self.core(notes: Self.note("CORE", 1, [1])))
    #expect(ProcessorState(try MemoryImage(path: plain.path)) == nil)
  }

  @Test("thousands of notes end somewhere") func manyNotes() throws {
    let one = Self.note("QEMU", 0, Self.state())
    let many = try ScratchFile(Self.core(notes: [[UInt8]](repeating: one, count: 5000).flatMap { $0 }))
    #expect(try MemoryImage(path: many.path).processors.count == 4096)
    let information = Self.note("VMCOREINFO", 0, Array("OSRELEASE=6.1.0\n".utf8))
    let texts = try ScratchFile(Self.core(notes: [[UInt8]](repeating: information, count: 1000).flatMap { $0 }))
    #expect(try MemoryImage(path: texts.path).information.count == 64)
    // The same megabytes again and again.
    let file = try ScratchFile(Self.core(notes: [UInt8](repeating: 0, count: 6 << 20), segments: 7))
    let error = #expect(throws: IntrospectionError.self) { try MemoryImage(path: file.path) }
    #expect(error?.description.contains("the notes have 18874368 bytes") == true, "\(String(describing: error))")
  }

  @Test("registers and VMCOREINFO in the notes") func notes() throws {
    var state = Self.state()
    for (offset, value) in [
      (136, 0xFFFF_FFFF_8100_0000), (392, 0x8005_0033), (416, 0x1234_5000), (424, 0x6F0),
    ] as [(Int, UInt64)] {
      state.replaceSubrange(offset..<offset + 8, with: Self.integer(value, 8))
    }
    state.replaceSubrange(152 + 24 * 9 + 16..<152 + 24 * 9 + 24, with: Self.integer(0xFFFF_FE00_0000_0000, 8))
    let notes = Self.note("CORE", 1, [1, 2, 3]) + Self.note("QEMU", 0, state) + Self.note("VMCOREINFO", 0, Array("OSRELEASE=6.1.0\n".utf8))
    let file = try ScratchFile(
      Self.core([Segment(kind: 4, offset: 256, physical: 0, size: UInt64(notes.count)), Segment(offset: 1024, physical: 0, size: 4096)]) {
        $0.replaceSubrange(256..<256 + notes.count, with: notes)
      })
    let image = try MemoryImage(path: file.path)
    #expect(image.information.map(\.release) == ["6.1.0"])
    let registers = try #require(image.processors.first)
    #expect(registers.cr3 == 0x1234_5000 && registers.cr4 == 0x6F0 && registers.rip == 0xFFFF_FFFF_8100_0000)
    #expect(registers.idt.base == 0xFFFF_FE00_0000_0000)
    let processor = try #require(ProcessorState(image)?.processors.first)
    #expect(processor.processor.idt == registers.idt && processor.processor.cr3 == 0x1234_5000 && processor.processor.isWriteProtected)
    #expect(processor.processor.efer == nil && processor.processor.hasNoExecute == nil && processor.entries == nil && processor.why != nil)
  }

  @Test("hostile ELF headers are refused at their place") func elfRefused() throws {
    let load = Segment(offset: 1024, physical: 0, size: 4096)
    func put(_ offset: Int, _ value: UInt64, _ size: Int) -> (inout [UInt8]) -> Void {
      { $0.replaceSubrange(offset..<offset + size, with: Self.integer(value, size)) }
    }
    for (bytes, offset, reason) in [
      (Array(Self.core([load])[..<40]), 0, "cut off"), (Self.core([load], put(4, 1, 1)), 4, "64 bits"),
      (Self.core([load], put(16, 2, 2)), 16, "no core"),
      (Self.core([load], put(18, 183, 2)), 18, "another machine"), (Self.core([load], put(54, 32, 2)), 54, "56 bytes"),
      (Self.core([load], put(32, .max, 8)), 32, "reach beyond"), (Self.core([load], count: 0), 56, "0 program headers"),
      (Self.core([load], count: 0xFFFE), 32, "reach beyond"), (Self.core([load], count: 0xFFFF, put(40, .max - 8, 8)), 40, "is cut off"),
      (Self.core([load], count: 0xFFFF, put(40, 512, 8)), 56, "0 program headers"),
      (Self.core([Segment(offset: 1024, physical: 0, size: 1 << 63)]), 64, "the dump was cut off"),
      (Self.core([Segment(offset: .max, physical: 0, size: 2)]), 64, "the dump was cut off"),
      (Self.core([Segment(offset: 1024, physical: 1 << 52, size: 1)]), 64, "beyond 52 bits"),
      (Self.core([Segment(kind: 4, offset: 1024, physical: 0, size: 4)]), 64, "no segment with memory"),
    ] as [([UInt8], UInt64, String)] {
      let file = try ScratchFile(bytes)
      let error = #expect(throws: IntrospectionError.self) { try MemoryImage(path: file.path) }
      guard case .malformed(_, let place, let text) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(place == offset && text.contains(reason), "\(place) \(text)")
    }
    // PN_XNUM: the count stands in the first section header.
    let file = try ScratchFile(
      Self.core([load], count: 0xFFFF) { bytes in
        put(40, 512, 8)(&bytes)
        put(512 + 44, 1, 4)(&bytes)
      })
    #expect(try MemoryImage(path: file.path).memory().count == 4096)
  }

  @Test("notes that lie about their lengths end the reading") func lyingNotes() {
    #expect(Array(ELFNotes(Self.note("A", 1, [1]) + Self.integer(4, 4) + Self.integer(.max, 4) + [0, 0, 0, 0])).count == 1)
    #expect(Array(ELFNotes(Self.integer(.max, 4) + Self.integer(0, 4) + [0, 0, 0, 0])).isEmpty)
    #expect(Array(ELFNotes([1, 2, 3])).isEmpty)
  }

  @Test("what is no image of memory says so")
  func foreign() throws {
    for (bytes, reason) in [
      (Array("KDUMP   ".utf8), "compressed kdump"), ([0x51, 0x46, 0x49, 0xFB], "a qcow2 disk"), ([0x1F, 0x8B, 8], "gzip"),
      ([1, 2, 3], "too small"),
      ([0x7F, 0x45], "too small"),
    ] as [([UInt8], String)] {
      let file = try ScratchFile(bytes)
      let error = #expect(throws: IntrospectionError.self) { try MemoryImage(path: file.path) }
      #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
    }
    let empty = try ScratchFile([])
    #expect(throws: IntrospectionError.unreadable(path: empty.path, reason: "it is empty")) { try MemoryImage(path: empty.path) }
    #expect(throws: IntrospectionError.unreadable(path: "/dev/null", reason: "it is not a regular file")) {
      try MemoryImage(path: "/dev/null")
    }
    let error = #expect(throws: IntrospectionError.self) { try MemoryImage(path: "/nonexistent/ram") }
    #expect(error?.description == "/nonexistent/ram: cannot be read: No such file or directory")
  }
}

@Suite("VMCOREINFO") struct VMCoreInfoTests {
  @Test("lines of each kind") func lines() throws {
    let info = try #require(
      VMCoreInfo(
        Array(
          """
          OSRELEASE=6.1.0-56-cloud-amd64
          BUILD-ID=3B43fad5034874490492495d552c0af6a5fab235
          SYMBOL(_stext)=ffffffffb9600000
          SYMBOL(_stext)=1
          NUMBER(phys_base)=-887095296
          NUMBER(VMALLOC_START)=0xff5d10eb40000000
          OFFSET(uts_namespace.name)=0
          KERNELOFFSET=38600000
          a line without a sign
          """.utf8)))
    #expect(info.release == "6.1.0-56-cloud-amd64" && info.buildID == "3b43fad5034874490492495d552c0af6a5fab235")
    #expect(info.symbol("_stext") == 0xFFFF_FFFF_B960_0000 && info.symbol("none") == nil)
    #expect(info.number("phys_base") == -887_095_296 && info.number("VMALLOC_START") == Int64(bitPattern: 0xFF5D_10EB_4000_0000))
    #expect(info.offset("uts_namespace.name") == 0 && info.slide == 0x3860_0000 && info["OSRELEASE"] == info.release)
  }

  @Test(
    "what is no VMCOREINFO is none",
    arguments: ["", "OSRELEASE", "OSRELEASE=", "OSRELEASE=a b", "OSRELEASE=\u{1}", "BUILD-ID=00\nPAGESIZE=4096", "\0OSRELEASE=6.1"])
  func refused(_ text: String) { #expect(VMCoreInfo(Array(text.utf8)) == nil) }

  @Test("values that do not fit are none, and a text beyond a page is cut") func hostile() throws {
    let long = String(repeating: "x=1\n", count: 2000) + "SYMBOL(late)=1\n"
    let info = try #require(
      VMCoreInfo(
        Array(
          "OSRELEASE=6\nSYMBOL(a)=fffffffffffffffff\nNUMBER(b)=9223372036854775808\nOFFSET(c)=-1\nKERNELOFFSET=zz\nBUILD-ID=xyz\n\(long)"
            .utf8)))
    #expect(info.symbol("a") == nil && info.number("b") == nil && info.offset("c") == nil && info.slide == nil && info.buildID == nil)
    #expect(info.symbol("late") == nil)
  }
}
