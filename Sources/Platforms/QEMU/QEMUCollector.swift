public import Domain

/// Collects QEMU processes and QEMU command lines, one asset of kind `qemu` each. The facts are described in docs/facts/qemu.md.
public struct QEMUCollector: Sendable {
  /// Bytes of an argument vector at most; Linux itself allows about 6 MiB with the default stack.
  private static let longestVector = 8 << 20

  private let tree: Tree

  public init(tree: Tree) { self.tree = tree }

  // MARK: - Processes

  /// Every QEMU process of the machine, in order of process ids. A process that ends meanwhile is left out.
  public func collect(target: String) -> Collection {
    guard let names = try? tree.names(in: "/proc") else { return Collection() }
    var collection = Collection()
    for pid in names.compactMap({ Int32($0) }).sorted() {
      if case .guest(let vector) = inspect(pid) { collection.assets.append(asset(pid, vector, target: target)) }
    }
    return collection
  }

  /// One named process; refused when it is no QEMU.
  public func collect(process pid: Int32, target: String) -> Collection {
    let refusal: Refusal
    switch inspect(pid) {
    case .guest(let vector): return Collection(assets: [asset(pid, vector, target: target)])
    case .missing:
      refusal = Refusal(target: target, code: "not-found", message: "\(target): no process \(pid) is visible; name one that runs")
    case .ended:
      refusal = Refusal(
        target: target, code: "not-found", message: "\(target): process \(pid) has ended and waits for its parent (a zombie)")
    case .kernelThread:
      refusal = Refusal(
        target: target, code: "unknown-kind", message: "\(target): process \(pid) is a thread of the kernel; name a QEMU process")
    case .other(let name):
      refusal = Refusal(target: target, code: "unknown-kind", message: "\(target): process \(pid) is \(name), no QEMU; name a QEMU process")
    case .unreadable(let why):
      refusal = Refusal(
        target: target, code: why == "permission" ? "permission" : "io",
        message: "\(target): the arguments of process \(pid) cannot be read; run as root or as the user it runs as")
    }
    return Collection(refusals: [refusal])
  }

  private enum Inspection {
    case guest(Vector)
    case missing
    case ended
    case kernelThread
    case other(String)
    case unreadable(String)
  }

  /// Arguments of a QEMU process, or why they cannot be told.
  private enum Vector {
    case read(CommandLine)
    /// Reason code.
    case lost(String)
  }

  private func inspect(_ pid: Int32) -> Inspection {
    let folder = "/proc/\(pid)"
    guard tree.exists(folder) else { return .missing }
    let executable = tree.linkText(folder + "/exe").map(Self.withoutDeletion)
    let isExecutable = executable.map { CommandLine.isProgram($0) } ?? false
    let bytes: [UInt8]
    do throws(Tree.Failure) {
      bytes = try tree.bytes(folder + "/cmdline", limit: Self.longestVector)
    } catch {
      if isExecutable, error != .notFound { return .guest(.lost(error.why)) }
      return error == .notFound ? .missing : .unreadable(error.why)
    }
    guard let line = CommandLine(process: pid, cmdline: bytes) else {
      switch state(pid) {
      case "Z", "X": return .ended
      default: return isExecutable ? .guest(.lost("malformed")) : executable == nil ? .kernelThread : .other(executable ?? "-")
      }
    }
    let words = [line.program?.text ?? ""] + line.arguments.map(\.text)
    guard isExecutable || CommandLine.isProgram(words[0]) || CommandLine.isGuest(words) else { return .other(executable ?? words[0]) }
    // A shell script of the same name (Debian's /usr/bin/kvm) is not yet the QEMU that it starts.
    if let executable, !isExecutable, CommandLine.isInterpreter(executable) { return .other(executable) }
    // Without its last NUL the memory of the arguments was overwritten by the process itself.
    if tree.isLive, bytes.last != 0 { return .guest(.lost("malformed")) }
    return .guest(.read(line))
  }

  /// One letter of the process's state, from /proc/PID/stat behind the name in parentheses; "" when it cannot be read.
  private func state(_ pid: Int32) -> String {
    guard let text = try? tree.line("/proc/\(pid)/stat"), let end = text.utf8.lastIndex(of: UInt8(ascii: ")")) else { return "" }
    return text[text.utf8.index(after: end)...].split(separator: " ").first.map(String.init) ?? ""
  }

  static func withoutDeletion(_ link: String) -> String { link.hasSuffix(" (deleted)") ? String(link.dropLast(10)) : link }

  private func asset(_ pid: Int32, _ vector: Vector, target: String) -> AssetFacts {
    switch vector {
    case .read(let line):
      let arguments = ArgumentFacts(line)
      var facts = arguments.facts()
      facts.merge(ProcessFacts(pid, tree).facts(arguments)) { first, _ in first }
      let name = arguments.name ?? "\(CommandLine.baseName(line.program?.text ?? "qemu")) (pid \(pid))"
      return asset(arguments, facts, name: name, fallback: "pid \(pid)", target: target)
    case .lost(let why):
      let place = FactSource.path("/proc/\(pid)/cmdline")
      var facts = ProcessFacts(pid, tree).facts(nil)
      for name in ArgumentFacts.names { facts[name] = .unreadable(why, place) }
      let asset = Asset(id: "qemu:pid \(pid)", kind: .qemu, platform: "qemu", name: "pid \(pid)")
      return AssetFacts(asset: asset, target: target, facts: facts)
    }
  }

  private func asset(_ arguments: ArgumentFacts, _ facts: [String: Fact], name: String, fallback: String, target: String) -> AssetFacts {
    let asset = Asset(
      id: "qemu:" + (arguments.uuid ?? arguments.name ?? fallback), kind: .qemu, platform: "qemu", name: name, uuid: arguments.uuid)
    return AssetFacts(asset: asset, target: target, facts: facts)
  }

  // MARK: - Files

  /// Every QEMU command line in a file: shell text, or a saved copy of /proc/PID/cmdline.
  public func collect(arguments bytes: [UInt8], path: String, target: String) -> Collection {
    if let refusal = TextForm.refusal(bytes, path: path, target: target) { return Collection(refusals: [refusal]) }
    let lines: [CommandLine]
    do throws(ShellText.Failure) {
      lines = try CommandLine.all(in: bytes, path: path)
    } catch {
      return Collection(refusals: [
        Refusal(
          target: target, code: "malformed", message: "\(path):\(error.line):\(error.column): \(error.what); correct the text",
          line: error.line,
          column: error.column)
      ])
    }
    guard !lines.isEmpty else {
      return Collection(refusals: [
        Refusal(
          target: target, code: "malformed",
          message: "\(path): no command in it runs QEMU (qemu-system-ARCH, qemu-kvm or kvm); name a file that holds its command line")
      ])
    }
    var collection = Collection()
    for line in lines {
      let arguments = ArgumentFacts(line)
      var facts = arguments.facts()
      for (name, place) in ProcessFacts.places { facts[name] = .notCollected("not-given", .path(place)) }
      let name = arguments.name ?? CommandLine.baseName(path)
      collection.assets.append(asset(arguments, facts, name: name, fallback: path, target: target))
    }
    return collection
  }
}

extension Tree {
  /// What a link of procfs says; in a saved tree, where such links lead nowhere, also a file holding that text.
  func linkText(_ path: String) -> String? {
    if let text = try? link(path) { return text }
    return isLive ? nil : try? line(path)
  }
}
