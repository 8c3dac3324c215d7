internal import Domain

/// What modprobe's configuration says about modules: options, and modules that must not load.
///
/// Source: modprobe.d(5). Files with the suffix .conf of the folders below, sorted by name; a file hides one of the same name in a later
/// folder. Options of one module add up, and of one parameter the last value counts.
struct ModuleOptions {
  struct Option: Hashable {
    let module: String
    let parameter: String
    let value: String
    let source: FactSource
  }

  static let folders = ["/etc/modprobe.d", "/run/modprobe.d", "/usr/local/lib/modprobe.d", "/usr/lib/modprobe.d", "/lib/modprobe.d"]

  private(set) var options: [Option] = []
  /// Modules that are blacklisted or whose install command is /bin/false or /bin/true.
  private(set) var barred: [(module: String, source: FactSource)] = []

  /// One file's text.
  mutating func read(_ text: String, file: String) {
    var pending = ""
    var first = 0
    for (number, line) in NumberedLines(text) {
      if pending.isEmpty { first = number }
      if line.hasSuffix("\\") {
        pending += line.dropLast()
        continue
      }
      statement(pending + line, file: file, line: first)
      pending = ""
    }
    if !pending.isEmpty { statement(pending, file: file, line: first) }
  }

  private mutating func statement(_ text: String, file: String, line: Int) {
    let words = text.words
    guard words.count >= 2, !words[0].hasPrefix("#") else { return }
    let module = KernelCommandLine.normalised(words[1])
    switch words[0] {
    case "options":
      var searched = text[...]
      var behind = 0
      for word in words.dropFirst(2) {
        var column: Int?
        if let range = searched.firstRange(of: word) {
          behind += searched[..<range.lowerBound].unicodeScalars.count
          column = behind + 1
          behind += word.unicodeScalars.count
          searched = searched[range.upperBound...]
        }
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        options.append(
          Option(
            module: module, parameter: KernelCommandLine.normalised(String(parts[0])), value: parts.count > 1 ? String(parts[1]) : "",
            source: .path(file, line: line, column: column)))
      }
    case "blacklist":
      barred.append((module, .path(file, line: line, column: 1)))
    case "install" where words.count >= 3 && (words[2].hasSuffix("/false") || words[2].hasSuffix("/true")):
      barred.append((module, .path(file, line: line, column: 1)))
    default: break
    }
  }
}

extension HostFacts {
  /// Parameters that policies ask for, by module; each has a fact whether or not the module is there.
  private static let asked: [(module: String, parameters: [String])] = [
    ("kvm", ["nx_huge_pages", "ignore_msrs", "enable_vmware_backdoor"]),
    (
      "kvm_intel",
      ["ept", "unrestricted_guest", "nested", "vpid", "flexpriority", "enable_apicv", "pt_mode", "vmentry_l1d_flush", "tdx"]
    ),
    ("kvm_amd", ["npt", "nested", "sev", "sev_snp"]),
    ("kvm_pvm", []), ("kvm_hv", []), ("kvm_pr", []),
    ("vfio", ["enable_unsafe_noiommu_mode"]),
    ("vfio_iommu_type1", ["allow_unsafe_interrupts"]),
    ("module", ["sig_enforce"]),
    ("apparmor", ["enabled"]),
  ]

  /// Facts `module.M` ("loaded" or "built-in"), `module.M.P` (text of a parameter), `modprobe.M.P` (values set for the next load) and
  /// `modprobe.barred` (modules that must not load). Call after `readCommandLine`, whose `M.P=V` also counts when a module loads.
  mutating func readModules() {
    for (module, parameters) in Self.asked {
      let folder = "/sys/module/" + module
      if tree.exists(folder) {
        let isLoadable = ["initstate", "coresize", "refcnt"].contains { tree.exists("\(folder)/\($0)") }
        self["module." + module] = .present(.string(isLoadable ? "loaded" : "built-in"), .path(folder))
      } else {
        self["module." + module] = missing(.path(folder), within: "/sys/module")
      }
      for parameter in parameters {
        read("module.\(module).\(parameter)", "\(folder)/parameters/\(parameter)", within: "/sys/module")
        if let text = self["module.\(module).\(parameter)"]?.value?.text {
          self["module.\(module).\(parameter)"] = .present(
            .string(text.trimmed), .path("\(folder)/parameters/\(parameter)", line: 1, column: 1))
        }
      }
    }
    readModuleOptions()
  }

  private mutating func readModuleOptions() {
    var configuration = ModuleOptions()
    var files: [(name: String, path: String)] = []
    var failure: Fact?
    var sawFolder = false
    for folder in ModuleOptions.folders {
      do throws(Tree.Failure) {
        for name in try tree.names(in: folder) where name.hasSuffix(".conf") && !files.contains(where: { $0.name == name }) {
          files.append((name, folder + "/" + name))
        }
        sawFolder = true
      } catch {
        if error != .notFound && error != .notGiven { failure = .unreadable(error.why, .path(folder)) }
      }
    }
    for file in files.sorted(by: { $0.name < $1.name }) {
      do throws(Tree.Failure) {
        configuration.read(String(decoding: try tree.bytes(file.path, limit: 1 << 20), as: UTF8.self), file: file.path)
      } catch {
        failure = .unreadable(error.why, .path(file.path))
      }
    }
    let sawNothing = failure ?? (sawFolder ? .absent(.path("/etc/modprobe.d")) : missing(.path("/etc/modprobe.d"), within: "/etc"))

    for (module, parameters) in Self.asked {
      for parameter in parameters {
        let found = configuration.options.filter { $0.module == module && $0.parameter == parameter }
        var values = found.map { FactValue.string($0.value) }
        var sources = found.map(\.source)
        // modprobe appends the kernel command line's options after those of the files.
        if let given = self["cmdline.\(module).\(parameter)"], case .array(let more)? = given.value {
          values += more
          sources += given.source
        }
        self["modprobe.\(module).\(parameter)"] =
          values.isEmpty ? sawNothing : failure ?? .present(.array(values), sources: sources)
      }
    }

    var barred = configuration.barred.map { (FactValue.string($0.module), $0.source) }
    for name in ["module_blacklist", "modprobe.blacklist"] {
      guard let given = self["cmdline." + name], case .array(let lists)? = given.value else { continue }
      for (list, source) in zip(lists, given.source) {
        barred += (list.text ?? "").split(separator: ",").map { (.string(KernelCommandLine.normalised(String($0))), source) }
      }
    }
    self["modprobe.barred"] = barred.isEmpty ? sawNothing : .present(.array(barred.map(\.0)), sources: barred.map(\.1))
  }
}
