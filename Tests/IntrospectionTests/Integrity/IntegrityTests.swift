import Domain
import Foundation
import Introspection
import Judgement
import Synchronization
import TestSupport
import Testing

/// One image of each kernel, opened once: it is changed and put right again by one test after the other.
final class IntegrityScene: @unchecked Sendable {
  let editor: GuestEditor
  let detections: Detections
  /// Facts of the untouched image.
  let baseline: FactValue
  let file: KernelFile
  private let lock = NSLock()

  init(_ guest: TestGuest) throws {
    // Its people are there a moment after the guest is ready.
    try guest.run(
      "until ps -o user,args | grep -q '^user  *sleep' && ps -o user,args | grep -q '^root  *sleep'; do usleep 300000; done", seconds: 120)
    // Started once, and known by its descriptors when its program is loaded.
    try guest.run("[ ! -x /opt/hold ] || pidof hold || { /opt/hold </dev/null >/dev/null 2>&1 & sleep 1; }")
    // An open file of debugfs, which up to 6.13 has a table of its own.
    try guest.run(
      """
      mkdir -p /tmp/d; mount -t debugfs debugfs /tmp/d; cd /tmp/d; for f in extfrag/extfrag_index wakeup_sources suspend_stats; do \
      if [ -f $f ]; then tail -f /dev/null <$f >/dev/null 2>&1 & break; fi; done; sleep 1
      """)
    // A probe at a function's start, for which the tracer gets a trampoline, and one further inside, which becomes a jump.
    try guest.run(
      """
      mkdir -p /tmp/t; mount -t tracefs tracefs /tmp/t; cd /tmp/t; echo p:ringwall_start do_sys_openat2 >kprobe_events; \
      for o in $(seq 20 90); do echo p:ringwall_inside vfs_read+$o 2>/dev/null >>kprobe_events && break; done; \
      echo 1 >events/kprobes/enable; sleep 2
      """, seconds: 120)
    editor = try GuestEditor(path: try guest.ramImage(named: "integrity.raw"))
    try guest.rest()
    let source = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardizedFileURL.path
    detections = try Detections.load(from: try DataFolder(named: source))
    file = try KernelFile(path: try guest.kernelFile())
    baseline = try editor.guest.integrity(file: file).document(target: "clean")
  }

  /// Ids and messages' cases of what the facts of some names tell.
  func hits(_ names: Set<IntegrityFacts.Name> = Set(IntegrityFacts.Name.allCases)) throws -> [DetectionHit] {
    try detections.judge(try editor.guest.integrity(names, file: file).document(target: "image"), baseline: baseline).hits
  }

  func locked<Result>(_ body: () throws -> Result) rethrows -> Result { try lock.withLock(body) }

  private static let scenes = Mutex<[String: IntegrityScene]>([:])

  static func shared() throws -> IntegrityScene {
    let guest = try TestGuest.shared()
    return try scenes.withLock { scenes in
      if let known = scenes[guest.folder] { return known }
      let scene = try IntegrityScene(guest)
      scenes[guest.folder] = scene
      return scene
    }
  }

  // MARK: What both kernels must show

  /// What is so for some time only, as while a guest is changing it, is told of no running guest; what stays is.
  func expectPassing(_ change: Change) throws {
    try locked {
      let running = try running()
      func ids() throws -> Set<String> {
        running.memory.refresh()
        return Set(try detections.judge(try running.integrity(change.facts).document(target: "running")).hits.map(\.detection.id))
      }
      let stays = try editor.with({ try change.apply(editor) }, ids)
      #expect(stays == change.detections)
      let passes = try editor.with({ try change.apply(editor) }) {
        let editor = editor
        let thread = Thread {
          Thread.sleep(forTimeInterval: 0.4)
          editor.undo()
        }
        thread.start()
        return try ids()
      }
      #expect(passes.isEmpty, "\(passes)")
    }
  }

