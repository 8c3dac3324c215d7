import Domain
import Foundation
import TestSupport
import Testing

@testable import Introspection

/// Kernels of other releases of Debian, by other compilers: each guest is booted once, and held to what those of 6.1 and 6.12 are held to
/// at greater length.
private enum OtherKernels {
  static func recipe(_ kernel: GuestRecipe.Kernel, _ arguments: [String] = []) -> GuestRecipe {
    var recipe = KnownGuest.recipe(kernel, arguments)
    recipe.workload.insert(.fork)
    // Each has an idle task, which counts for what it has.
    if kernel == .laterCloud { recipe.processors = 2 }
    return recipe
  }

  /// All that holds of an untouched guest, whatever its kernel.
  static func untouched() throws {
    try found()
    try KnownAnswers.all(try KnownGuest.shared())
    try IntegrityScene.shared().expectClean()
    try whole()
  }

  /// Pointers that lead anywhere else, in memory whose structures are those of this kernel.
  static func scribbled(_ seed: Int) throws {
    let scene = try IntegrityScene.shared()
    try scene.locked { try ScribbledMemory.expectAnEnd(copyOf: scene.editor.path, scene.editor.guest, seed: seed) }
  }

  /// The kernel is found by what it tells of itself, nothing else looks like one, and its tables are found by their form too.
  private static func found() throws {
    let test = try TestGuest.shared()
    let guest = try Guest(try LiveMachine(pid: test.process))
    #expect(guest.kernel.release == test.release && guest.kernel.source == "VMCOREINFO" && guest.rejected.isEmpty)
    #expect(guest.kernel.information != nil)
    try EditedImage.expectFoundByForm(try test.ramImage(named: "form.raw"))
  }

  /// Memory that is not what it was: nothing that a rule needs may be lost.
  private static func whole() throws {
    let scene = try IntegrityScene.shared()
    let facts = try #require(scene.baseline["facts"])
    func rows(_ fact: String, _ list: String) -> [FactValue] { facts[fact]?["value"]?[list]?.elements ?? [] }
    let families = Set(rows("callbacks", "callbacks").compactMap { $0["family"]?.text })
    let expected = [
      "notifier", "netfilter", "packet", "protocol", "binary", "terminal", "setting", "timer", "work", "interrupt", "softirq",
      "paravirtual", "input", "network", "memory", "platform", "performance", "console", "filesystem",
    ]
    #expect(families.isSuperset(of: expected), "\(Set(expected).subtracting(families))")
    #expect(rows("securityHooks", "hooks").count > 100)
    #expect(rows("operations", "tables").count > 300)
    let processes = rows("processes", "processes")
    #expect(!processes.isEmpty && processes.allSatisfy { $0["allocated"] == .bool(true) || $0["pid"]?.integer == 0 })
  }
}

@Suite(
  "Linux 5.10", .serialized, .enabled(if: TestGuest.obstacle(.oldCloud) == nil, "\(TestGuest.obstacle(.oldCloud) ?? "")"),
  .guest(OtherKernels.recipe(.oldCloud)))
struct OldKernelTests {
  @Test("is found, agrees with what it says itself, shows no sign and loses nothing") func untouched() throws {
    try OtherKernels.untouched()
  }

  @Test(
    "changes are told",
    arguments: [
      .unlinkedProcess, .systemCallToHeap, .jumpAtTracedFunction, .jumpLabelElsewhere, .moduleOutOfListAndFolder, .securityHook,
      .forgedUser,
    ] as [Tampering])
  func changed(_ tampering: Tampering) throws { try IntegrityScene.shared().expectFound(tampering) }

  @Test("a task has what is a stranger's, or is in no control group", arguments: Change.strangers.prefix(4) + Change.ungrouped)
  func strangers(_ change: Change) throws { try IntegrityScene.shared().expectFound(change) }

  @Test("the table of system calls is the kernel's own", arguments: Change.tables)
  func tables(_ change: Change) throws { try IntegrityScene.shared().expectFound(change) }

  @Test("a process that has just begun hides from nobody", arguments: Change.hidden.prefix(1))
  func young(_ change: Change) throws { try IntegrityScene.shared().expectFoundYoung(change) }

