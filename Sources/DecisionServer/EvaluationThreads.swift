internal import NIOCore
internal import NIOPosix

/// Threads for work that blocks, as tasks run on them: what an evaluation looks at to end early is its task.
final class EvaluationThreads: TaskExecutor {
  private let pool: NIOThreadPool

  init(count: Int) {
    pool = NIOThreadPool(numberOfThreads: max(1, count))
    pool.start()
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    // A pool that has ended calls at once: whoever waits for the task is not left waiting.
    // SAFETY: the executor lives as long as the pool holds this closure.
    pool.submit { _ in unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }

  /// Threads end when their work does.
  func stop() { pool.shutdownGracefully { _ in } }
}
