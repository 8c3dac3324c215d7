import TestSupport
import Testing

@testable import Rego

@Suite("Live queries")
struct LiveQueryTests {
  /// Rules of every kind over the documents of `RandomDocuments`, and the queries asked of them.
  static let policies: [(rules: String, queries: [String])] = [
    (
      """
      deny contains {"id": "R1", "vm": vm.id} if { some vm in input.vms; vm.platform == "kvm"; not data.exceptions.R1[vm.id] }
      deny contains {"id": "R2", "vm": vm.id} if { some vm in input.vms; some n in vm.nics; n.model != "virtio"; not data.exceptions["R2"][vm.id] }
      deny contains {"id": "R3", "vm": vm.id} if { some vm in input.vms; not data.hosts[vm.host].iommu }
      deny contains {"id": "R4", "vm": vm.id} if { some vm in input.vms; vm.cpus > data.baseline.max }
      """, ["data.p.deny", "x = data.p.deny", "count(data.p.deny)", "data.p", "some f in data.p.deny; f.id == \"R3\""]
    ),
    (
      """
      bad contains i if { some i, vm in input.vms; vm.cpus > input.limit }
      worse contains [i, input.vms[i].id] if { input.vms[i].cpus > 3; input.vms[i].platform != "esxi" }
      n := count(bad)
      total := sum([vm.cpus | some vm in input.vms; is_number(vm.cpus)])
      """, ["data.p.bad", "data.p.worse", "data.p.n", "data.p.total", "data.p"]
    ),
    (
      """
      same contains [a.id, b.id] if { some i, a in input.vms; some j, b in input.vms; i < j; a.host == b.host }
      homeless contains vm.id if { some vm in input.vms; not data.hosts[vm.host] }
      pair contains [h, vm.id] if { some h, host in data.hosts; some vm in input.vms; vm.host == h; host.version > 1 }
      """, ["data.p.same", "data.p.homeless", "data.p.pair"]
    ),
    (
      """
      default ok := false
      ok if { some vm in input.vms; vm.cpus > 4 }
      every_tls if { every vm in input.vms { vm.tls } }
      any_kvm if { some vm in input.vms; vm.platform == "kvm" }
      first := vm.id if { some vm in input.vms; vm.cpus == 5 }
      verdict := "bad" if { ok } else := "fine" if { every_tls } else := "open"
      """, ["data.p.ok", "data.p.every_tls", "data.p.any_kvm", "data.p.first", "data.p.verdict", "data.p", "not data.p.ok"]
    ),
    (
      """
      by_id[vm.id] := vm.cpus if { some vm in input.vms }
      by_name[name] := vm.platform if { some name, vm in input.named; vm.cpus > 1 }
      groups[vm.host] contains vm.id if { some vm in input.vms }
      groups[vm.host] contains name if { some name, vm in input.named }
      hosts := {h: n | some h in {"h0", "h1"}; n := count(groups[h])}
      """, ["data.p.by_id", "data.p.by_name", "data.p.groups", "data.p.hosts", "data.p.groups.h1", "data.p.by_name.name1"]
    ),
    (
      """
      slow(vm) if { some n in vm.nics; n.model == "e1000" }
      slow(vm) if { vm.cpus < 1 }
      level(vm) := "high" if { vm.cpus > 3 } else := "low"
      allowed(net) if { net in data.baseline.nets }
      f contains vm.id if { some vm in input.vms; slow(vm) }
      g contains [vm.id, level(vm)] if { some vm in input.vms; some n in vm.nics; not allowed(n.net) }
      known(id) if { some vm in input.vms; vm.id == id }
      h contains name if { some name, vm in input.named; known(vm.id) }
      self contains vm.id if { some vm in input.vms; known(vm.id) }
      """, ["data.p.f", "data.p.g", "data.p.h", "data.p.self", "data.p.f & data.p.g"]
    ),
    (
      """
      small := {"vms": [{"id": "x", "cpus": 9}], "limit": 1}
      bad contains vm.id if { some vm in input.vms; vm.cpus > input.limit }
      other := x if { x := bad with input as small }
      limited := x if { x := bad with input.limit as 2 }
      hosted contains vm.id if { some vm in input.vms; data.hosts[vm.host].version > 1 with data.hosts.h1.version as 3 }
      twice contains vm.id if { some vm in input.vms; bad[vm.id] with input.limit as 3 }
      mocked contains vm.id if { some vm in input.vms; startswith(vm.id, "q") with startswith as endswith }
      f(x) := x.cpus
      g(x) := input.limit
      replaced contains vm.id if { some vm in input.vms; f(vm) == 2 with f as g }
      """,
      [
        "data.p.other", "data.p.limited", "data.p.hosted", "data.p.twice", "data.p.mocked", "data.p.replaced",
        "data.p.bad with input.limit as 0",
      ]
    ),
    (
      """
      ids := [vm.id | some vm in input.vms; vm.cpus > 1]
      names := {name: vm.cpus | some name, vm in input.named; vm.platform != "kvm"}
      set := {vm.host | some vm in input.vms}
      deep contains n.net if { some vm in input.vms; some n in vm.nics; n.net in {m | some m in input.nets} }
      walked contains path if { walk(input.vms, [path, value]); value == "kvm" }
      unused contains net if { some net in input.nets; every vm in input.vms { every n in vm.nics { n.net != net } } }
      list := concat(",", sort(set))
      """,
      [
        "data.p.ids", "data.p.names", "data.p.set", "data.p.deep", "data.p.walked", "data.p.unused", "data.p.list",
        "[x | some x in data.p.ids]",
      ]
    ),
    (
      """
      limits.cpus := input.limit
      limits.max := data.baseline.max
      over contains vm.id if { some vm in input.vms; vm.cpus > limits.cpus }
      over contains "fixed" if { limits.max > 2 }
      at contains k if { some k; data.hosts[k] }
      """,
      [
        "data.p.over", "data.p[k]", "data.p.limits", "data.hosts[k].iommu", "data.hosts", "input.vms[0].id", "input.limit",
        "x = input.vms[_].host",
      ]
    ),
    (
      """
      risk := n if { n := count(first) + count(second) }
      first contains vm.id if { some vm in input.vms; vm.platform == "esxi" }
      second contains id if { some id in first; some vm in input.vms; vm.id == id; vm.cpus > 2 }
      third contains id if { some id in second; not id in fourth }
      fourth contains vm.id if { some _, vm in input.named; vm.id in first }
      strange contains object.get(vm, "extra", "none") if { some vm in input.vms }
      texts contains sprintf("%v", [vm.extra]) if { some vm in input.vms }
      """, ["data.p.risk", "data.p.second", "data.p.third", "data.p.strange", "data.p.texts"]
    ),
  ]

