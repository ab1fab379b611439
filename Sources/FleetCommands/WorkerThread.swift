import FleetConfig
import Glibc

/// A thread that does jobs one after the other; it begins with the first and ends with this object.
final class WorkerThread: SerialWorker {
  private let queue = JobQueue()

  /// Nil on a machine with one processor, where a second thread only costs.
  static var ifUseful: WorkerThread? {
    sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1 ? WorkerThread() : nil
  }

  deinit { queue.end() }

  func begin(_ job: @escaping @Sendable () -> Void) {
    // Without a thread the job is done here and now.
    if !queue.add(job) { job() }
  }

  func wait() { queue.wait() }
}

/// The jobs of a thread, and the thread.
// Unchecked, because the variables are guarded by the mutex: waiting for a change needs pthread_cond_wait(3).
private final class JobQueue: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var jobs: [@Sendable () -> Void] = []
  /// Jobs that are not done, the one in hand included.
  private var open = 0
  private var hasThread = false
  private var isEnding = false

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  /// False if there is no thread to do it.
  func add(_ job: @escaping @Sendable () -> Void) -> Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    if !hasThread { hasThread = begin() }
    guard hasThread else { return false }
    jobs.append(job)
    open += 1
    pthread_cond_broadcast(changed)
    return true
  }

  func wait() {
    pthread_mutex_lock(mutex)
    while open > 0 { pthread_cond_wait(changed, mutex) }
    pthread_mutex_unlock(mutex)
  }

  func end() {
    pthread_mutex_lock(mutex)
    isEnding = true
    pthread_cond_broadcast(changed)
    pthread_mutex_unlock(mutex)
  }

  private func begin() -> Bool {
    var thread = pthread_t()
    let context = Unmanaged.passRetained(self)
    let failure = pthread_create(
      &thread,
      nil,
      { context in
        if let context { Unmanaged<JobQueue>.fromOpaque(context).takeRetainedValue().run() }
        return nil
      },
      context.toOpaque()
    )
    guard failure == 0 else {
      context.release()
      return false
    }
    pthread_detach(thread)
    return true
  }

  /// Does jobs until the end; those that were handed over are all done.
  private func run() {
    pthread_mutex_lock(mutex)
    while true {
      while jobs.isEmpty, !isEnding { pthread_cond_wait(changed, mutex) }
      if jobs.isEmpty { break }
      let batch = jobs
      jobs = []
      pthread_mutex_unlock(mutex)
      for job in batch { job() }
      pthread_mutex_lock(mutex)
      open -= batch.count
      pthread_cond_broadcast(changed)
    }
    pthread_mutex_unlock(mutex)
  }
}