  @Test("pointers all over memory that lead anywhere else end no reading, and are told", arguments: ScribbledMemory.seeds)
  func scribbled(_ seed: Int) throws { try OtherKernels.scribbled(seed) }
}

@Suite(
  "Linux 6.12 for real time, with the x32 interface and page tables that are isolated", .serialized,
  .enabled(if: TestGuest.obstacle(.backportRealTime) == nil, "\(TestGuest.obstacle(.backportRealTime) ?? "")"),
  .guest(OtherKernels.recipe(.backportRealTime, ["pti=on"])))
struct RealTimeKernelTests {
  @Test("shows no sign") func clean() throws { try IntegrityScene.shared().expectClean() }

  @Test("pages that allow more than their mapping are told where the kernel has page tables of its own", arguments: Change.opened)
  func opened(_ change: Change) throws {
    // The kernel's own table of a process forbids it to run that half (`__pti_set_user_pgtbl`).
    try IntegrityScene.shared().locked {
      let editor = try IntegrityScene.shared().editor
      let top = try editor.topEntry(of: try editor.victim(), leadingTo: 0x7FFF_0000_0000)
      #expect(editor.guest.memory.u64(top).map { $0 >> 63 } == 1)
    }
    try IntegrityScene.shared().expectFound(change)
  }

  @Test("changes of x32 system calls are told", arguments: Change.x32)
  func x32(_ change: Change) throws { try IntegrityScene.shared().expectFound(change) }
}

@Suite(
  "Linux 6.18", .serialized, .enabled(if: TestGuest.obstacle(.laterCloud) == nil, "\(TestGuest.obstacle(.laterCloud) ?? "")"),
  .guest(OtherKernels.recipe(.laterCloud)))
struct LaterKernelTests {
  @Test("is found, agrees with what it says itself, shows no sign and loses nothing") func untouched() throws {
    try OtherKernels.untouched()
  }

  @Test("a task has what is a stranger's, or is in no control group", arguments: Change.strangers + Change.ungrouped)
  func strangers(_ change: Change) throws { try IntegrityScene.shared().expectFound(change) }

  @Test("changes are told", arguments: [.systemCallToHeap, .moduleOutOfListAndFolder] as [Tampering])
  func changed(_ tampering: Tampering) throws { try IntegrityScene.shared().expectFound(tampering) }

  @Test("code beside that of modules in the page that they share is in doubt", arguments: Change.besides)
  func besides(_ change: Change) throws { try IntegrityScene.shared().expectDoubted(change) }

  @Test("pointers all over memory that lead anywhere else end no reading, and are told", arguments: ScribbledMemory.seeds)
  func scribbled(_ seed: Int) throws { try OtherKernels.scribbled(seed) }
}

@Suite(
  "Linux 7.2", .serialized, .enabled(if: TestGuest.obstacle(.newestCloud) == nil, "\(TestGuest.obstacle(.newestCloud) ?? "")"),
  .guest(OtherKernels.recipe(.newestCloud)))
struct NewestKernelTests {
  @Test("is found, agrees with what it says itself, shows no sign and loses nothing") func untouched() throws {
    try OtherKernels.untouched()
  }

  @Test("a task has what is a stranger's, or is in no control group", arguments: Change.strangers.prefix(4) + Change.ungrouped)
  func strangers(_ change: Change) throws { try IntegrityScene.shared().expectFound(change) }

  @Test("a byte written over the image that boot left switches nothing off") func damaged() throws {
    try IntegrityScene.shared().expectDamageNoted()
  }

  @Test(
    "changes are told",
    arguments: [
      .unlinkedProcess, .systemCallToHeap, .jumpAtFunction, .moduleOutOfListAndFolder, .securityHook, .procEntry,
    ] as [Tampering])
  func changed(_ tampering: Tampering) throws { try IntegrityScene.shared().expectFound(tampering) }

  @Test("a process that has just begun hides from nobody", arguments: Change.hidden.prefix(1))
  func young(_ change: Change) throws { try IntegrityScene.shared().expectFoundYoung(change) }

  @Test("pointers all over memory that lead anywhere else end no reading, and are told", arguments: ScribbledMemory.seeds)
  func scribbled(_ seed: Int) throws { try OtherKernels.scribbled(seed) }
}