  func expectClean() throws {
    try locked {
      let report = try detections.judge(baseline)
      for hit in report.hits { Issue.record("\(hit.detection.id) \(hit.messageCase) \(hit.arguments)") }
      let unjudged = report.unjudged.filter { !$0.fact.hasPrefix("baseline.") && $0.fact != "processors" && $0.state != "partial" }
      for entry in unjudged { Issue.record("\(entry.detection.id) \(entry.fact) \(entry.state) \(entry.why)") }
      #expect(baseline["inconsistencies"]?.elements?.isEmpty == true)
    }
  }

  func expectFound(_ tampering: Tampering) throws {
    try expectFound(Change(tampering.rawValue, tampering.detections, tampering.facts) { try tampering.apply(to: $0) })
  }

  /// A process that began a moment before the image was taken hides as little as any other.
  func expectFoundYoung(_ change: Change) throws {
    func judged() throws -> DetectionReport {
      let facts = try editor.guest.integrity([.processes], file: file)
      let document = facts.document(target: "image")
      let found = try editor.guest.moments(suspects: facts.suspects)
      #expect(try found == editor.guest.moments())
      let moments: FactValue.Member = .init("moments", found?.factValue ?? .null)
      let whole = FactValue.object((document.members ?? []) + [moments])
      return try detections.judge(whole).doubting(whole)
    }
    try locked {
      let found = try editor.with({
        try editor.makeYoung(try editor.victim(), milliseconds: 200)
        try change.apply(editor)
      }) { try judged() }
      #expect(found.hits.contains { $0.detection.id == "GST-060" }, "\(found.hits.map(\.messageCase)) \(found.unjudged.map(\.state))")
      let twin = try editor.with({ try editor.makeYoung(try editor.victim(), milliseconds: 200) }) { try judged() }
      #expect(twin.hits.isEmpty && !twin.unjudged.contains { $0.state == "torn" }, "\(twin.hits.map(\.messageCase))")
    }
  }

  /// What may be lawful is told as a doubt and as no sign: the change's detections are the cases of it.
  func expectDoubted(_ change: Change) throws {
    func judged() throws -> DetectionReport {
      try detections.judge(try editor.guest.integrity(change.facts, file: file).document(target: "image"))
    }
    func doubts(_ report: DetectionReport) -> Set<String> { Set(report.unjudged.compactMap { $0.doubt?.messageCase }) }
    try locked {
      let found = try editor.with({ try change.apply(editor) }, judged)
      #expect(found.hits.isEmpty && doubts(found) == change.detections, "\(found.hits.map(\.messageCase)) \(doubts(found))")
      let twin = try judged()
      #expect(twin.hits.isEmpty && doubts(twin).isEmpty, "\(doubts(twin))")
    }
  }

  func expectFound(_ change: Change) throws {
    try locked {
      let found = try editor.with({ try change.apply(editor) }, { try hits(change.facts) })
      let told = found.map { ($0.detection.id, $0.messageCase, $0.arguments) }
      #expect(Set(found.map(\.detection.id)).subtracting(change.possible) == change.detections, "\(told)")
      let twin = try hits(change.facts)
      #expect(twin.isEmpty, "\(twin.map { ($0.detection.id, $0.messageCase, $0.arguments) })")
    }
  }
}

private func recipe(_ kernel: GuestRecipe.Kernel) -> GuestRecipe {
  GuestRecipe {
    $0.kernel = kernel
    $0.workload = [.fork, .network, .people]
    $0.overlay = KnownGuest.overlay
    $0.disk = KnownGuest.disk
  }
}

@Suite(
  "Integrity of a saved guest, Linux 6.1", .serialized,
  .enabled(if: TestGuest.obstacle(.cloud) == nil, "\(TestGuest.obstacle(.cloud) ?? "")"),
  .guest(recipe(.cloud)))
struct IntegrityTests {
  @Test("an untouched guest shows no sign") func clean() throws { try IntegrityScene.shared().expectClean() }

  @Test("each change is told by its own detection, and its clean twin by none", arguments: Tampering.allCases)
  func found(_ tampering: Tampering) throws { try IntegrityScene.shared().expectFound(tampering) }

