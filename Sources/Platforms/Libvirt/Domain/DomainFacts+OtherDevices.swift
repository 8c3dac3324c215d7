internal import Domain

/// DomainDevices with one or two attributes that matter.
extension DomainFacts {
  mutating func readOtherDevices(_ devices: DomainDevices) {
    set(
      "sounds",
      devices["sound"].enumerated().map { index, sound in
        Entry(
          value: .object([.init("device", text: sound.alias("sound", index)), .init("model", text: sound["model"] ?? "")]),
          source: at(sound, sound.attribute("model")))
      })
    set(
      "redirections",
      devices["redirdev"].enumerated().map { index, device in
        Entry(
          value: .object([
            .init("device", text: device.alias("redir", index)), .init("bus", text: device["bus"] ?? "usb"),
            .init("type", text: device["type"] ?? ""),
          ]), source: at(device))
      })
    set(
      "shmem",
      devices["shmem"].enumerated().map { index, device in
        let model = device.first("model")?.attribute("type")
        return Entry(
          value: .object([
            .init("device", text: device["name"] ?? device.alias("shmem", index)), .init("model", text: model?.value ?? "ivshmem"),
          ]), source: at(device))
      })
    readFilesystems(devices)
    readTPM(devices)
    readRandom(devices)
    readWatchers(devices)
    readVirtio(devices)
  }

  private mutating func readFilesystems(_ devices: DomainDevices) {
    set(
      "filesystems",
      devices["filesystem"].enumerated().map { index, filesystem in
        let mode = filesystem.attribute("accessmode")
        let driver = filesystem.first("driver")?["type"] ?? "path"
        return Entry(
          value: .object([
            .init("device", text: filesystem.first("target")?["dir"] ?? filesystem.alias("fs", index)),
            .init("type", text: filesystem["type"] ?? "mount"), .init("driver", text: driver),
            // passthrough is libvirt's default, and the only mode that virtiofs knows.
            .init("accessmode", text: mode?.value ?? "passthrough"), .init("readonly", .bool(filesystem.first("readonly") != nil)),
          ]), source: at(filesystem, mode))
      })
  }

  private mutating func readTPM(_ devices: DomainDevices) {
    set(
      "tpm",
      devices["tpm"].enumerated().map { index, tpm in
        let model = tpm["model"] ?? defaults.tpmModel
        let backend = tpm.first("backend")
        let type = backend?["type"] ?? ""
        let version = backend?["version"] ?? (type == "emulator" ? defaults.tpmVersion(model: model) : nil)
        return Entry(
          value: .object([
            "device": .string(tpm.alias("tpm", index)), "model": .string(model), "backend": .string(type),
            "version": version.map { .string($0) }, "encrypted": .bool(backend?.first("encryption") != nil),
          ]), source: backend.map { at($0) } ?? at(tpm))
      })
  }

  private mutating func readRandom(_ devices: DomainDevices) {
    set(
      "rng",
      devices["rng"].enumerated().map { index, rng in
        let backend = rng.first("backend")
        let model = backend?["model"] ?? ""
        let source = model == "random" ? (backend?.text.isEmpty == false ? backend?.text : "/dev/urandom") : nil
        return Entry(
          value: .object([
            "device": .string(rng.alias("rng", index)), "backend": .string(model), "source": source.map { .string($0) },
            "rate": .bool(HostAddress.number(rng.first("rate")?["bytes"]) ?? 0 > 0),
          ]), source: backend.map { at($0) } ?? at(rng))
      })
  }

  private mutating func readWatchers(_ devices: DomainDevices) {
    set(
      "watchdogs",
      devices["watchdog"].enumerated().map { index, watchdog in
        let action = watchdog.attribute("action")
        return Entry(
          value: .object([
            .init("device", text: watchdog.alias("watchdog", index)), .init("model", text: watchdog["model"] ?? ""),
            .init("action", text: action?.value ?? "reset"),
          ]), source: at(watchdog, action))
      })
    if let iommu = devices["iommu"].first {
      let remapping = iommu.first("driver")?.attribute("intremap")
      set(
        "iommu", .object(["model": .string(iommu["model"] ?? ""), "intremap": remapping.map { .string($0.value) }]),
        at: at(iommu, remapping, iommu.attribute("model")))
    } else {
      setAbsent("iommu")
    }
  }

  private mutating func readVirtio(_ devices: DomainDevices) {
    if let balloon = devices["memballoon"].first, let model = balloon.attribute("model") {
      set("balloon", .object([.init("model", text: model.value), .init("given", .bool(true))]), at: at(model))
    } else {
      setDefault("balloon", .object([.init("model", text: defaults.balloonModel), .init("given", .bool(false))]))
    }
    if let vsock = devices["vsock"].first {
      let cid = vsock.first("cid")
      let number = cid?["auto"] == "yes" ? nil : cid?["address"]
      set("vsock", .object(["cid": number.map { .string($0) }]), at: at(vsock))
    } else {
      setAbsent("vsock")
    }
  }
}
