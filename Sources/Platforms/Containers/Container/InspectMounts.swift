internal import Domain

/// What of the host a container sees: fact `mounts`, a list of {type, source, destination, writable, propagation} with one place for each.
struct InspectMounts {
  private var mounts: [FactValue] = []
  private var sources: [FactSource] = []
  /// The list or object that was read; nil where nothing that holds mounts was given.
  private var read: FactSource?
  private var fault: MalformedList?

  /// From Mounts of an inspected container, MountPoints of Docker's own file, else from what was asked for in HostConfig.
  init(_ container: SourcedJSON, host: SourcedJSON?) {
    do throws(MalformedList) {
      if let list = container["Mounts"] {
        read = list.source
        for mount in try container.list("Mounts", of: Self.isMount) { add(mount) }
      } else if let points = container["MountPoints"] {
        read = points.source
        for point in try container.map("MountPoints") {
          guard Self.isMount(point.value.node) else { throw MalformedList(source: point.value.source) }
          add(point.value)
        }
      } else {
        read = host?.source
        for bind in try host?.list("Binds", of: { $0.text != nil }) ?? [] { addBind(bind) }
        for mount in try host?.list("Mounts", of: Self.isMount) ?? [] { add(mount) }
      }
    } catch {
      fault = error
    }
  }

  /// A volume without a name has no Source before it is made; that of anything else is a text.
  private static func isMount(_ node: PlacedJSON) -> Bool {
    guard node.isObject else { return false }
    func isText(_ key: String) -> Bool { (node.given(key) ?? node.anyCase(key)).map { $0.isNull || $0.text != nil } ?? true }
    return isText("Source") && isText("Type") && isText("Propagation")
  }

  func fact(whole: FactSource) -> Fact {
    if let fault { return fault.fact }
    guard let read else { return .notCollected("not-said", whole) }
    return mounts.isEmpty ? .absent(read) : .present(.array(mounts), sources: sources)
  }

  private mutating func add(_ mount: SourcedJSON) {
    // Of a volume only the engine's own folder stands in Source, and what the volume was named.
    let source = mount["Source"]?.text ?? mount["Name"]?.text ?? ""
    let isWritable = mount["RW"]?.flag ?? !(mount["ReadOnly"]?.flag ?? false)
    let propagation = mount["Propagation"]?.text ?? mount["BindOptions"]?["Propagation"]?.text ?? ""
    append(
      (mount["Type"]?.text ?? "bind").lowercased(), source, mount["Destination"]?.text ?? mount["Target"]?.text ?? "", isWritable,
      propagation,
      mount.source)
  }

  /// "/srv/data:/data:ro,rshared".
  private mutating func addBind(_ bind: SourcedJSON) {
    let parts = (bind.text ?? "").split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard parts.count >= 2 else { return }
    let options = parts.count > 2 ? parts[2].split(separator: ",").map(String.init) : []
    let propagation = options.first { ["private", "rprivate", "shared", "rshared", "slave", "rslave"].contains($0) } ?? ""
    append(parts[0].hasPrefix("/") ? "bind" : "volume", parts[0], parts[1], !options.contains("ro"), propagation, bind.source)
  }

  private mutating func append(
    _ type: String, _ source: String, _ destination: String, _ isWritable: Bool, _ propagation: String, _ place: FactSource
  ) {
    mounts.append(
      .object([
        "type": .string(type), "source": .string(ContainerPath.normal(source)), "destination": .string(destination),
        "writable": .bool(isWritable), "propagation": .string(propagation),
      ]))
    sources.append(place)
  }
}

enum ContainerPath {
  /// The path without doubled slashes, `.` and `..`, and without a slash at its end; a name that is no path stays as it is.
  static func normal(_ path: String) -> String {
    guard path.hasPrefix("/") else { return path }
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }
}

/// Ports of the host that lead into a container: fact `ports`, a list of {port, address, hostPort} with one place for each.
struct InspectPorts {
  private var ports: [FactValue] = []
  private var sources: [FactSource] = []
  private let read: FactSource?
  private var fault: MalformedList?

  /// From what is open now, else from what was asked for.
  init(_ container: SourcedJSON, host: SourcedJSON?) {
    let open = container["NetworkSettings"]?["Ports"]
    let asked = host?["PortBindings"]
    read = open?.source ?? asked?.source ?? host?.source
    for bindings in [open, asked].compactMap({ $0 }) where ports.isEmpty {
      guard bindings.node.isObject else {
        fault = MalformedList(source: bindings.source)
        return
      }
      for (port, list) in bindings.members where !list.node.isNull {
        guard list.node.isArray, list.elements.allSatisfy(\.node.isObject) else {
          fault = MalformedList(source: list.source)
          return
        }
        for binding in list.elements {
          ports.append(
            .object([
              "port": .string(port), "address": .string(binding["HostIp"]?.text ?? ""),
              "hostPort": .string(binding["HostPort"]?.text ?? ""),
            ]))
          sources.append(binding.source)
        }
      }
    }
    // Every exposed port on every address, at ports that the engine picks when the container starts.
    if ports.isEmpty, let all = host?["PublishAllPorts"], all.flag == true {
      ports.append(.object(["port": "all exposed ports", "address": "", "hostPort": ""]))
      sources.append(all.source)
    }
  }

  func fact(whole: FactSource) -> Fact {
    if let fault { return fault.fact }
    guard let read else { return .notCollected("not-said", whole) }
    return ports.isEmpty ? .absent(read) : .present(.array(ports), sources: sources)
  }
}
