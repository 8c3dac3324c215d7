import Foundation
import Testing

/// `ringwall collect hyperv`, and audits of what its script and Windows' tools write.
@Suite("Hyper-V on the command line")
struct CollectHyperVTests {
  private func temporary(_ files: [String: Data], _ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ringwall-hyperv-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (name, data) in files { try data.write(to: folder.appendingPathComponent(name)) }
    try body(folder.path)
  }

  @Test("prints the script that stands in the data folder")
  func script() throws {
    let expected = try String(contentsOf: Program.packageRoot.appendingPathComponent("data/collectors/hyperv.ps1"), encoding: .utf8)
    let result = try Program.run(["collect", "hyperv"])
    #expect(result.code == 0 && result.output == expected && result.error.isEmpty)
    try temporary([:]) { (folder: String) throws in
      #expect(try Program.run(["collect", "hyperv", "--output", folder + "/hyperv.ps1"]).code == 0)
      #expect(try String(contentsOfFile: folder + "/hyperv.ps1", encoding: .utf8) == expected)
      #expect(try Program.run(["collect", "hyperv", "--output", folder + "/none/hyperv.ps1"]).code == 2)
    }
  }

  @Test("its help is Chinese where that is asked for")
  func help() throws {
    let result = try Program.run(["collect", "hyperv", "--help"], environment: ["LC_ALL": "zh_CN.UTF-8", "COLUMNS": "400"])
    #expect(result.code == 0 && result.output.contains("输出 PowerShell 脚本") && !result.output.contains("The script"))
  }

  @Test("a changed setting of one machine is one finding, and restoring it closes it")
  func change() throws {
    func document(_ state: String) -> Data {
      Data(
        """
        {"schema": "ringwall.hyperv/1", "computer": "HV-01", "elevated": true,
         "Get-VM": [{"Id": "6b0a5f3e-8f0f-4c0a-9a51-0d9f6c1f7a21", "Name": "web-01", "Generation": 2}],
         "Get-VMFirmware": [
          {"VMId": "6b0a5f3e-8f0f-4c0a-9a51-0d9f6c1f7a21", "SecureBoot": "\(state)", "SecureBootTemplate": "MicrosoftWindows"}]}
        """.utf8)
    }
    try temporary(["on.json": document("On"), "off.json": document("Off")]) { folder in
      let off = try Program.run(["audit", folder + "/off.json", "--only", "HVS-002", "--format", "json"])
      #expect(off.code == 1)
      let results = try #require(try off.json()["results"] as? [[String: Any]])
      #expect(results.count == 1 && results[0]["verdict"] as? String == "fail")
      #expect(off.output.contains("\"line\": 4") || off.output.contains("\"line\":4"))
      #expect(try Program.run(["audit", folder + "/on.json", "--only", "HVS-002"]).code == 0)
    }
  }

  @Test("what cannot be read ends in one sentence and exit code 2")
  func refusals() throws {
    let cut = Data("{\"schema\": \"ringwall.hyperv/1\", \"Get-VM\": [{\"Id\": \"6b0a".utf8)
    let script = Data("Windows Registry Editor Version 5.00\r\n\r\n[-HKEY_LOCAL_MACHINE\\SOFTWARE\\X]\r\n".utf8)
    try temporary(["cut.json": cut, "script.reg": script]) { folder in
      for (name, english, chinese) in [("cut.json", "write the file again", "请重新写出该文件"), ("script.reg", "deletes a key", "删除注册表项")] {
        let result = try Program.run(["audit", folder + "/" + name])
        #expect(result.code == 2 && (result.output + result.error).contains(english), "\(result.output)\(result.error)")
        let other = try Program.run(["audit", folder + "/" + name], environment: ["LC_ALL": "zh_CN.UTF-8", "COLUMNS": "400"])
        #expect(other.code == 2 && (other.output + other.error).contains(chinese), "\(other.output)\(other.error)")
      }
    }
  }
}