  @Test("a process hides, is taken for another, or has forged rights", arguments: Change.hidden + Change.impersonated + Change.forged)
  func tasks(_ change: Change) throws { try IntegrityScene.shared().expectFound(change) }

  @Test(
    "a task has what is a stranger's, or lacks what every task has", arguments: Change.strangers + Change.ungrouped + Change.stripped)
  func strangers(_ change: Change) throws { try IntegrityScene.shared().expectFound(change) }

  @Test("a program that seems to be another is in doubt", .enabled(if: KnownGuest.overlay != nil, "no C compiler"), arguments: Change.masked)
  func masked(_ change: Change) throws { try IntegrityScene.shared().expectDoubted(change) }

  @Test("rights and names that may be lawful are in doubt", arguments: Change.doubted + Change.workers)
  func doubted(_ change: Change) throws { try IntegrityScene.shared().expectDoubted(change) }

  @Test(
    "code among that of BPF programs that none of them has is in doubt", .enabled(if: KnownGuest.overlay != nil, "no C compiler"),
    arguments: Change.packs)
  func packs(_ change: Change) throws { try IntegrityScene.shared().expectDoubted(change) }

  @Test("a process that has just begun hides from nobody", arguments: (Change.hidden + Change.ungrouped).filter { $0.detections.contains("GST-060") })
  func young(_ change: Change) throws { try IntegrityScene.shared().expectFoundYoung(change) }

  @Test("what a running guest is just changing accuses nobody, and what stays does", arguments: Change.passing)
  func passing(_ change: Change) throws { try IntegrityScene.shared().expectPassing(change) }

  @Test("what cannot be judged is no pass", arguments: Change.unjudged)
  func unjudged(_ change: Change) throws { try IntegrityScene.shared().expectUnjudged(change, alsoRunning: true) }

  @Test("shared code that cannot be read is no pass", arguments: Change.unread)
  func unread(_ change: Change) throws { try IntegrityScene.shared().expectUnjudged(change, alsoRunning: false) }

  @Test("shared code that may be a debugger's is in doubt", arguments: Change.traced)
  func traced(_ change: Change) throws { try IntegrityScene.shared().expectDoubted(change) }

  @Test("page tables and mappings that are not what they seem", arguments: Change.memory + Change.mappings + Change.opened)
  func memory(_ change: Change) throws { try IntegrityScene.shared().expectFound(change) }

  @Test(
    "code of the kernel and of modules is changed",
    arguments: Change.code + Change.calls + Change.modules + Change.moduleFunctions + Change.otherModules + Change.related)
  func code(_ change: Change) throws { try IntegrityScene.shared().expectFound(change) }

  @Test(
    "trampolines, callbacks, programs of BPF and settings",
    arguments: Change.trampolines + Change.hooks + Change.programs + Change.operations + Change.settings)
  func hooks(_ change: Change) throws { try IntegrityScene.shared().expectFound(change) }

  @Test("what one table has and another lacks", arguments: Change.views)
  func views(_ change: Change) throws { try IntegrityScene.shared().expectFound(change) }

  @Test(
    "tables of nobody, functions of another owner, other names, switches that contradict others, and settings that are not the file's",
    arguments: Change.places + Change.holders + Change.names + Change.switches + Change.settingTables + Change.pointers)
  func tables(_ change: Change) throws { try IntegrityScene.shared().expectFound(change) }

  @Test("what a driver, the boot or chroot may have done is in doubt", arguments: Change.made + Change.turnedPointers + Change.rooted)
  func made(_ change: Change) throws { try IntegrityScene.shared().expectDoubted(change) }

  @Test("threads and programs that are held", .enabled(if: KnownGuest.overlay != nil, "no C compiler"), arguments: Change.held + Change.threaded)
  func held(_ change: Change) throws { try IntegrityScene.shared().expectFound(change) }

  @Test("planted parts of a kernel lose and are told", arguments: Decoy.allCases)
  func decoys(_ decoy: Decoy) throws { try IntegrityScene.shared().expectRejected(decoy) }

