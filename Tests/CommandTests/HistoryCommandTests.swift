import Foundation
import Testing

@Suite("Results over time")
struct HistoryCommandTests {
  private static let loopback = Inputs.domain.replacingOccurrences(of: "0.0.0.0", with: "127.0.0.1")

  @Test("A setting that changes between two runs is told with its cause, and dated once it stays")
  func since() throws {
    let folder = try ScratchFolder()
    let guest = try folder.file("guest.xml", Self.loopback)
    let store = folder.path + "/kept/history.db"
    let kept = ["audit", guest, "--store", "--history", store]
    #expect(try Program.run(kept).error.contains("Stored as run 1 in \(store)"))
    try folder.file("guest.xml", Inputs.domain)
    let second = try Program.run(["audit", guest, "--since", "last", "--store", "--history", store, "--format", "json"])
    let changes = try second.json()
    let opened = try #require(changes["opened"] as? [[String: Any]])
    #expect(changes["schema"] as? String == "ringwall.changes/1")
    #expect(!opened.isEmpty && opened.allSatisfy { $0["cause"] as? String == "value" })
    #expect(second.error.contains("Stored as run 2"))

    let third = try Program.run(["audit", guest, "--since", "last", "--history", store], environment: ["COLUMNS": "400"])
    #expect(third.output.contains("Still open") && third.output.contains("open since") && !third.output.contains("Opened"))
    let between = try Program.run(["audit", "--compare", "1", "2", "--history", store], environment: ["COLUMNS": "400"])
    #expect(between.code == 1 && between.output.contains("pass -> fail") && between.output.contains("cause: the value"))
    #expect(try Program.run(["audit", "--compare", "2", "1", "--history", store]).code == 0)
  }

  @Test("Two reports are compared without a store")
  func reports() throws {
    let folder = try ScratchFolder()
    for (name, text) in [("old", Self.loopback), ("new", Inputs.domain)] {
      let guest = try folder.file("guest.xml", text)
      _ = try Program.run(["audit", guest, "--format", "json", "--output", folder.path + "/\(name).json"])
    }
    let result = try Program.run(
      ["audit", "--compare", folder.path + "/old.json", folder.path + "/new.json"], environment: ["COLUMNS": "400"])
    #expect(result.code == 1 && result.output.contains("Opened") && result.output.contains("cause: the value"))
  }

  @Test("Stored runs are listed and pruned")
  func list() throws {
    let folder = try ScratchFolder()
    let guest = try folder.file("guest.xml", Inputs.domain)
    let store = folder.path + "/history.db"
    for _ in 0..<3 { _ = try Program.run(["audit", guest, "--store", "--history", store]) }
    let list = try Program.run(["history", "--history", store])
    #expect(list.code == 0 && list.output.split(separator: "\n").count == 4 && list.output.contains(guest))
    #expect(try Program.run(["history", "prune", "--keep", "1", "--history", store]).error.contains("2 runs removed"))
    let json = try Program.run(["history", "list", "--format", "json", "--history", store])
    let runs = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]])
    #expect(runs.map { $0["id"] as? Int } == [3])
  }

  @Test("An ordinary user's store lies below XDG_STATE_HOME", .enabled(if: Program.ordinaryUserObstacle == nil, "needs another user"))
  func place() throws {
    let folder = try ScratchFolder()
    let guest = try folder.file("guest.xml", Inputs.domain)
    try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder.path)
    let result = try Program.run(
      ["audit", "--store", guest], environment: ["XDG_STATE_HOME": folder.path + "/state"], asNobody: true)
    #expect(result.error.contains("\(folder.path)/state/ringwall/history.db"), "\(result.error)")
    let file = try FileManager.default.attributesOfItem(atPath: folder.path + "/state/ringwall/history.db")
    #expect(file[.posixPermissions] as? Int == 0o600)
  }

  @Test(
    "What cannot be done is one sentence and 2",
    arguments: [
      (["audit", "--since", "last", "--history", "/nonexistent/h.db"], "there is no store yet"),
      (["audit", "--compare", "1", "--history", "/nonexistent/h.db"], "--compare takes two runs"),
      (["audit", "--compare", "1", "2", "--history", "/nonexistent/h.db"], "there is no store yet"),
      (["audit", "--since", "last", "--format", "sarif"], "--since and --compare write table or json"),
      (["history", "prune"], "name what to remove"), (["history", "prune", "--before", "soon"], "no date"),
      (["audit", "--follow", "--store"], "--follow goes on and on"), (["audit", "--follow", "--format", "html"], "--follow prints table"),
      (["audit", "--follow", "--interval", "0"], "between 1 and 3600"), (["audit", "--events", "test:///default"], "needs --follow"),
      (["schedule", "--print", "--", "--follow"], "never ends"), (["schedule", "--print", "--", "guest.xml"], "full path"),
      (["schedule", "--print", "--", "--nonsense"], "is no audit"), (["schedule", "--name", "../x"], "letters, digits"),
      (["schedule", "--folder", "/nonexistent"], "no terminal"),
    ] as [([String], String)])
  func refused(arguments: [String], text: String) throws {
    let result = try Program.run(arguments, environment: ["COLUMNS": "400"])
    #expect(result.code == 2)
    #expect(result.error.contains(text), "\(result.error)")
  }

  @Test("A store that holds something else is left as it is")
  func foreign() throws {
    let folder = try ScratchFolder()
    let guest = try folder.file("guest.xml", Inputs.domain)
    let result = try Program.run(["audit", guest, "--store", "--history", guest])
    #expect(result.code == 2 && result.error.contains("--history FILE"))
    #expect(try String(contentsOfFile: guest, encoding: .utf8) == Inputs.domain)
  }

  @Test("An audit warns of a baseline that was not reviewed for 90 days")
  func baseline() throws {
    let folder = try ScratchFolder()
    for name in ["policies", "data"] {
      try FileManager.default.createSymbolicLink(
        atPath: folder.path + "/\(name)", withDestinationPath: Program.packageRoot.appendingPathComponent(name).path)
    }
    try folder.file("baselines/old.yaml", "name: old\nversion: \"1\"\nreviewed: \"2020-01-01\"\ncontrols: all\n")
    let guest = try folder.file("guest.xml", Inputs.domain)
    let result = try Program.run(["audit", guest, "--data", folder.path, "--baseline", "old"])
    #expect(result.error.contains("was reviewed on 2020-01-01"), "\(result.error)")
    #expect(!(try Program.run(["audit", guest])).error.contains("was reviewed on"))
  }
}