  static let cases = policies.flatMap { policy in policy.queries.map { (policy.rules, $0) } }

  @Test("the answer is that of a full evaluation after every edit", arguments: cases)
  func equalsFull(rules: String, query: String) throws {
    for (seed, machines) in [(1, 4), (2, 9), (3, 80)] as [(UInt64, Int)] {
      var documents = RandomDocuments(seed &* 7919 &+ UInt64(rules.utf8.count))
      try Self.follow(rules, query, &documents, machines: machines, rounds: machines > 50 ? 25 : 60)
    }
  }

  static func follow(_ rules: String, _ query: String, _ documents: inout RandomDocuments, machines: Int, rounds: Int) throws {
    let module = try Parser.module(Array(("package p\n" + rules).utf8), file: "p.rego")
    let input = documents.input(machines: machines), data = documents.data()
    let policy = try Policy([module], data: Document(data))
    let live = try policy.live(query, input: Document(input))
    var full = try Policy([module], data: Document(data)).prepare(query)
    var held = try? parts(full.evaluate(input: Document(input)), query)
    for round in 0..<rounds {
      var edits: [DocumentEdit] = []
      for _ in 0..<(documents.random.below(6) == 0 ? 3 : 1) {
        let isData = documents.random.below(5) == 0
        // The second edit of one list may not fit any more, which is a case of its own.
        edits.append(documents.edit(isData ? live.currentData : live.currentInput, of: isData ? .data : .input))
      }
      let before = (live.currentInput, live.currentData)
      var change: LiveQuery.Change?
      var failure: RegoError?
      do throws(RegoError) { change = try live.apply(edits) } catch { failure = error }
      if failure?.code == .edit {
        #expect((live.currentInput, live.currentData) == before)
      } else if edits.contains(where: { $0.root == .data }) {
        full = try Policy([module], data: live.currentData.map { Document($0) } ?? .empty).prepare(query)
      }
      let place = Comment(rawValue: "round \(round), \(edits.map { "\($0.pointer) \($0.operation)" })")
      if live.currentData == nil { return }
      let document = live.currentInput.map { Document($0) }
      switch Result(catching: { () throws(RegoError) in try full.evaluate(input: document) }) {
      case .success(let expected):
        let found = try live.solutions()
        try #require(found == expected, place)
        #expect(found.map(\.values) == expected.map(\.values), place)
        if failure?.code == .edit { continue }
        #expect(failure == nil, place)
        let now = parts(expected, query)
        if let held, let change { try #require(changed(held, change) == counted(now), place) }
        held = now
      case .failure(let expected):
        #expect(throws: expected, place) { try live.solutions() }
        if failure?.code != .edit { #expect(failure == expected, place) }
      }
    }
  }

  /// As `LiveQuery.Change` has them; nil where a query has several expressions.
  static func parts(_ solutions: [Solution], _ query: String) -> [RegoValue]? {
    if query.contains(";") || solutions.count > 1 || query.hasPrefix("not") || query.contains("[_]") || query.contains("[k]") { return nil }
    guard let solution = solutions.first else { return [] }
    switch query.hasPrefix("x = ") ? solution["x"] ?? .null : solution.values[0] {
    case .set(let elements): return elements
    case .object(let members): return members.map { .object([$0]) }
    case let value: return [value]
    }
  }

  static func counted(_ parts: [RegoValue]?) -> [RegoValue: Int]? {
    parts.map { $0.reduce(into: [:]) { $0[$1, default: 0] += 1 } }
  }

  static func changed(_ parts: [RegoValue]?, _ change: LiveQuery.Change) -> [RegoValue: Int]? {
    guard var counts = counted(parts) else { return nil }
    for part in change.added { counts[part, default: 0] += 1 }
    for part in change.removed { counts[part, default: 0] -= 1 }
    return counts.filter { $0.value != 0 }
  }
}