  @Test("parts that were planted behind the true ones lose too", arguments: [.nearBanner, .types, .nearTypes, .note] as [Decoy])
  func behind(_ decoy: Decoy) throws { try IntegrityScene.shared().expectRejected(decoy, isBehind: true) }

  @Test("a banner of another build is told where pages of zeros are holes, too") func sparse() throws {
    let scene = try IntegrityScene.shared()
    let path = try TestGuest.shared().folder + "/sparse.ram"
    try scene.locked { _ = try HostProgram.output("cp", ["--sparse=always", scene.editor.path, path]) }
    defer { try? FileManager.default.removeItem(atPath: path) }
    let editor = try GuestEditor(path: path)
    #expect(try editor.guest.integrity([.kernel]).document(target: "image")["facts"]?["kernel"]?["value"]?["rejected"]?.elements == [])
    try Decoy.nearBanner.plant(in: editor)
    let guest = try Guest(image: try MemoryImage(path: path))
    let hits = try scene.detections.judge(try guest.integrity([.kernel]).document(target: "image")).hits
    #expect(hits.map(\.detection.id) == ["GST-080"])
  }

  @Test("a mount over the folder of a process is told as long as it is there") func covered() throws {
    let test = try TestGuest.shared()
    let scene = try IntegrityScene.shared()
    func ids() throws -> Set<String> {
      let guest = try Guest(try LiveMachine(pid: test.process))
      return Set(try scene.detections.judge(try guest.integrity([.views]).document(target: "running")).hits.map(\.detection.id))
    }
    try test.run("mount --bind /tmp /proc/1")
    do {
      defer { _ = try? test.run("umount /proc/1") }
      #expect(try ids() == ["GST-076"])
    }
    #expect(try ids().isEmpty)
  }

  @Test("the kernel that boot left in memory is what its package holds") func leftover() throws {
    try IntegrityScene.shared().expectLeftover(try TestGuest.shared().kernelImage())
  }

  @Test("any byte of code that was changed is found with nothing given") func everyByte() throws {
    try IntegrityScene.shared().expectEveryByte(24)
  }

  @Test("places that boot patches hold what boot writes there") func bootSites() throws { try IntegrityScene.shared().expectBootSites(8) }

  @Test("a leftover kernel of which pages were used since proves nothing") func damaged() throws {
    try IntegrityScene.shared().expectDamageNoted()
  }

  @Test("structures that have no end or lie of their length are named and end nothing") func hostile() throws {
    let scene = try IntegrityScene.shared()
    try scene.locked {
      let editor = scene.editor
      let victim = try editor.victim()
      let tasks = try editor.offset("task_struct", "tasks")
      let circle = try editor.with(
        { try editor.write(victim.address &+ tasks, victim.address &+ tasks) }, { try editor.guest.integrity([.processes]) })
      #expect(circle.inconsistencies.contains { $0.structure == "init_task.tasks" })
      let page = try editor.pointer(try editor.symbol("ftrace_pages_start"))
      let lie = try editor.with(
        { try editor.write(page &+ editor.offset("ftrace_page", "index"), UInt32.max) }, { try editor.guest.integrity([.text]) })
      #expect(lie.inconsistencies.contains { $0.structure == "ftrace_pages_start" })
      let found = try scene.detections.judge(lie.document(target: "image")).hits
      #expect(found.contains { $0.detection.id == "GST-081" })
      let operations = try editor.symbol("ftrace_ops_list")
      let heap = try editor.heap()
      let endless = try editor.with(
        {
          try editor.write(heap &+ editor.offset("ftrace_ops", "next"), heap)
          try editor.write(operations, heap)
        }, { try editor.guest.integrity([.tracing]) })
      #expect(endless.inconsistencies.contains { $0.structure == "ftrace_ops_list" })
    }
  }

