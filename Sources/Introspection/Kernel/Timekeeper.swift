extension Kernel {
  /// Where in tk_core the timekeeper lies: a structure without a name up to Linux 6.12, then `tk_data`.
  var timekeeperOffset: UInt64? {
    if let offset = offset("tk_data", "timekeeper") { return offset }
    return timekeeperHolder.flatMap { types.members(of: $0).first { $0.name == "timekeeper" } }.map { UInt64($0.offset) }
  }

  /// The structure without a name that holds a sequence count and the timekeeper.
  var timekeeperHolder: Int? {
    guard types.count > 0, let wanted = types.id(.structure, "timekeeper") else { return nil }
    return (1...types.count).first { id in
      guard types.kind(id) == .structure, types.length(id) == 2, types.name(id).isEmpty else { return false }
      let members = types.members(of: id)
      return members[1].name == "timekeeper" && types.resolved(members[1].type) == wanted
    }
  }
}
