/// Runs programs. Owns the registers, the heap of an evaluation and everything that an evaluation remembers; may be used again for the
/// next evaluation, by one thread at a time.
///
/// Registers lie in one block whose pages cost nothing until they are reached. A call of a rule takes a frame of that block, not of the
/// thread's stack; only documents that are put together from several rules recurse, to a bounded depth.
struct Machine: ~Copyable {
  /// Registers of all frames together.
  private static let registerCount = 1 << 20
  /// Calls within calls.
  static let maximumFrames = 100_000
  /// Documents within documents.
  static let maximumDepth = 1_000
  /// Steps between two looks at the clock, where time is limited.
  private static let stepsBetweenLooks = 20_000

  let program: Program
  let heap: Heap
  let options: EvaluationOptions
  let builtinContext: BuiltinContext
  let stack: Memory.Address
  let stackEnd: Memory.Address
  /// Where fields were found, as `FieldCache` has it.
  let caches: Memory.Address
  /// Calls of built-in functions on scalars, of this evaluation and of those before it.
  let scalarCalls: ScalarCalls
  /// Calls remembered, as `CallLayout` has them.
  let calls: Memory.Address
  /// Counts calls that were entered there.
  var ticket: UInt64 = 0
  /// The current scope's number, and the last one given.
  var scopeNumber: UInt64 = 0
  var lastScope: UInt64 = 0
  /// Number of the evaluation among this machine's.
  var evaluation: UInt64 = 0

  /// Where `with` has led: the current one is last.
  var scopes: [Scope] = []
  /// Scopes left by what follows a `with`, to be entered again.
  var suspended: [Scope] = []
  /// Copies of the current scope's, for the interpreter.
  var input = Value.undefined
  var data = Value.undefined
  var memo: Memory.Address = 0
  var hasMocks = false
  var hasOverrides = false

  /// Calls to return to, as `FrameLayout` has them.
  let frameStart: Memory.Address
  var frameTop: Memory.Address
  let frameEnd: Memory.Address
  var depth = 0
  /// Steps until the next look at the clock or, without a limit of time, until the end.
  var steps: Int
  /// Steps left behind those.
  private var reserve = 0
  private var deadline: ContinuousClock.Instant?
  /// Bindings handed out by the query, those of one solution behind those of the last one.
  var results: [Value] = []
  var solutionCount = 0
  /// Errors of built-in functions that made a call undefined.
  var builtinErrors: [RegoError] = []

  /// A call to return to: where its fields lie.
  enum FrameLayout {
    /// The instruction that called.
    static let instruction = 0
    static let base = 8
    static let function = 16
    static let scopes = 32
    static let suspended = 36
    /// Where the call is remembered, or 0, and the ticket it got there.
    static let known = 40
    static let ticket = 48
    static let size = 64
  }

  /// What references see: changed by `with`.
  struct Scope {
    var input: Value
    var data: Value
    /// Unique among the scopes of this machine.
    var number: UInt64 = 0
    /// Values of documents already computed, by function; 0 until the first is needed.
    var memo: Memory.Address
    var mocks: [Mock]
    /// Paths below data that are replaced: no rule counts at or below them.
    var overrides: [[Value]]
  }

  /// A function that `with` replaces.
  struct Mock {
    /// A function's index, or -1 - index of a built-in function.
    var key: Int32
    /// What replaces it, in the same form; nil for a value.
    var replacement: Int32?
    var value: Value
  }

