public import Domain
public import Judgement
internal import Platforms

/// The judged state of an audit's targets, kept true change by change: after any of them it is what a full audit would say.
///
/// A change of a file collects and judges that file alone; a change of names resolves the targets again over listings that are kept.
/// For one thread at a time.
public final class FollowedEstate {
  private let request: AuditRun.Request
  private let judge: Judge
  private let claims: Claims
  private let cache: FolderCache

  private var targets: [Target] = []
  private var states: [Target: FollowedTarget] = [:]
  /// File targets by absolute path, and by the path that a link leads to.
  private var files: [String: [Target]] = [:]
  /// File targets by other files that their facts came from.
  private var dependents: [String: Set<Target>] = [:]
  /// File targets that are symbolic links.
  private var links: Set<Target> = []
  /// Folders that a machine's facts were read from.
  private var machines: [String: Set<Target>] = [:]
  private var isIncluded: [String: Bool] = [:]

  /// - Parameter willRead: told each folder before it is listed, so that it can be watched in time.
  public init(_ request: AuditRun.Request, judge: Judge, claims: Claims, willRead: @escaping (String) -> Void) {
    self.request = request
    self.judge = judge
    self.claims = claims
    cache = FolderCache(willRead: willRead)
  }

  // MARK: - What is followed

  /// Absolute paths of the folders to watch: those that were walked, those that named files lie in, all above them, and those that facts
  /// of machines came from.
  public var folders: Set<String> {
    var folders = cache.folders
    for name in request.targets + (request.root.map { [$0] } ?? []) where Self.isPath(name) {
      var path = TargetResolver.canonical(name)
      while path != "/" {
        path = Self.folder(of: path)
        folders.insert(path)
      }
    }
    for path in files.keys { folders.insert(Self.folder(of: path)) }
    for path in dependents.keys { folders.insert(Self.folder(of: path)) }
    return folders.union(machines.keys)
  }

  /// Grows whenever `folders` may be other ones.
  public private(set) var folderVersion = 0

  /// Whether a target must be looked at every so often, because nothing tells of its changes: processes, engines, and this host's /proc
  /// and /sys. A server has a source of changes.
  public var needsPolling: Bool { targets.contains(where: isPolled) }

  /// Once a server's source of changes has ended.
  public var isPollingServers = false

  /// Folders that the system tells nothing of: they may be entered and not read, or lie where nothing can be watched.
  public var unwatched: Set<String> = []

  private func isPolled(_ target: Target) -> Bool {
    switch target {
    case .process, .engine, .machine(_, nil): true
    case .server: isPollingServers
    case .machine: unwatched.contains { machines[$0]?.contains(target) == true }
    case .file(let path, _): !unwatched.isEmpty && lies(TargetResolver.absolute(path), below: unwatched)
    case .refused(let refusal): !unwatched.isEmpty && Self.isPath(refusal.target)
    }
  }

  /// Whether a path, or what the link there leads to, lies in one of the folders at any depth.
  private func lies(_ path: String, below folders: Set<String>) -> Bool {
    var path = path
    while path != "/" {
      path = Self.folder(of: path)
      if folders.contains(path) { return true }
    }
    return false
  }

  /// Folders that another one stands in the place of: they are to be watched anew.
  private var moved: Set<String> = []

  func takeMoved() -> Set<String> {
    defer { moved = [] }
    return moved
  }