  @Test("a module's table for the unwinder and its symbols may lie of their length, and what cannot be judged is told")
  func moduleTables() throws {
    let scene = try IntegrityScene.shared()
    try scene.locked {
      let editor = scene.editor
      let module = try editor.module("virtio_blk")
      func unjudged() throws -> [String] {
        let report = try scene.detections.judge(try editor.guest.integrity([.moduleCode]).document(target: "image"))
        #expect(report.hits.isEmpty, "\(report.hits.map { ($0.detection.id, $0.messageCase, $0.arguments) })")
        return report.unjudged.filter { $0.state == "partial" && $0.detection.id == "GST-077" }.map(\.why)
      }
      #expect(try unjudged().isEmpty)
      for count in [0, 1 << 20, UInt32.max] {
        let told = try editor.with({ try editor.write(module &+ editor.offset("module", "arch.num_orcs"), count) }, unjudged)
        #expect(told == ["left out is what proves nothing here: virtio_blk: stack"], "\(count)")
      }
      // Every function as long as the module: each byte is read once.
      let symbols = try editor.pointer(module &+ editor.offset("module", "kallsyms"))
      let table = try editor.pointer(symbols &+ editor.offset("mod_kallsyms", "symtab"))
      let start = try editor.moduleText("virtio_blk")
      let facts = try editor.with(
        {
          for index in UInt64(0)..<UInt64(editor.guest.u32(symbols &+ (try editor.offset("mod_kallsyms", "num_symtab"))) ?? 0) {
            let entry = table &+ 24 &* index
            guard (editor.guest.u8(entry &+ 4) ?? 0) & 15 == 2 else { continue }
            try editor.write(entry &+ 8, start &+ index)
            try editor.write(entry &+ 16, UInt64(4096))
          }
        }, { try editor.guest.integrity([.moduleCode]) })
      guard case .present = facts.facts[.moduleCode] else {
        Issue.record("the code was not read")
        return
      }
    }
  }

  @Test("a planted crash note leads nowhere and is told") func decoy() throws {
    let scene = try IntegrityScene.shared()
    try scene.locked {
      let editor = scene.editor
      let note = try editor.pointer(try editor.symbol("vmcoreinfo_data"))
      guard var text = editor.guest.bytes(note, count: 4096) else { throw GuestEditor.Impossible(description: "no note") }
      guard let place = text.indices.first(where: { text[$0...].starts(with: Array("KERNELOFFSET=".utf8)) }) else {
        throw GuestEditor.Impossible(description: "no KERNELOFFSET")
      }
      text[place + 13] = text[place + 13] == 0x31 ? 0x32 : 0x31
      let hits = try editor.with({ try editor.write(try editor.heap(), text) }) {
        let guest = try Guest(image: try MemoryImage(path: editor.path))
        #expect(guest.kernel.image == editor.guest.kernel.image)
        return try scene.detections.judge(try guest.integrity([.kernel]).document(target: "image")).hits
      }
      #expect(hits.map(\.detection.id) == ["GST-080"])
    }
  }
}

@Suite(
  "Integrity of a saved guest, Linux 6.12", .serialized,
  .enabled(if: TestGuest.obstacle(.backportCloud) == nil, "\(TestGuest.obstacle(.backportCloud) ?? "")"),
  .guest(recipe(.backportCloud)))
struct IntegrityOfNewKernelTests {
  @Test("an untouched guest shows no sign") func clean() throws { try IntegrityScene.shared().expectClean() }

  @Test("each change is told by its own detection, and its clean twin by none", arguments: Tampering.allCases)
  func found(_ tampering: Tampering) throws { try IntegrityScene.shared().expectFound(tampering) }

  @Test("a process hides, is taken for another, or has forged rights", arguments: Change.hidden + Change.impersonated + Change.forged)
  func tasks(_ change: Change) throws { try IntegrityScene.shared().expectFound(change) }

  @Test(
    "a task has what is a stranger's, or lacks what every task has", arguments: Change.strangers + Change.ungrouped + Change.stripped)
  func strangers(_ change: Change) throws { try IntegrityScene.shared().expectFound(change) }

  @Test("a program that seems to be another is in doubt", .enabled(if: KnownGuest.overlay != nil, "no C compiler"), arguments: Change.masked)
  func masked(_ change: Change) throws { try IntegrityScene.shared().expectDoubted(change) }

