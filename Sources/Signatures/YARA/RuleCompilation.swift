internal import CYara
internal import Glibc

/// One run of libyara's compiler: who is being read now, what went wrong where, and which includes are let in.
///
/// libyara calls back with the name that stands in the `include` statement. Names on its stack of open files are unlike each other, because
/// it refuses circles, so that the stack that is kept here beside it always knows the real file behind a name.
final class RuleCompilation {
  private struct Open {
    /// As libyara knows it; nil for the file that was handed over as a text.
    let name: String?
    let file: RuleFiles.File
    let lastLine: Int

    init(name: String?, file: RuleFiles.File, bytes: [UInt8]) {
      self.name = name
      self.file = file
      lastLine = bytes.count(where: { $0 == 0x0A }) + (bytes.last == 0x0A ? 0 : 1)
    }
  }

  private static let mostProblems = 50

  private var stack: [Open] = []
  private var total = 0
  private(set) var problems: [RuleProblem] = []
  private(set) var warnings: [RuleProblem] = []
  private var isIncludeRefused = false
  private let clock = ContinuousClock()
  private let deadline: ContinuousClock.Instant

  init(within time: Duration) { deadline = clock.now + time }

  /// Compiles the files one after the other into a set of rules that the caller destroys.
  func rules(of files: [RuleFiles.File], text: (RuleFiles.File) throws(RuleError) -> [UInt8]) throws(RuleError) -> UnsafeMutablePointer<
    YR_RULES
  > {
    var compiler: UnsafeMutablePointer<YR_COMPILER>?
    // SAFETY: the compiler lives to the end of this function, and so does this object, which its callbacks are given unretained.
    guard unsafe yr_compiler_create(&compiler) == ERROR_SUCCESS, let compiler = unsafe compiler else {
      throw RuleFiles.failure(files.first?.shown ?? "", "libyara's compiler cannot be made: not enough memory")
    }
    defer { unsafe yr_compiler_destroy(compiler) }
    let context = unsafe Unmanaged.passUnretained(self).toOpaque()
    unsafe yr_compiler_set_callback(compiler, Self.note, context)
    unsafe yr_compiler_set_include_callback(compiler, Self.include, Self.release, context)
    for file in files {
      guard clock.now < deadline else { throw RuleFiles.failure(file.shown, "reading the rules took longer than is allowed") }
      var bytes = try text(file)
      guard count(bytes.count) else {
        throw RuleFiles.failure(file.shown, "the rules have more than \(RuleFiles.largestTotal >> 20) MiB in all")
      }
      stack = [Open(name: nil, file: file, bytes: bytes)]
      bytes.append(0)
      let errors = unsafe bytes.withUnsafeBufferPointer { buffer in
        unsafe buffer.withMemoryRebound(to: CChar.self) { unsafe yr_compiler_add_string(compiler, $0.baseAddress, file.namespace) }
      }
      // A compiler that met an error takes nothing more.
      if errors != 0 && problems.isEmpty { problems.append(RuleProblem(file: file.shown, message: "libyara's compiler gave up")) }
      if !problems.isEmpty { throw RuleError(problems) }
    }
    var rules: UnsafeMutablePointer<YR_RULES>?
    let status = unsafe yr_compiler_get_rules(compiler, &rules)
    guard status == ERROR_SUCCESS, let rules = unsafe rules else {
      throw RuleFiles.failure(files.first?.shown ?? "", "the rules cannot be used: \(Engine.text(status))")
    }
    return unsafe rules
  }

  private func count(_ bytes: Int) -> Bool {
    total += bytes
    return total <= RuleFiles.largestTotal
  }

  private func opened(as name: String?) -> Open? { stack.last { $0.name == name } ?? stack.first }

  private func note(isError: Bool, name: String?, line: Int, message: String) {
    let open = opened(as: name)
    let shown = open?.file.shown ?? name ?? ""
    if isError {
      if isIncludeRefused {
        isIncludeRefused = false
        return
      }
      // libyara counts no line where a text ends too early.
      let isAtEnd = line == 0 && message == "syntax error"
      let problem = RuleProblem(
        file: shown, line: isAtEnd ? open?.lastLine ?? 0 : line, message: isAtEnd ? "syntax error at the end of the file" : message)
      if problems.count < Self.mostProblems { problems.append(problem) }
    } else if warnings.count < Self.mostProblems {
      warnings.append(RuleProblem(file: shown, line: line, message: message))
    }
  }

