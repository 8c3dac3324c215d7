import Foundation
import Testing

@testable import Introspection

@Suite("Finding the kernel") struct KernelSearchTests {
  @Test("every layout of kallsyms, with 4 and 5 levels, by VMCOREINFO", arguments: SyntheticKernel.Layout.allCases, [4, 5])
  func information(_ layout: SyntheticKernel.Layout, _ levels: Int) throws {
    let synthetic = SyntheticKernel(layout, levels: levels)
    let guest = try synthetic.guest()
    #expect(guest.kernel.release == SyntheticKernel.release)
    #expect(guest.kernel.source == "VMCOREINFO" && guest.space.levels == levels)
    #expect(guest.kernel.buildID == SyntheticKernel.buildID.hexadecimal)
    #expect(guest.kernel.slide == 0x400_0000 && guest.kernel.directMap == synthetic.directMap)
    for (name, address) in synthetic.symbols { #expect(guest.symbol(name) == address) }
    #expect(guest.rejected.isEmpty)
    #expect(guest.space.translate(synthetic.base + 0x2000) == SyntheticKernel.physical + 0x2000)
    #expect(guest.space.mapping(synthetic.directMap)?.isExecutable == false)
  }

  @Test("without VMCOREINFO the tables are found by their form", arguments: SyntheticKernel.Layout.allCases, [4, 5])
  func form(_ layout: SyntheticKernel.Layout, _ levels: Int) throws {
    let synthetic = SyntheticKernel(layout, levels: levels, hasInformation: false)
    let guest = try synthetic.guest()
    #expect(guest.kernel.source == "kallsyms token table" && guest.space.levels == levels)
    #expect(guest.kernel.information == nil && guest.kernel.slide == 0x400_0000)
    for (name, address) in synthetic.symbols.suffix(40) { #expect(guest.symbol(name) == address) }
    #expect(guest.symbol("per_cpu_thing") == (layout == .upTo63 || layout == .from64 ? 0x1000 : nil))
  }

  @Test("a vCPU that runs on its page tables accepts a kernel, one on others refuses it")
  func processors() throws {
    let synthetic = SyntheticKernel()
    let root = SyntheticKernel.physical + 0x1000
    #expect(try synthetic.guest(processors: [root | 0x18]).kernel.release == SyntheticKernel.release)
    // The second of the two top tables that KPTI has lies right behind the first.
    synthetic.put(physical: root, synthetic.word(0))
    #expect(try synthetic.guest(processors: [0x1C0_0000, root]).kernel.release == SyntheticKernel.release)
    let error = #expect(throws: IntrospectionError.self) { try synthetic.guest(processors: [0x1C0_0000]) }
    #expect(error.map { "\($0)" }?.contains("no vCPU's page tables map it") == true)
  }

  @Test("a running guest's processor that left a process meanwhile is asked again, and not without end")
  func processorsAnew() throws {
    let synthetic = SyntheticKernel()
    let file = try synthetic.file()
    let saved = try MemoryImage(path: file.path).memory()
    func read(isRunning: Bool, gone: Int) throws -> (release: String, readings: Int) {
      let memory = try PhysicalMemory(segments: saved.segments, path: saved.path, isRunning: isRunning)
      var readings = 0
      let roots: () -> [UInt64] = {
        readings += 1
        return readings <= gone ? [0x1C0_0000] : [SyntheticKernel.physical + 0x1000]
      }
      do throws(IntrospectionError) {
        return (try KernelSearch(memory: memory, roots: roots, given: [], cache: nil).run().kernel.release, readings)
      } catch { return ("", readings) }
    }
    #expect(try read(isRunning: true, gone: 5) == (SyntheticKernel.release, 6))
    #expect(try read(isRunning: false, gone: .max) == ("", 2))
    let never = try read(isRunning: true, gone: .max)
    #expect(never.release.isEmpty && never.readings <= 64)
  }

  // MARK: Decoys

  struct Decoy: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let reason: String
    let change: @Sendable (String) -> String
  }

  /// Each stands in a page before the true one, so that it is met first.
  static let decoys: [Decoy] = [
    Decoy(testDescription: "another release", reason: "its banner says 6.9.0-synthetic and VMCOREINFO 6.1.0-decoy") {
      $0.replacing("OSRELEASE=\(SyntheticKernel.release)", with: "OSRELEASE=6.1.0-decoy")
    },
    Decoy(testDescription: "another physical base", reason: "its page tables lie outside of memory") {
      $0.replacing(/phys_base\)=-?[0-9]+/, with: "phys_base)=1073741824")
    },
    Decoy(testDescription: "a physical base within memory", reason: "do not map the image") {
      $0.replacing(/phys_base\)=(-?[0-9]+)/) { "phys_base)=\(Int($0.1)! + 0x80_0000)" }
    },
    Decoy(testDescription: "an unaligned physical base", reason: "its physical base is not on 2 MiB") {
      $0.replacing(/phys_base\)=(-?[0-9]+)/) { "phys_base)=\(Int($0.1)! + 4096)" }
    },
    Decoy(testDescription: "another depth of page tables", reason: "its page tables have 4 levels and VMCOREINFO says otherwise") {
      $0.replacing("pgtable_l5_enabled)=0", with: "pgtable_l5_enabled)=1")
    },
    Decoy(testDescription: "a symbol elsewhere", reason: "VMCOREINFO and kallsyms differ on init_uts_ns") {
      $0.replacing(/init_uts_ns\)=[0-9a-f]+/, with: "init_uts_ns)=ffffffff85003000")
    },
    Decoy(testDescription: "names elsewhere", reason: "is no symbol table") {
      $0.replacing(/kallsyms_names\)=[0-9a-f]+/, with: "kallsyms_names)=ffffffff85000000")
    },
    Decoy(testDescription: "another build id", reason: "and VMCOREINFO says") { $0.replacing("BUILD-ID=a0", with: "BUILD-ID=b0") },
    Decoy(testDescription: "KERNELOFFSET beyond the image", reason: "KERNELOFFSET and _stext contradict each other") {
      $0.replacing(/KERNELOFFSET=[0-9a-f]+/, with: "KERNELOFFSET=ffffffffffe00000")
    },
    Decoy(testDescription: "a kernel of another architecture", reason: "it lacks phys_base and KERNELOFFSET") {
      $0.replacing(/KERNELOFFSET=[0-9a-f]+/, with: "KIMAGE_VOFFSET=0")
    },
  ]

  @Test("a planted VMCOREINFO loses with its reason", arguments: decoys)
  func planted(_ decoy: Decoy) throws {
    let synthetic = SyntheticKernel()
    synthetic.put(physical: 0x10_0000, Array(decoy.change(synthetic.information).utf8))
    let guest = try synthetic.guest()
    #expect(guest.kernel.release == SyntheticKernel.release && guest.kernel.source == "VMCOREINFO")
    let rejected = try #require(guest.rejected.first)
    #expect(guest.rejected.count == 1 && rejected.address == 0x10_0000)
    #expect(rejected.reason.contains(decoy.reason), "\(rejected.reason)")
    // The decoy alone leads to no kernel by itself; the tables' form does.
    synthetic.put(physical: SyntheticKernel.informationPhysical, [UInt8](repeating: 0, count: 4096))
    #expect(try synthetic.guest().kernel.source == "kallsyms token table")
  }

  @Test("a planted token table, banner and BTF elsewhere in memory change nothing")
  func natural() throws {
    let synthetic = SyntheticKernel(hasInformation: false)
    let symbols = SyntheticSymbols([("_stext", 1)])
    synthetic.put(physical: 0x10_0100, symbols.tokenTable)
    synthetic.put(physical: 0x10_0100 + UInt64((symbols.tokenTable.count + 7) & ~7), symbols.tokenIndex)
    synthetic.put(physical: 0x12_0000, Array("Linux version 5.0.0-decoy (a@b)".utf8))
    synthetic.put(physical: 0x14_0000, SyntheticTypes().bytes)
    #expect(try synthetic.guest().kernel.release == SyntheticKernel.release)
  }

  @Test("programs in the page cache hold digits in a row as token tables do, and may hold whole tables")
  func digits() throws {
    let synthetic = SyntheticKernel(hasInformation: false)
    let digits: [UInt8] = (0x30...0x39).flatMap { [$0, 0] }
    synthetic.put(physical: 0x10_0000, Array(repeatElement(digits + [0x41], count: 4000).joined()))
    let symbols = SyntheticSymbols([("_stext", 1)])
    for number in 0..<40 as Range<UInt64> {
      let place = 0x13_0000 + number << 13
      synthetic.put(physical: place, symbols.tokenTable)
      synthetic.put(physical: place + UInt64((symbols.tokenTable.count + 7) & ~7), symbols.tokenIndex)
    }
    #expect(try synthetic.guest().kernel.source == "kallsyms token table")
  }

  struct Damage: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let reason: String
    let change: @Sendable (SyntheticKernel) -> Void
  }

  static let damages: [Damage] = [
    Damage(testDescription: "banner", reason: "no banner stands at linux_banner") { $0.put(image: 0x3000, Array("Lynux".utf8)) },
    Damage(testDescription: "host name", reason: "its banner says") { $0.put(image: 0x3800 + 130, Array("5".utf8)) },
    Damage(testDescription: "BTF magic", reason: "its BTF is broken at byte 0") { $0.put(image: 0x20_0000, [0]) },
    Damage(testDescription: "BTF of another kernel", reason: "no plausible task_struct") {
      var types = SyntheticTypes()
      types.structure("task_struct", size: 64, [])
      $0.put(image: 0x20_0000, types.bytes)
    },
    Damage(testDescription: "name of the first task", reason: "is no idle task") {
      $0.put(image: 0x2000 + SyntheticKernel.comm, Array("bash".utf8))
    },
    Damage(testDescription: "list of tasks", reason: "the list of tasks does not begin at init_task") {
      $0.put(image: 0x2000 + SyntheticKernel.tasks, $0.word($0.directMap + 0x123_0000))
    },
    Damage(testDescription: "direct map", reason: "do not map physical memory at page_offset_base") {
      $0.put(image: 0x4000, $0.word($0.directMap + 0x4000_0000))
    },
    Damage(testDescription: "symbol count", reason: "is no symbol table") {
      $0.put(image: $0.places["count"]!, [0xFF, 0xFF, 0xFF, 0xFF])
    },
  ]

  @Test("what contradicts the rest is told, and nothing is taken", arguments: damages)
  func damaged(_ damage: Damage) throws {
    let synthetic = SyntheticKernel()
    damage.change(synthetic)
    do {
      // A damaged count hides the table from VMCOREINFO, not from the search for its form.
      let guest = try synthetic.guest()
      #expect(guest.rejected.contains { $0.reason.contains(damage.reason) }, "\(guest.rejected)")
      #expect(guest.kernel.source == "kallsyms token table")
    } catch IntrospectionError.noKernel(_, let rejected) {
      #expect(rejected.contains { $0.reason.contains(damage.reason) }, "\(rejected)")
    }
  }

  @Test("memory without a kernel says so")
  func empty() throws {
    let file = try ScratchFile([UInt8](repeating: 0, count: 2 << 20))
    let error = #expect(throws: IntrospectionError.self) { try Guest(image: try MemoryImage(path: file.path)) }
    #expect(error.map { "\($0)" }?.hasSuffix("no VMCOREINFO and no kallsyms table in the populated memory") == true)
  }

  // MARK: Remembered kernels

  @Test("a kernel that was found is found by its build id when nothing else tells of it", arguments: SyntheticKernel.Layout.allCases)
  func remembered(_ layout: SyntheticKernel.Layout) throws {
    let folder = FileManager.default.temporaryDirectory.path + "/ringwall-kernels-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let cache = try #require(KernelCache(folder: folder))
    func open(_ synthetic: SyntheticKernel) throws -> Guest {
      let file = try synthetic.file()
      return try Guest(image: try MemoryImage(path: file.path), cache: cache)
    }
    #expect(try open(SyntheticKernel(layout)).kernel.source == "VMCOREINFO")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    #expect(names == [SyntheticKernel.buildID.hexadecimal + ".kernel"])
    // Another boot: the image lies elsewhere, and has no VMCOREINFO.
    let later = SyntheticKernel(layout, slide: 0x1000_0000, hasInformation: false)
    let guest = try open(later)
    #expect(guest.kernel.source == "cache" && guest.kernel.slide == 0x1000_0000 && guest.rejected.isEmpty)
    for (name, address) in later.symbols.suffix(40) { #expect(guest.symbol(name) == address) }
    // What the file says is held against the guest: places that lead elsewhere are refused with a reason, and the search goes on.
    let path = folder + "/" + names[0]
    let text = try String(contentsOfFile: path, encoding: .utf8)
    try text.replacing(/names [0-9a-f]+/, with: "names 1234").write(toFile: path, atomically: false, encoding: .utf8)
    let other = try open(later)
    #expect(other.kernel.source == "kallsyms token table" && other.rejected.map(\.source) == ["cache"])
    try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: path)
    #expect(cache.entries().isEmpty)
    for broken in [
      "", "ringwall.kernel/1", text.replacing("count", with: "many"), text.replacing(/text [0-9a-f]+/, with: "text ffffffffff"),
    ] {
      #expect(KernelCache.Entry(bytes: Array(broken.utf8)) == nil)
    }
    #expect(KernelCache.Entry(bytes: Array(text.utf8))?.bytes == Array(text.utf8))
  }
}