  @Test("rights and names that may be lawful are in doubt", arguments: Change.doubted + Change.workers)
  func doubted(_ change: Change) throws { try IntegrityScene.shared().expectDoubted(change) }

  @Test(
    "code among that of BPF programs that none of them has is in doubt", .enabled(if: KnownGuest.overlay != nil, "no C compiler"),
    arguments: Change.packs)
  func packs(_ change: Change) throws { try IntegrityScene.shared().expectDoubted(change) }

  @Test("a process that has just begun hides from nobody", arguments: (Change.hidden + Change.ungrouped).filter { $0.detections.contains("GST-060") })
  func young(_ change: Change) throws { try IntegrityScene.shared().expectFoundYoung(change) }

  @Test("what a running guest is just changing accuses nobody, and what stays does", arguments: Change.passing)
  func passing(_ change: Change) throws { try IntegrityScene.shared().expectPassing(change) }

  @Test("what cannot be judged is no pass", arguments: Change.unjudged)
  func unjudged(_ change: Change) throws { try IntegrityScene.shared().expectUnjudged(change, alsoRunning: true) }

  @Test("shared code that cannot be read is no pass", arguments: Change.unread)
  func unread(_ change: Change) throws { try IntegrityScene.shared().expectUnjudged(change, alsoRunning: false) }

  @Test("shared code that may be a debugger's is in doubt", arguments: Change.traced)
  func traced(_ change: Change) throws { try IntegrityScene.shared().expectDoubted(change) }

  @Test("page tables and mappings that are not what they seem", arguments: Change.memory + Change.mappings + Change.opened)
  func memory(_ change: Change) throws { try IntegrityScene.shared().expectFound(change) }

  @Test("code of the kernel and of modules is changed", arguments: Change.code + Change.calls + Change.modules + Change.moduleFunctions)
  func code(_ change: Change) throws { try IntegrityScene.shared().expectFound(change) }

  @Test(
    "trampolines, callbacks, programs of BPF and settings",
    arguments: Change.trampolines + Change.hooks + Change.programs + Change.operations + Change.settings)
  func hooks(_ change: Change) throws { try IntegrityScene.shared().expectFound(change) }

  @Test("what one table has and another lacks", arguments: Change.views)
  func views(_ change: Change) throws { try IntegrityScene.shared().expectFound(change) }

  @Test(
    "tables of nobody, functions of another owner, other names, switches that contradict others, and settings that are not the file's",
    arguments: Change.places + Change.holders + Change.names + Change.switches + Change.settingTables + Change.pointers)
  func tables(_ change: Change) throws { try IntegrityScene.shared().expectFound(change) }

  @Test("what a driver, the boot or chroot may have done is in doubt", arguments: Change.made + Change.turnedPointers + Change.rooted)
  func made(_ change: Change) throws { try IntegrityScene.shared().expectDoubted(change) }

  @Test("threads and programs that are held", .enabled(if: KnownGuest.overlay != nil, "no C compiler"), arguments: Change.held + Change.threaded)
  func held(_ change: Change) throws { try IntegrityScene.shared().expectFound(change) }

  @Test("security hooks that are static calls, and probes at functions", arguments: Change.calledHooks + Change.entryProbes + Change.landingPads)
  func hooked(_ change: Change) throws { try IntegrityScene.shared().expectFound(change) }

  @Test("planted parts of a kernel lose and are told", arguments: Decoy.allCases)
  func decoys(_ decoy: Decoy) throws { try IntegrityScene.shared().expectRejected(decoy) }

  @Test("the kernel that boot left in memory is what its package holds") func leftover() throws {
    try IntegrityScene.shared().expectLeftover(try TestGuest.shared().kernelImage())
  }

  @Test("any byte of code that was changed is found with nothing given") func everyByte() throws {
    try IntegrityScene.shared().expectEveryByte(24)
  }

  @Test("places that boot patches hold what boot writes there") func bootSites() throws { try IntegrityScene.shared().expectBootSites(8) }

  @Test("a leftover kernel of which pages were used since proves nothing") func damaged() throws {
    try IntegrityScene.shared().expectDamageNoted()
  }
}
