import Foundation
import QMP
import TestSupport
import Testing

@testable import Introspection

/// Rows of ps in the guest.
private struct Row: Hashable {
  let pid: Int32
  let parent: Int32
  let name: String
}

private func rows(_ guest: TestGuest) throws -> Set<Row> {
  let text = try guest.run("for s in /proc/[0-9]*/stat; do cat $s 2>/dev/null; done; true")
  return Set(
    text.split(separator: "\n").compactMap { line in
      // pid (comm) state ppid; a name may hold anything but ends at the last parenthesis.
      guard let open = line.firstIndex(of: "("), let close = line.lastIndex(of: ")"), let pid = Int32(line[..<open].dropLast()) else {
        return nil
      }
      let rest = line[close...].dropFirst(2).split(separator: " ")
      guard rest.count > 1, let parent = Int32(rest[1]) else { return nil }
      return Row(pid: pid, parent: parent, name: String(line[open..<close].dropFirst()))
    })
}

private func rows(_ list: ProcessList) -> Set<Row> {
  // The idle task is no process of the guest's own ps.
  Set(list.processes.filter { $0.pid != 0 }.map { Row(pid: $0.pid, parent: $0.parent ?? -1, name: $0.name) })
}

/// What holds of every kernel.
private func check(_ test: TestGuest, levels: Int) throws {
  let machine = try LiveMachine(pid: test.process)
  let guest = try Guest(machine)
  #expect(guest.kernel.release == test.release)
  #expect(guest.kernel.source == "VMCOREINFO" && guest.space.levels == levels)
  #expect(guest.rejected.isEmpty)
  // Symbols as the guest's own kallsyms tells them.
  let names = ["init_task", "_text", "page_offset_base", "modules", "init_pid_ns", "sys_call_table", "idt_table"]
  let told = try test.run("grep -E ' (\(names.joined(separator: "|")))$' /proc/kallsyms")
  for line in told.split(separator: "\n") {
    let words = line.split(separator: " ")
    #expect(guest.kernel.symbols.addresses(String(words[2])).contains(UInt64(words[0], radix: 16) ?? 0), "\(line)")
  }
  #expect(told.split(separator: "\n").count >= names.count)
  // Who is there before and after is there in between, and nobody else but who started meanwhile.
  let before = try rows(test)
  let list = try guest.processes()
  let after = try rows(test)
  let found = rows(list)
  // /proc writes the names of the kernel's own threads at full length, and what a worker is at behind its name.
  let missing = before.intersection(after).filter { told in
    !found.contains { $0.pid == told.pid && $0.parent == told.parent && told.name.hasPrefix($0.name) }
  }
  #expect(missing.isEmpty)
  #expect(list.hidden.isEmpty && list.inconsistencies.isEmpty)
  let known = Set(before.union(after).map(\.pid))
  let strangers = found.filter { !known.contains($0.pid) }
  #expect(strangers.count <= 6, "\(strangers)")
}

@Suite(
  "A real 6.1 kernel, 5-level paging", .enabled(if: TestGuest.obstacle() == nil, "\(TestGuest.obstacle() ?? "")"),
  .guest(GuestRecipe { $0.workload = [.fork, .network, .people] }))
struct RealKernelTests {
  @Test("the running guest's processes are those that it tells itself") func live() throws { try check(try TestGuest.shared(), levels: 5) }

  @Test("nobody is hidden and nothing is inconsistent over 100 samples while the guest starts and ends processes") func samples() throws {
    let guest = try Guest(memory: try LiveMachine(pid: try TestGuest.shared().process).memory)
    var ids: Set<Int32> = []
    for _ in 0..<100 {
      let list = try guest.processes()
      #expect(list.hidden.isEmpty && list.inconsistencies.isEmpty)
      ids.formUnion(list.processes.map(\.pid))
    }
    // Others came and went meanwhile.
    #expect(ids.count > (try guest.processes().processes.count))
  }

  @Test("credentials, namespaces and arguments are those of /proc") func details() throws {
    let test = try TestGuest.shared()
    // The workload may be about to start them.
    try test.run("until test $(ps -o args | grep -c '^sleep 10000[12]') -ge 2; do sleep 1; done")
    let guest = try Guest(memory: try LiveMachine(pid: test.process).memory)
    let list = try guest.processes()
    let sleepers = list.processes.filter {
      $0.arguments?.first == "sleep" && $0.arguments?.count == 2 && $0.arguments?[1].hasPrefix("10000") == true
    }
    #expect(sleepers.count >= 2)
    for process in sleepers {
      let status = try test.run("cat /proc/\(process.pid)/status")
      func field(_ name: String) -> String { status.split(separator: "\n").first { $0.hasPrefix(name + ":") }.map(String.init) ?? "" }
      let credentials = try #require(process.credentials)
      let ids = [credentials.uid, credentials.euid, credentials.suid, credentials.fsuid].map(String.init).joined(separator: "\t")
      #expect(field("Uid") == "Uid:\t\(ids)")
      for (name, bits) in [("CapEff", credentials.effective), ("CapBnd", credentials.bounding)] {
        #expect(field(name).hasSuffix(String(bits, radix: 16)))
      }
      #expect(field("Threads") == "Threads:\t\(process.threads ?? 0)")
      let links = try test.run("for n in cgroup ipc mnt net pid time user uts; do readlink /proc/\(process.pid)/ns/$n; done")
      let told = process.namespaces.map { "\($0.kind.rawValue):[\($0.inode)]" }
      #expect(links.split(separator: "\n").map(String.init) == told)
    }
    #expect(Set(sleepers.compactMap(\.credentials?.uid)).isSuperset(of: [1000, 65534]))
    // Jiffies of field 22 are hundredths of a second.
    let stat = try test.run("cat /proc/1/stat").split(separator: " ")
    let started = try #require(list.processes.first { $0.pid == 1 }?.started)
    #expect(UInt64(stat[21]) == started / 10_000_000)
  }