  init(_ program: Program, options: EvaluationOptions = EvaluationOptions()) {
    self.program = program
    self.options = options
    heap = Heap(budget: options.memory)
    let now = options.now
    builtinContext = BuiltinContext(
      heap: heap, steps: options.steps, network: options.network, runtime: options.runtime,
      clock: { now ?? Machine.systemClock() })
    steps = options.steps
    let bytes = Self.registerCount * 16
    stack = UInt(bitPattern: UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 16))
    stackEnd = stack + UInt(bytes)
    let frameBytes = Self.maximumFrames * FrameLayout.size
    frameStart = UInt(bitPattern: UnsafeMutableRawPointer.allocate(byteCount: frameBytes, alignment: 16))
    frameTop = frameStart
    frameEnd = frameStart + UInt(frameBytes)
    calls = UInt(bitPattern: UnsafeMutableRawPointer.allocate(byteCount: CallLayout.entries * CallLayout.size, alignment: 16))
    Memory.clear(calls, bytes: CallLayout.entries * CallLayout.size)
    caches = UInt(bitPattern: UnsafeMutableRawPointer.allocate(byteCount: max(1, program.cacheCount) * FieldCache.size, alignment: 32))
    for index in 0..<program.cacheCount { FieldCache.clear(caches, index) }
    scalarCalls = ScalarCalls(sites: program.siteCount)
  }

  deinit {
    // SAFETY: all were allocated by init and are used by this value alone.
    unsafe Memory.pointer(stack).deallocate()
    unsafe Memory.pointer(frameStart).deallocate()
    unsafe Memory.pointer(caches).deallocate()
    unsafe Memory.pointer(calls).deallocate()
  }

  /// Forgets the last evaluation and takes what the next one reads. Both documents must outlive the evaluation and be frozen.
  mutating func begin(input: Value, data: Value) {
    heap.reset()
    steps = options.steps
    deadline = options.timeout.map { ContinuousClock.now + $0 }
    builtinContext.reset(steps: options.steps, deadline: deadline)
    // The first look may find a task that was cancelled, or the time over.
    steps = min(steps, Self.stepsBetweenLooks)
    reserve = options.steps - steps
    if !results.isEmpty { results.removeAll(keepingCapacity: true) }
    if !builtinErrors.isEmpty { builtinErrors.removeAll(keepingCapacity: true) }
    solutionCount = 0
    frameTop = frameStart
    if !suspended.isEmpty { suspended.removeAll(keepingCapacity: true) }
    depth = 0
    evaluation &+= 1
    guard scopes.count == 1 else {
      scopes.removeAll(keepingCapacity: true)
      return enter(Scope(input: input, data: data, number: 0, memo: newMemo(), mocks: [], overrides: []))
    }
    // The outermost scope has no replacements: it serves again.
    lastScope &+= 1
    scopes[0].input = input
    scopes[0].data = data
    scopes[0].number = lastScope
    scopes[0].memo = newMemo()
    show()
  }

  /// The value of a function without operands, or undefined.
  mutating func value(of function: Int) throws(RegoError) -> Value { try call(function, at: stack) }

  /// Finds the solutions of a query's function; `results` holds their bindings.
  mutating func solve(_ function: Int) throws(RegoError) { _ = try run(function, at: stack) }

  /// The document at a path below data, or undefined.
  mutating func document(at path: [Value]) throws(RegoError) -> Value {
    try document(program.root, path, at: stack)
  }

  /// Bytes of a memo for each function: its document, and behind all of them how often each was asked for one key (4).
  private static let memoSize = 20

  func newMemo() -> Memory.Address {
    let bytes = max(1, program.functions.count) * Self.memoSize
    let address = heap.allocate(bytes)
    Memory.clear(address, bytes: bytes)
    return address
  }

  /// Counts work against the budget.
  @inline(__always)
  mutating func spend() throws(RegoError) {
    steps &-= 1
    if steps < 0 || heap.isExhausted { try refill(in: -1) }
  }

  /// Goes on where only the steps until the next look at the clock and at the task are spent.
  mutating func refill(in function: Int) throws(RegoError) {
    guard !heap.isExhausted, reserve > 0 else { throw exhausted(in: function) }
    if DeepStack.isCancelled { throw exhausted(in: function) }
    if let deadline, ContinuousClock.now >= deadline { throw exhausted(in: function) }
    steps = min(reserve, Self.stepsBetweenLooks)
    reserve -= steps
  }

  /// - Parameters:
  ///   - function: where the budget ran out, or -1.
  ///   - builtin: the built-in function that would have exceeded it.
  ///   - copying: it ran out when the result was copied.
  func exhausted(in function: Int, calling builtin: String? = nil, copying: Bool = false) -> RegoError {
    let place = place(of: function) + (builtin.map { ", calling \($0)" } ?? "") + (copying ? ", copying its result" : "")
    let hasSteps = builtin == nil && !copying ? reserve > 0 : builtinContext.steps >= 0
    if !heap.isExhausted, hasSteps {
      if DeepStack.isCancelled {
        return RegoError(.cancel, "caller cancelled query execution: the task that evaluates it was cancelled\(place)")
      }
      if let timeout = options.timeout {
        return RegoError(.cancel, "context deadline exceeded: the evaluation needs more than its \(timeout)\(place)")
      }
    }
    let budget = heap.isExhausted ? "\(options.memory) bytes of values" : "\(options.steps) steps"
    return RegoError(.cancel, "caller cancelled query execution: the evaluation needs more than its budget of \(budget)\(place)")
  }
}