  private static func isPath(_ name: String) -> Bool { !name.hasPrefix("pid:") && !name.contains("://") }

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
    return String(path[..<slash])
  }

  // MARK: - What is known

  public var assetCount: Int { states.reduce(0) { $0 + $1.value.assets.count } }
  public var targetCount: Int { states.count { !$0.value.isPassedOver } }

  /// Every verdict, counted as a full audit counts them.
  public var tally: Tally {
    var tally = Tally()
    for state in states.values {
      for asset in state.assets { for result in asset.results { tally.add(result.control, result.verdict) } }
    }
    return tally
  }

  /// What an audit that found this would exit with.
  public func exitStatus(failOn: Severity, toleratingUnknown: Bool) -> ExitStatus {
    var (judged, unknown, failing) = (0, 0, 0)
    for state in states.values {
      for asset in state.assets {
        for result in asset.results {
          judged += 1
          guard result.control.severity >= failOn else { continue }
          if result.verdict == .unknown { unknown += 1 }
          if result.verdict == .fail { failing += 1 }
        }
      }
    }
    return ExitStatus(
      failOn: failOn, judged: judged, refused: states.count { !$0.value.refusals.isEmpty }, unknown: toleratingUnknown ? 0 : unknown,
      failing: failing)
  }

  /// Assets with their results in the order of the targets, and refusals: for comparison with a full audit.
  var snapshot: (assets: [FollowedAsset], refusals: [Refusal], passedOver: Int) {
    let states = targets.compactMap { self.states[$0] }
    return (states.flatMap(\.assets), states.flatMap(\.refusals), states.count(where: \.isPassedOver))
  }

  // MARK: - Changes

  /// Reads everything anew.
  ///
  /// - Parameters:
  ///   - now: seconds since 1970.
  ///   - progress: told what is being done, before each target.
  public func rescan(now: Int64, progress: (String) -> Void = { _ in }) -> [FollowEvent] {
    cache.dropAll()
    return update(touching: nil, isResolving: true, now: now, progress: progress)
  }

  /// Looks again at what nothing tells of.
  public func poll(now: Int64) -> [FollowEvent] {
    for folder in unwatched { cache.drop(folder) }
    return update(touching: Set(targets.filter(isPolled)), isResolving: !unwatched.isEmpty, now: now)
  }

  /// Looks again at what lies in folders of which nothing was told until now: it may have changed since it was read.
  func lookAgain(in folders: Set<String>, now: Int64) -> [FollowEvent] {
    var touched: Set<Target> = []
    for folder in folders { touched.formUnion(machines[folder] ?? []) }
    for paths in [files.mapValues(Set.init), dependents] {
      for (path, targets) in paths where folders.contains(Self.folder(of: path)) { touched.formUnion(targets) }
    }
    let isResolving = targets.contains { if case .refused(let refusal) = $0 { Self.isPath(refusal.target) } else { false } }
    return touched.isEmpty && !isResolving ? [] : update(touching: touched, isResolving: isResolving, now: now)
  }

  /// Looks again at machines: something of their guests is another.
  public func touchMachines(now: Int64) -> [FollowEvent] {
    let machines = targets.filter { if case .machine = $0 { true } else { false } }
    return update(touching: Set(machines), isResolving: false, now: now)
  }

  /// Looks again at a target, as another source of changes names it.
  public func touch(target name: String, now: Int64) -> [FollowEvent] {
    update(touching: Set(targets.filter { $0.name == name }), isResolving: false, now: now)
  }

  /// Whether a file of that path is judged; a change of it needs no names to be looked up.
  public func isFollowed(_ path: String) -> Bool { files[path] != nil }

  /// Takes what the watcher told.
  func apply(_ changes: [FolderWatcher.Event], now: Int64) -> [FollowEvent] {
    var touched: Set<Target> = []
    var isResolving = false
    for change in changes {
      if let targets = machines[change.folder] { touched.formUnion(targets) }
      let path = change.name.isEmpty ? change.folder : change.folder == "/" ? "/" + change.name : change.folder + "/" + change.name
      if change.name.isEmpty {
        // The folder itself was moved, deleted, or may be read by others now.
        cache.drop(path)
        isResolving = true
        touched.formUnion(below(path))
        if change.kind != .modified { moved.insert(path) }
      } else if change.kind != .modified && change.kind != .written {
        if cache.refresh(change.name, in: change.folder) { isResolving = true }
        if isNamed(path) {
          cache.drop(path)
          isResolving = true
          touched.formUnion(below(path))
          moved.insert(path)
        }
      }
      if let targets = files[path] { touched.formUnion(targets) }
      if let targets = dependents[path] { touched.formUnion(targets) }
      touched.formUnion(beside(path))
    }
    guard isResolving || !touched.isEmpty else { return [] }
    return update(touching: touched, isResolving: isResolving, now: now)
  }

  /// Targets at a path and below it, which another file or folder of the same name may have taken the place of.
  private func below(_ path: String) -> Set<Target> {
    let inside = path == "/" ? "/" : path + "/"
    var found: Set<Target> = []
    for (file, targets) in files where file == path || file.hasPrefix(inside) { found.formUnion(targets) }
    for (folder, targets) in machines where folder == path || folder.hasPrefix(inside) { found.formUnion(targets) }
    return found
  }

  /// Files of the same name but for its ending, which may be read together: "guest.vmx" for "guest.vmsd".
  private func beside(_ path: String) -> [Target] {
    guard let dot = path.lastIndex(of: "."), path[dot...].dropFirst().allSatisfy({ $0 != "/" }) else { return [] }
    return [".vmx", ".ovf"].flatMap { files[path[..<dot] + $0] ?? [] }
  }

  /// What was named on the command line, or a folder above it.
  private func isNamed(_ path: String) -> Bool {
    let inside = path + "/"
    return (request.targets + (request.root.map { [$0] } ?? [])).contains { name in
      guard Self.isPath(name) else { return false }
      let named = TargetResolver.canonical(name)
      return named == path || named.hasPrefix(inside)
    }
  }

  // MARK: -

  /// - Parameter touching: nil for every target.
  private func update(
    touching: Set<Target>?, isResolving: Bool, now: Int64, progress: (String) -> Void = { _ in }
  ) -> [FollowEvent] {
    let old = targets
    if isResolving { resolve() }
    // Where names came or went, a link may lead to another file.
    let touching = touching.map { isResolving ? $0.union(links) : $0 }
    // What is there at first is no change; to keep it to tell would hold the facts of every asset at once.
    var changes = FollowChanges(time: Clock.text(now), isSilent: states.isEmpty)
    if isResolving {
      let kept = Set(targets)
      for target in old where !kept.contains(target) { changes.remove(states.removeValue(forKey: target), of: target) }
    }
    let collected = Collected(at: Clock.text(now), by: "ringwall \(request.version)", uid: CurrentUser.id)
    var found: [Target: FactCollection.Outcome] = [:]
    var isRenaming = isResolving
    // Of thousands of targets, those that nothing happened to are not looked through.
    let visited = isResolving ? targets : (touching ?? []).filter { states[$0] != nil }.sorted { $0.name < $1.name }
    for (index, target) in visited.enumerated() where touching?.contains(target) ?? true || states[target] == nil {
      progress("\(index + 1)/\(visited.count) \(target.name)")
      let outcome = FactCollection(inventories: request.inventories).collect(target)
      let ids = outcome.isPassedOver ? [] : outcome.collection.assets.map(\.asset.id)
      if ids != states[target]?.assets.map(\.collected.id) { isRenaming = true }
      if touching == nil {
        // A first look would hold the facts of every file at once.
        judge(outcome, of: target, ids: ids, collected: collected, &changes)
      } else {
        found[target] = outcome
      }
    }
    if touching == nil {
      rename(found: &found, collected: collected, &changes)
    } else {
      if isRenaming { rename(found: &found, collected: collected, &changes) }
      for target in visited {
        guard let outcome = found[target] else { continue }
        let ids = names[target] ?? states[target]?.assets.map(\.asset.id) ?? []
        judge(outcome, of: target, ids: ids, collected: collected, &changes)
      }
    }
    names = [:]
    return changes.events
  }

  /// Ids of the assets of targets whose ids were given anew, until they are judged.
  private var names: [Target: [String]] = [:]

  private func resolve() {
    links = []
    cache.refreshLinks()
    targets = TargetResolver(listing: cache.listing).resolve(request.targets, root: request.root)
    files = [:]
    for target in targets {
      guard case .file(let path, _) = target else { continue }
      files[TargetResolver.absolute(path), default: []].append(target)
    }
    for link in Set(cache.links).union(namedLinks) {
      guard let targets = files[link] else { continue }
      links.formUnion(targets)
      // Where it leads at once, which need not exist, and in the end.
      let next = (try? Tree().link(link)).map { TargetResolver.canonical($0.hasPrefix("/") ? $0 : Self.folder(of: link) + "/" + $0) }
      for place in Set([next, Tree.resolved(link)].compactMap { $0 }) where place != link { files[place, default: []] += targets }
    }
    folderVersion += 1
    dependents = dependents.mapValues { $0.filter { states[$0] != nil } }.filter { !$0.value.isEmpty }
    machines = machines.mapValues { $0.filter { states[$0] != nil } }.filter { !$0.value.isEmpty }
  }

  /// Files that were named and are links, or lie behind one: no listing holds them.
  private var namedLinks: [String] {
    targets.compactMap { target in
      guard case .file(let name, isNamed: true) = target else { return nil }
      let path = TargetResolver.absolute(name)
      return Tree.resolved(path).map { $0 != TargetResolver.canonical(name) } ?? true ? path : nil
    }
  }

  /// Gives every asset its id in the order of the targets; one that has another id now is judged under it.
  private func rename(found: inout [Target: FactCollection.Outcome], collected: Collected, _ changes: inout FollowChanges) {
    var naming = AssetNaming()
    var moved: [Target] = []
    for target in targets {
      if let outcome = found[target] {
        guard !outcome.isPassedOver else { continue }
        names[target] = outcome.collection.assets.map { naming.id(of: $0.asset.id, target: target, named: $0.target) }
      } else if let state = states[target] {
        let ids = state.assets.map { naming.id(of: $0.collected.id, target: target, named: $0.target) }
        guard ids != state.assets.map(\.asset.id) else { continue }
        names[target] = ids
        moved.append(target)
      }
    }
    for target in moved {
      let outcome = FactCollection(inventories: request.inventories).collect(target)
      let ids = names[target] ?? []
      // A file that changed since it was read is told of, and read again then.
      guard !outcome.isPassedOver, outcome.collection.assets.count == ids.count else { continue }
      judge(outcome, of: target, ids: ids, collected: collected, &changes)
    }
  }

  private func judge(
    _ outcome: FactCollection.Outcome, of target: Target, ids: [String], collected: Collected, _ changes: inout FollowChanges
  ) {
    var state = FollowedTarget(refusals: outcome.collection.refusals, isPassedOver: outcome.isPassedOver)
    let before = states[target]
    let known = Dictionary((before?.assets ?? []).map { ($0.asset.id, $0) }, uniquingKeysWith: { first, _ in first })
    let isFile = if case .file = target { true } else { false }
    for (index, collectedFacts) in (outcome.isPassedOver ? [] : outcome.collection.assets).enumerated() {
      var facts = collectedFacts
      facts.asset = facts.asset.identified(index < ids.count ? ids[index] : facts.asset.id)
      if let same = known[facts.asset.id], !isFile, same.facts == facts {
        state.assets.append(same)
        continue
      }
      let results = self.results(of: facts, collected: collected)
      state.assets.append(
        FollowedAsset(
          collected: collectedFacts.asset, target: facts.target, asset: facts.asset, results: results.kept,
          facts: isFile ? nil : facts))
      changes.replace(known[facts.asset.id], by: facts.asset, results.kept, findings: results.findings)
    }
    changes.replace(before, by: state, of: target)
    states[target] = state
    watch(target, outcome.collection)
  }

  private func results(of facts: AssetFacts, collected: Collected) -> (kept: [FollowedResult], findings: (Control) -> [Finding]) {
    var kept: [FollowedResult] = []
    let judgements = judge.judgements(of: facts, collected: collected).filter { includes($0.control) }
    for judgement in judgements {
      var detail = 0
      if judgement.verdict.needsAttention {
        let finding = judge.finding(judgement, of: facts)
        detail = Self.detail(finding)
      }
      kept.append(
        FollowedResult(control: judgement.control, verdict: judgement.verdict, messageCase: judgement.messageCase, detail: detail))
    }
    let invented = claims.findings(for: facts).filter { includes($0.control) }
    for finding in invented {
      kept.append(
        FollowedResult(control: finding.control, verdict: finding.verdict, messageCase: finding.messageCase, detail: Self.detail(finding)))
    }
    let findings: (Control) -> [Finding] = { [judge] control in
      judgements.filter { $0.control.id == control.id }.map { judge.finding($0, of: facts) }
        + invented.filter { $0.control.id == control.id }
    }
    return (FollowedResult.ordered(kept), findings)
  }

  static func detail(_ finding: Finding) -> Int {
    var hasher = Hasher()
    hasher.combine(finding.reason)
    hasher.combine(finding.arguments)
    hasher.combine(finding.evidence)
    return hasher.finalize()
  }

  private func includes(_ control: Control) -> Bool {
    if let known = isIncluded[control.id] { return known }
    let answer = request.isIncluded(control.id)
    isIncluded[control.id] = answer
    return answer
  }

  /// Remembers where facts came from: other files than the one that was judged, as the snapshots of a guest lie beside it, and of a machine
  /// the folders, the nearest that exist, and those that guests are added to.
  private func watch(_ target: Target, _ collection: Collection) {
    if case .file(let path, _) = target {
      for asset in collection.assets {
        for fact in asset.facts.values {
          for source in fact.source where source.kind == .path && source.name != path {
            let place = TargetResolver.canonical(source.name)
            if dependents[place, default: []].insert(target).inserted { folderVersion += 1 }
          }
        }
      }
      return
    }
    guard case .machine(_, let root) = target else { return }
    let top = root.map(TargetResolver.canonical) ?? ""
    var folders: Set<String> = []
    for asset in collection.assets {
      for fact in asset.facts.values {
        for source in fact.source where source.kind == .path && source.name.hasPrefix("/") { folders.insert(Self.folder(of: source.name)) }
      }
    }
    folders.formUnion(Self.machineFolders)
    for folder in folders where root != nil || !Self.isVirtual(folder) {
      var path = folder
      while path != "/", (try? Tree().attributes(top + path).isDirectory) != true { path = Self.folder(of: path) }
      let place = path == "/" && !top.isEmpty ? top : top + path
      if machines[place, default: []].insert(target).inserted { folderVersion += 1 }
    }
  }

  /// Folders of a machine in which new files count.
  private static let machineFolders = [
    "/etc/libvirt", "/etc/libvirt/qemu", "/run/libvirt", "/run/libvirt/qemu", "/etc/modprobe.d", "/etc/sysctl.d", "/etc/audit/rules.d",
  ]

  /// What the kernel makes up when it is read, and tells nobody of.
  private static func isVirtual(_ folder: String) -> Bool {
    ["/proc", "/sys", "/dev"].contains { folder == $0 || folder.hasPrefix($0 + "/") }
  }
}