  @Test("an image, an ELF core by physical and by virtual address, and the memory without VMCOREINFO give the same") func images() throws {
    let test = try TestGuest.shared()
    let monitor = try Monitor(path: test.secondMonitor)
    let cores = ["physical", "virtual"].map { test.folder + "/\($0).elf" }
    var raw = ""
    // The guest stands still over all three.
    try monitor.execute("stop")
    do {
      defer { _ = try? monitor.execute("cont") }
      for (core, isVirtual) in zip(cores, [false, true]) {
        try monitor.execute("dump-guest-memory", ["paging": .bool(isVirtual), "protocol": .text("file:" + core)], within: 60000)
      }
      raw = test.folder + "/still.raw"
      try SparseFile.copy(try #require(try test.ramFiles().first), to: raw)
    }
    let expected = try Guest(image: try MemoryImage(path: raw)).processes()
    #expect(expected.processes.count > 40 && expected.hidden.isEmpty && expected.inconsistencies.isEmpty)
    for core in cores {
      let image = try MemoryImage(path: core)
      #expect(image.format == .elfCore && image.processors.count == 1)
      #expect(try Guest(image: image).processes().processes == expected.processes)
      try? FileManager.default.removeItem(atPath: core)
    }
    try EditedImage.expectFoundByForm(raw)
  }

  @Test("a process unlinked in the image is hidden, and decoys beside the kernel lose with a reason") func tampered() throws {
    let test = try TestGuest.shared()
    let pid = try test.run("sleep 4242 >/dev/null 2>&1 & echo $!").filter(\.isNumber)
    let raw = try test.ramImage(named: "tampered.raw")
    let clean = try Guest(image: try MemoryImage(path: raw))
    let victim = try #require(try clean.processes().processes.first { "\($0.pid)" == pid })
    let edited = try EditedImage(copyOf: raw, named: "edited.raw")
    try edited.unlink(victim.address + (try clean.required("task_struct", "tasks")), in: clean)
    // A VMCOREINFO of another release and place, and one whose BTF is broken at its place, in pages that the guest never used.
    let memory = try MemoryImage(path: raw).memory()
    let sighting = try #require(VMCoreInfo.sightings(in: memory).first)
    let text = String(decoding: try #require(memory.bytes(sighting.address, count: 4000)).prefix { $0 != 0 }, as: UTF8.self)
    let zeros = [UInt8](repeating: 0, count: 4096)
    let unused = stride(from: UInt64(32 << 20), to: 250 << 20, by: 1 << 20).filter { memory.bytes($0, count: 4096) == zeros }
    try #require(unused.count >= 4)
    let decoys = [
      text.replacing("OSRELEASE=6.1", with: "OSRELEASE=5.4"), text.replacing(/phys_base\)=-?[0-9]+/, with: "phys_base)=33554432"),
    ]
    for (page, decoy) in zip(unused, decoys) { try edited.put(physical: page, Array(decoy.utf8)) }
    try edited.put(physical: unused[2], Array("Linux version 5.4.0-decoy (nobody@nowhere) #1\n".utf8))
    try edited.put(physical: unused[3], SyntheticKernel.types.bytes)
    let guest = try edited.guest()
    #expect(guest.kernel.release == test.release && guest.kernel.image == clean.kernel.image)
    #expect(guest.rejected.count == 2)
    #expect(guest.rejected.contains { $0.reason.hasPrefix("its banner says 6.1") && $0.reason.contains("VMCOREINFO 5.4") })
    let list = try guest.processes()
    #expect(list.hidden.map(\.process.pid) == [victim.pid] && list.hidden.map(\.missingIn) == [[.list]])
    #expect(list.inconsistencies.isEmpty)
  }

  @Test("the firmware's map is that of /proc/iomem") func firmware() throws {
    let test = try TestGuest.shared()
    let guest = try Guest(memory: try LiveMachine(pid: test.process).memory)
    let told = try test.run("grep 'System RAM' /proc/iomem").split(separator: "\n").count
    let ram = guest.firmwareMap().filter { $0.type == 1 }
    #expect(ram.count == told && guest.agrees(with: MachineLayout(size: 256 << 20, limit: 2 << 30)) == true)
    #expect(guest.agrees(with: MachineLayout(size: 4 << 30, limit: 2 << 30)) == false)
  }
}

@Suite(
  "A real 6.12 kernel, 4-level paging, two vCPUs",
  .enabled(if: TestGuest.obstacle(.backportCloud) == nil, "\(TestGuest.obstacle(.backportCloud) ?? "")"),
  .guest(
    GuestRecipe {
      $0.kernel = .backportCloud
      $0.memory = 512
      $0.processors = 2
      $0.kernelArguments = ["no5lvl"]
      $0.workload = [.fork]
    }))
struct RealNewerKernelTests {
  @Test("the running guest's processes are those that it tells itself") func live() throws { try check(try TestGuest.shared(), levels: 4) }

  @Test("without VMCOREINFO the tables are found by their form") func form() throws {
    try EditedImage.expectFoundByForm(try TestGuest.shared().ramImage(named: "form.raw"))
  }
}
