internal import Domain

/// What esxcli printed on a host, by namespace and command as it is typed: {"system account list": [rows]}.
///
/// vSphere's API has no such properties; an export by PowerCLI (`Get-EsxCli -V2`) or `esxcli --formatter=json` adds them.
struct EsxcliFacts {
  private let host: InventoryEntity

  init(_ host: InventoryEntity) { self.host = host }

  /// The row in which a column has a value. Absent: the command was run and printed none.
  func row(_ command: String, where column: String, is name: String, _ value: (PlacedJSON) -> FactValue?) -> Fact {
    let all = host.fact("esxcli", command) { $0.isArray || $0.isObject ? .null : nil }
    guard all.state == .present, let rows = host.at(["esxcli", command]) else { return all }
    let matching = rows.list.filter { $0.column(column)?.text?.lowercased() == name.lowercased() }
    guard let found = matching.last else {
      // Rows without the column tell nothing of who is not among them.
      if let other = rows.list.first(where: { $0.column(column)?.text == nil }) {
        return .unreadable("malformed", host.document.source(other, host.path(["esxcli", command])))
      }
      return .absent(sources: all.source)
    }
    let source = host.document.source(found, host.path(["esxcli", "\(command)[\(name)]"]))
    if matching.contains(where: { $0.value != found.value }) { return .unreadable("duplicate-key", source) }
    guard let read = value(found) else { return .unreadable("malformed", source) }
    return .present(read, source)
  }

  /// The one answer of a command, also where it is written as a list of one.
  func answer(_ command: String, _ value: (PlacedJSON) -> FactValue?) -> Fact {
    host.fact("esxcli", command) { found in found.list.first.flatMap(value) }
  }

  func flag(_ command: String, _ column: String) -> Fact {
    answer(command) { answer in (answer.column(column) ?? answer).switchState.map { .bool($0) } }
  }
}