  /// Text of an included file; nil when it is refused, which is then a problem with a reason of its own.
  private func text(including name: String, from caller: String?) -> [UInt8]? {
    while stack.count > 1, stack.last?.name != caller { stack.removeLast() }
    guard let current = stack.last?.file else { return nil }
    do throws(RuleError) {
      guard clock.now < deadline else { throw RuleFiles.failure(current.shown, "reading the rules took longer than is allowed") }
      guard let root = current.root else { throw RuleFiles.failure(current.shown, "includes \(name), and may include nothing") }
      let folder = current.path.split(separator: "/").dropLast().joined(separator: "/")
      guard let path = RuleFiles.resolve(name.hasPrefix("/") ? name : "/\(folder)/\(name)") else {
        throw RuleFiles.failure(current.shown, "includes \(name), which cannot be opened: \(RuleFiles.reason(errno))")
      }
      guard RuleFiles.isInside(path, root) else {
        throw RuleFiles.failure(current.shown, "includes \(name), which lies outside of \(root)")
      }
      let shown = Self.beside(current, root, path)
      let bytes = try RuleFiles.bytes(path, shown: shown)
      guard count(bytes.count) else {
        throw RuleFiles.failure(current.shown, "the rules have more than \(RuleFiles.largestTotal >> 20) MiB in all")
      }
      stack.append(
        Open(name: name, file: RuleFiles.File(path: path, shown: shown, namespace: current.namespace, root: root), bytes: bytes))
      return bytes
    } catch {
      problems.append(contentsOf: error.problems)
      isIncludeRefused = true
      return nil
    }
  }

  /// The included file as it is reached from where the including one is shown.
  private static func beside(_ current: RuleFiles.File, _ root: String, _ path: String) -> String {
    let inside = current.path.dropFirst(root.utf8.count)
    guard current.shown.hasSuffix(inside) else { return path }
    return String(current.shown.dropLast(inside.count) + path.dropFirst(root.utf8.count))
  }
}

extension RuleCompilation {
  /// The object behind libyara's user data.
  private static func compilation(_ context: UnsafeMutableRawPointer?) -> RuleCompilation? {
    // SAFETY: the pointer is the one that `rules(of:text:)` set, whose object outlives the compiler.
    unsafe context.map { unsafe Unmanaged<RuleCompilation>.fromOpaque($0).takeUnretainedValue() }
  }

  private static let note:
    @convention(c) (
      CInt, UnsafePointer<CChar>?, CInt, UnsafePointer<YR_RULE>?, UnsafePointer<CChar>?, UnsafeMutableRawPointer?
    ) -> Void = { level, name, line, _, message, context in
      // SAFETY: libyara's texts live for the length of the call.
      unsafe compilation(context)?.note(
        isError: level == YARA_ERROR_LEVEL_ERROR, name: name.map { unsafe String(cString: $0) }, line: Int(line),
        message: message.map { unsafe String(cString: $0) } ?? "not understood")
    }

  private static let include:
    @convention(c) (UnsafePointer<CChar>?, UnsafePointer<CChar>?, UnsafePointer<CChar>?, UnsafeMutableRawPointer?) -> UnsafePointer<CChar>? =
      {
        name, caller, _, context in
        // SAFETY: libyara's texts live for the length of the call; what is returned is freed by `release`.
        guard let name = unsafe name,
          let bytes = unsafe compilation(context)?.text(
            including: String(cString: name), from: caller.map { unsafe String(cString: $0) }),
          let copy = unsafe malloc(bytes.count + 1)?.assumingMemoryBound(to: CChar.self)
        else { return nil }
        for (index, byte) in bytes.enumerated() { unsafe copy[index] = CChar(bitPattern: byte) }
        unsafe copy[bytes.count] = 0
        return unsafe UnsafePointer(copy)
      }

  private static let release: @convention(c) (UnsafePointer<CChar>?, UnsafeMutableRawPointer?) -> Void = { text, _ in
    // SAFETY: `include` allocated it, and libyara hands it back once.
    unsafe free(UnsafeMutableRawPointer(mutating: text))
  }
}
