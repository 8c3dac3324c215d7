import Testing

@testable import Introspection

@Suite("Processes") struct ProcessViewTests {
  static let names = ["init", "kthreadd", "sshd", "bash", "sleep"]

  @Test("three structures that agree give each process once") func agree() throws {
    let synthetic = SyntheticKernel()
    let tasks = synthetic.makeProcesses(Self.names)
    let list = try synthetic.guest().processes()
    #expect(list.processes.map(\.name) == ["swapper/0"] + Self.names)
    #expect(list.processes.map(\.pid) == [0, 1, 2, 3, 4, 5])
    #expect(list.processes.map(\.parent) == [0, 0, 1, 1, 1, 1])
    #expect(list.processes.dropFirst().map(\.address) == tasks)
    #expect(list.hidden.isEmpty && list.inconsistencies.isEmpty)
  }

  @Test("a process unlinked from the list of tasks is hidden there") func unlinked() throws {
    let synthetic = SyntheticKernel()
    let tasks = synthetic.makeProcesses(Self.names)
    let entry = tasks[3] + SyntheticKernel.tasks
    let (next, previous) = (synthetic.get(entry), synthetic.get(entry + 8))
    synthetic.put(previous, next)
    synthetic.put(next + 8, previous)
    let list = try synthetic.guest().processes()
    #expect(list.hidden.map(\.process.name) == ["bash"] && list.hidden.map(\.missingIn) == [[.list]])
    #expect(list.processes.contains { $0.name == "bash" })
    #expect(list.inconsistencies.isEmpty)
  }

  @Test("a process taken out of the list and the table is still its parent's child") func childOnly() throws {
    let synthetic = SyntheticKernel()
    let tasks = synthetic.makeProcesses(Self.names)
    let entry = tasks[2] + SyntheticKernel.tasks
    let (next, previous) = (synthetic.get(entry), synthetic.get(entry + 8))
    synthetic.put(previous, next)
    synthetic.put(next + 8, previous)
    let node = synthetic.get(synthetic.address("init_pid_ns") + 16) & ~3
    synthetic.put(node + 24 + 3 * 8, UInt64(0))
    let list = try synthetic.guest().processes()
    #expect(list.hidden.map(\.process.name) == ["sshd"] && list.hidden.map(\.missingIn) == [[.list, .table]])
  }

  @Test("a list in a circle is told, and the table still gives all") func cycle() throws {
    let synthetic = SyntheticKernel()
    let tasks = synthetic.makeProcesses(Self.names)
    synthetic.put(tasks[3] + SyntheticKernel.tasks, tasks[1] + SyntheticKernel.tasks)
    let list = try synthetic.guest().processes()
    #expect(list.inconsistencies.map(\.structure) == ["init_task.tasks"])
    #expect(list.processes.count == 6 && list.hidden.map(\.process.name) == ["sleep"])
  }

  @Test("a table that lies and a child of two parents are told") func lies() throws {
    let synthetic = SyntheticKernel()
    let tasks = synthetic.makeProcesses(Self.names)
    let node = synthetic.get(synthetic.address("init_pid_ns") + 16) & ~3
    synthetic.put(node, [70])
    synthetic.link(tasks[1] + SyntheticKernel.children, [tasks[2] + SyntheticKernel.sibling])
    let list = try synthetic.guest().processes()
    #expect(Set(list.inconsistencies.map(\.structure)) == ["init_pid_ns.idr", "task_struct.children"])
    #expect(list.processes.count >= 6)
  }

  @Test(
    "names stand as they are where a terminal shows them, and escaped where it would obey",
    arguments: [
      ("kworker/0:3", "kworker/0:3"), ("[kthreadd]", "[kthreadd]"), ("a b", "a b"), ("\u{1B}[2J\u{07}", #"\x1b[2J\x07"#),
      ("\u{202E}txt.exe", #"\xe2\x80\xaetxt.exe"#), ("a\\b", #"a\\b"#), ("\u{200B}sshd", #"\xe2\x80\x8bsshd"#), ("名字", "名字"),
      ("a\nb\tc", #"a\x0ab\x09c"#),
    ])
  func names(_ name: String, _ shown: String) throws {
    let synthetic = SyntheticKernel()
    _ = synthetic.makeProcesses([name])
    let list = try synthetic.guest().processes()
    #expect(list.processes.last?.name == shown)
  }

  @Test("two names of bytes that are no UTF-8 stay different") func bytes() throws {
    let synthetic = SyntheticKernel()
    let tasks = synthetic.makeProcesses(["a", "b"])
    synthetic.put(tasks[0] + SyntheticKernel.comm, [0xFF, 0x41, 0])
    synthetic.put(tasks[1] + SyntheticKernel.comm, [0xFE, 0x41, 0])
    #expect(try synthetic.guest().processes().processes.dropFirst().map(\.name) == [#"\xffA"#, #"\xfeA"#])
  }

  @Test("letters of states") func states() {
    func letter(_ state: UInt32) -> Character {
      Process(
        address: 0, pid: 1, parent: nil, name: "", state: state, isKernelThread: false, mm: nil, threads: nil, started: nil,
        credentials: nil,
        namespaces: [], arguments: nil
      ).stateLetter
    }
    #expect([0, 1, 2, 4, 8, 0x10, 0x20, 0x40, 0x402, 0x102].map(letter) == ["R", "S", "D", "T", "t", "X", "Z", "P", "I", "D"])
  }
}
