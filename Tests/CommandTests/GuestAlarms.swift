import Foundation

extension Program.Result {
  /// What `guest check --format json` found and what it is in doubt of: ids first and messages behind them, since logs keep the beginning of a long
  /// text.
  var alarms: String {
    guard let report = try? json(), let findings = report["findings"] as? [[String: Any]] else { return "no report" }
    let doubts = ((report["unjudged"] as? [[String: Any]]) ?? []).filter {
      ["unreadable", "policyError", "torn"].contains($0["state"] as? String)
    }
    func text(_ entry: [String: Any], _ member: String) -> String { entry[member] as? String ?? "" }
    let ids = findings.map { text($0, "id") + "." + text($0, "case") } + doubts.map { text($0, "id") + " " + text($0, "state") }
    return (ids + findings.map { text($0, "message") } + doubts.map { text($0, "fact") + ": " + text($0, "why") }).joined(separator: "; ")
  }
}
