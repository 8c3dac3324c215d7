internal import Introspection
internal import Judgement
internal import QMP

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A guest as the command line names it.
enum GuestTarget {
  case process(QEMUProcess)
  case socket(String)
  /// A file with an image of a guest's memory.
  case file(String)

  /// `pid:N`, a path, a UUID, or the name of one running guest.
  init(_ text: String) throws(DataError) {
    // Guests without a name are many, and an argument is empty by mistake.
    if text.isEmpty { throw DataError("no guest is named: the argument is empty") }
    if text.hasPrefix("pid:") {
      guard let pid = Int32(text.dropFirst(4)), pid > 0 else { throw DataError("\(text): a process is named as in pid:4711") }
      guard let process = QEMUProcess(pid: pid) else { throw DataError(MachineError.noEmulator(pid: pid).description) }
      self = .process(process)
      return
    }
    var status = stat()
    // SAFETY: stat(2) fills one structure, which is what the pointer leads to.
    if unsafe stat(text, &status) == 0 {
      self = status.st_mode & S_IFMT == S_IFSOCK ? .socket(text) : .file(text)
      return
    }
    guard !text.contains("/") else { throw DataError("\(text): there is no such file") }
    let found = QEMUProcess.all().filter { $0.name == text || (!$0.uuid.isEmpty && $0.uuid.lowercased() == text.lowercased()) }
    guard let first = found.first else {
      throw DataError("\(text): no running guest has this name or UUID, and there is no such file; ringwall guest list shows what runs")
    }
    guard found.count == 1 else {
      throw DataError("\(text): \(found.count) guests have this name; name one as pid:\(first.pid)")
    }
    self = .process(first)
  }

  /// The running machine with its memory.
  func machine() throws(DataError) -> LiveMachine {
    if case .file(let path) = self { throw DataError("\(path): this needs a running guest, and is a file") }
    do throws(MachineError) {
      switch self {
      case .process(let process): return try LiveMachine(process)
      case .socket(let path), .file(let path): return try LiveMachine(socket: path)
      }
    } catch {
      throw naming(error.description)
    }
  }

  /// An error of whoever answers at a socket, which it names.
  private func naming(_ error: String) -> DataError {
    guard case .socket(let path) = self, !error.contains(path) else { return DataError(error) }
    return DataError("\(path): \(error)")
  }

  /// The process of a running guest, and its monitor where there is one that answers; its memory may be private.
  func process() throws(DataError) -> (process: QEMUProcess, monitor: Monitor?, second: String?, failures: [String]) {
    switch self {
    case .file(let path): throw DataError("\(path): this needs a running guest, and is a file")
    case .socket(let path):
      let monitor: Monitor
      do throws(QMPError) { monitor = try Monitor(path: path) } catch { throw naming(error.description) }
      guard let process = QEMUProcess.behind(monitor) else { throw DataError(MachineError.noEmulatorBehind(socket: path).description) }
      return (process, monitor, process.monitors.first { $0.speaksQMP && $0.path != path }?.path, [])
    case .process(let process):
      let found = process.connect()
      return (process, found.monitor, found.second, found.failures)
    }
  }
}

extension GuestTarget {
  /// Opens what was named, and finds its kernel.
  ///
  /// - Parameter cache: where kernels are remembered; nil for nowhere.
  static func open(_ text: String, cache: KernelCache? = nil) throws(DataError) -> Guest { try GuestTarget(text).guest(cache) }

  /// The guest, running or saved, with its kernel. Of a running one with a monitor, the kernel is the one that its processors run on.
  func guest(_ cache: KernelCache? = nil) throws(DataError) -> Guest {
    if case .file(let path) = self {
      do throws(IntrospectionError) {
        return try Guest(image: try MemoryImage(path: path), cache: cache)
      } catch { throw DataError(error.description) }
    }
    let machine = try machine()
    do throws(IntrospectionError) {
      return try Guest(machine, cache: cache)
    } catch { throw DataError(error.description) }
  }

  /// A guest's memory, and its kernel when somebody asks for it: finding one takes longer than many a search in the memory.
  struct Reached {
    let memory: PhysicalMemory
    /// The kernel, or an error that says why none was found.
    let kernel: () throws(IntrospectionError) -> Guest
    /// Of a running guest.
    var machine: LiveMachine?
    /// What an image says of the time in which it was copied.
    var mark: CopyMark?
  }

  /// Opens a guest's memory, be there a kernel in it or not.
  static func reach(_ target: String) throws(DataError) -> Reached {
    let named = try GuestTarget(target)
    if case .file(let path) = named {
      do throws(IntrospectionError) { return try reach(try MemoryImage(path: path)) } catch { throw DataError(error.description) }
    }
    let machine = try named.machine()
    return Reached(
      memory: machine.memory,
      kernel: { () throws(IntrospectionError) in try Guest(machine) }, machine: machine)
  }

  private static func reach(_ image: MemoryImage) throws(IntrospectionError) -> Reached {
    // Bare RAM that may lie in several ways is placed by what the kernel in it knows.
    if image.layouts.count > 1, let guest = try? Guest(image: image) {
      return Reached(memory: guest.memory, kernel: { () throws(IntrospectionError) in guest }, mark: image.mark)
    }
    return Reached(memory: try image.memory(), kernel: { () throws(IntrospectionError) in try Guest(image: image) }, mark: image.mark)
  }
}

extension Guest {
  /// A view's answer, with errors as the command line tells them.
  func answer<Value>(_ view: (Guest) throws(IntrospectionError) -> Value) throws(DataError) -> Value {
    do throws(IntrospectionError) { return try view(self) } catch { throw DataError(error.description) }
  }
}
