internal import Domain

/// Where the guest's memory lies on the host, and who else may map it.
struct Memory {
  private let arguments: Arguments

  init(_ arguments: Arguments) { self.arguments = arguments }

  /// True when another process can map the same pages.
  /// Source: hostmem-memfd.c, hostmem-epc.c and hostmem-shm.c share unless told otherwise, hostmem-file.c and hostmem-ram.c do not.
  private static func isShared(_ object: Arguments.Object) -> Bool {
    let byDefault = ["memory-backend-memfd", "memory-backend-epc", "memory-backend-shm"].contains(object.type)
    return object.values.flag("share") ?? byDefault
  }

  private var backends: [Arguments.Object] { arguments.objects.filter { $0.type.hasPrefix("memory-backend-") } }

  /// argv.memory.backends: every memory back end with what it serves.
  func facts(_ devices: Devices) -> Fact {
    var list = FactList()
    for object in backends {
      let id = object.values["id"] ?? ""
      list.append(
        [
          .init("device", .string(id)), .init("type", .string(object.type)), .init("shared", .bool(Self.isShared(object))),
          .init("given", .bool(object.values.flag("share") != nil)), .init("use", .string(use(of: id, devices))),
        ], object.source)
    }
    return list.fact(emptyAt: arguments.line.source)
  }

  /// "ram" for memory of the guest, else the driver of the device that it backs.
  private func use(of id: String, _ devices: Devices) -> String {
    for device in devices.all where device.values.first("memdev", "hostmem") == id {
      return device.driver.hasPrefix("pc-dimm") || device.driver.hasPrefix("virtio-mem") ? "ram" : device.driver
    }
    return "ram"
  }

  /// argv.memory.backing: of the memory that the guest boots with; of several nodes the first decides the source, any of them the rest.
  var backing: Fact {
    let named =
      arguments.machine["memory-backend"].map { [$0] }
      ?? arguments.options.named("numa").flatMap { OptionValues($0.text, implied: "type").all("memdev") }
    let objects = named.compactMap(arguments.object(id:))
    if let first = objects.first {
      let source =
        switch first.type {
        case "memory-backend-memfd": "memfd"
        // libvirt names a file in a huge page file system for memory that is otherwise anonymous.
        case "memory-backend-file": Self.hasHugePages(first) ? "anonymous" : "file"
        default: "anonymous"
        }
      return Self.backing(
        source, isShared: objects.contains(where: Self.isShared), hasHugePages: objects.contains(where: Self.hasHugePages), first.source)
    }
    if let path = arguments.last("mem-path") {
      let hasHugePages = Self.isHugePageMount(path.text)
      return Self.backing(hasHugePages ? "anonymous" : "file", isShared: false, hasHugePages: hasHugePages, path.source)
    }
    return Self.backing("anonymous", isShared: false, hasHugePages: false, arguments.last("m")?.source ?? arguments.line.source)
  }

  private static func backing(_ source: String, isShared: Bool, hasHugePages: Bool, _ place: FactSource) -> Fact {
    .present(["source": .string(source), "shared": .bool(isShared), "hugepages": .bool(hasHugePages)], place)
  }

  private static func hasHugePages(_ object: Arguments.Object) -> Bool {
    object.type == "memory-backend-memfd" ? object.values.flag("hugetlb") ?? false : object.values["mem-path"].map(isHugePageMount) ?? false
  }

  private static func isHugePageMount(_ path: String) -> Bool {
    path.split(separator: "/").contains { $0.hasPrefix("hugepages") || $0.hasPrefix("hugetlbfs") || $0 == "huge" }
  }
}
