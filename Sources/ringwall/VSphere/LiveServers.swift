internal import Audit
internal import Domain
internal import Judgement
internal import Platforms
internal import Synchronization
internal import VSphere

/// The servers among the targets of a command. Passwords are read, and asked for, before anything else begins.
struct LiveServers {
  private let access: [String: VSphereAccess]
  private let progress: SharedProgress
  private let isFollowing: Bool

  /// - Parameter isFollowing: from the second reading of a server on, signals are taken by what follows, and not here.
  /// - Throws: where a target or an option cannot be used, and where options name a user and no target is a server.
  init(_ targets: [String], _ options: VSphereOptions, _ progress: SharedProgress, isFollowing: Bool = false) throws(DataError) {
    var access: [String: VSphereAccess] = [:]
    for target in targets where TargetResolver.isServer(target) && access[target] == nil {
      let address: ServiceAddress
      do throws(ServiceFailure) { address = try ServiceAddress(target) } catch { throw DataError(error.message) }
      access[target] = try options.access(to: address)
    }
    if access.isEmpty, options.isGiven {
      throw DataError("--user, --password-file, --ca and --thumbprint are about a server, and no target is one; write vsphere://HOST")
    }
    self.access = access
    self.progress = progress
    self.isFollowing = isFollowing
  }

  /// What tells of changes of each server.
  func events() -> [any ChangeSource] {
    access.sorted { $0.key < $1.key }.compactMap { ServerEvents(target: $0.key, access: $0.value) }
  }

  var inventories: FactCollection.Inventories {
    let (access, progress, isFollowing) = (access, progress, isFollowing)
    let known = Mutex<Set<String>>([])
    return { target in
      guard let server = access[target] else {
        return .failure(Refusal(target: target, code: "not-found", message: "\(target): no server of that name was named"))
      }
      let isFirst = known.withLock { $0.insert(target).inserted }
      return server.inventory(endsBySignal: isFirst || !isFollowing) { progress.update("\(target): \($0)") }
        .mapError { error in
          // The reason names the server; the target names it as the user did.
          let place = "\(server.address.text): "
          let reason = error.message.hasPrefix(place) ? String(error.message.dropFirst(place.utf8.count)) : error.message
          return Refusal(target: target, code: error.code.rawValue, message: "\(target): \(reason)")
        }
    }
  }
}
