import CLibSSH2
import Glibc
import Synchronization

/// The one thread on which every SSH session lives: a serial executor that waits in `epoll_wait(2)`.
///
/// Each connection is an actor on this executor, so libssh2 is only ever entered from here, calls of
/// two connections never run at the same time, and no lock is held across a libssh2 call. Blocking
/// here delays every connection: name resolution happens elsewhere.
///
/// It is a task executor too, and each operation of a connection prefers it (`running(_:)`): Swift
/// resumes a continuation on the task's executor and only then hops to the actor's. Without the preference
/// every wait would go through the common pool, which has one thread a core: while those are busy
/// comparing, no connection would get on.
final class EventLoop: SerialExecutor, TaskExecutor {
  /// Names the waiting party; a connection has one and waits for one thing at a time.
  typealias LinkID = UInt64

  /// Why a wait came to its end.
  enum Wakeup: Sendable {
    case ready, timedOut, cancelled
  }

  /// The continuation of one wait.
  typealias Continuation = UnsafeContinuation<Wakeup, Never>

  fileprivate struct Waiter {
    let continuation: Continuation
    let deadline: UInt64
  }

  fileprivate struct State {
    var jobs: [UnownedJob] = []
    var waiters: [LinkID: Waiter] = [:]
    var cancelled: Set<LinkID> = []
    // A lower bound of all deadlines: exact minima are computed only when this one is reached.
    var soonest = UInt64.max
    var polling = false
    var lastLink: LinkID = 0
  }

  private let epoll: Int32
  private let bell: Int32
  private let state = Mutex(State())

  /// The loop of this process, started at the first use; nil when the kernel refused.
  static let shared: EventLoop? = EventLoop()

  private init?() {
    epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    bell = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    guard epoll >= 0, bell >= 0 else { return nil }
    Self.raiseFileLimit()
    var event = epoll_event()
    event.events = EPOLLIN.rawValue
    event.data.u64 = 0
    guard epoll_ctl(epoll, EPOLL_CTL_ADD, bell, &event) == 0 else { return nil }
    let keep = Unmanaged.passRetained(self)
    var thread = pthread_t()
    let started = pthread_create(
      &thread,
      nil,
      { argument in
        if let argument {
          Unmanaged<EventLoop>.fromOpaque(argument).takeUnretainedValue().turn()
        }
        return nil
      },
      keep.toOpaque()
    )
    guard started == 0 else {
      keep.release()
      return nil
    }
    pthread_detach(thread)
  }

  /// A fleet may have more nodes than the usual soft limit of 1024 open files.
  private static func raiseFileLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    // Not to the end: some child programs close every possible descriptor one by one.
    limit.rlim_cur = max(limit.rlim_cur, min(limit.rlim_max, 65_536))
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }

  // MARK: Executor

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let mustRing = state.withLock { state in
      state.jobs.append(job)
      return state.silence()
    }
    if mustRing { ring() }
  }

  /// Runs `body` so that its waits end on this thread, with no way through another.
  func running<Value: Sendable>(
    isolation: isolated (any Actor)? = #isolation,
    _ body: () async -> Value
  ) async -> Value {
    await withTaskExecutorPreference(self, operation: body)
  }

  private func ring() {
    eventfd_write(bell, 1)
  }

  private func turn() -> Never {
    var events = [epoll_event](repeating: epoll_event(), count: 256)
    var woken: [(Continuation, Wakeup)] = []
    var jobs: [UnownedJob] = []
    while true {
      let timeout = state.withLock { $0.prepareToPoll() }
      let count = epoll_wait(epoll, &events, Int32(events.count), timeout)
      state.withLock { state in
        state.polling = false
        for event in events.prefix(Int(max(0, count))) {
          state.wake(event.data.u64, .ready, into: &woken)
        }
        state.expire(into: &woken)
      }
      if events.prefix(Int(max(0, count))).contains(where: { $0.data.u64 == 0 }) {
        var value: eventfd_t = 0
        eventfd_read(bell, &value)
      }
      for (continuation, wakeup) in woken { continuation.resume(returning: wakeup) }
      woken.removeAll(keepingCapacity: true)
      state.withLock { swap(&jobs, &$0.jobs) }
      for job in jobs {
        job.runSynchronously(
          isolatedTo: asUnownedSerialExecutor(),
          taskExecutor: asUnownedTaskExecutor()
        )
      }
      jobs.removeAll(keepingCapacity: true)
    }
  }

  // MARK: Waiting

  /// A fresh name for a connection.
  func newLink() -> LinkID {
    state.withLock { state in
      state.lastLink += 1
      return state.lastLink
    }
  }

  /// Lets go of a name: a cancellation that comes later is forgotten.
  func retire(_ link: LinkID) {
    state.withLock { _ = $0.cancelled.remove(link) }
  }

  /// Parks `continuation` until `descriptor` is ready for `events`, the deadline or a cancellation.
  ///
  /// Level-triggered and one-shot: an idle connection whose peer hangs up must not spin the loop.
  /// With a negative descriptor only the deadline, `wake(_:)` and a cancellation end the wait.
  func park(
    _ continuation: Continuation,
    _ link: LinkID,
    _ descriptor: Int32,
    _ events: UInt32,
    until deadline: UInt64
  ) {
    let (isCancelled, mustRing) = state.withLock { state in
      if state.cancelled.contains(link) { return (true, false) }
      state.waiters[link] = Waiter(continuation: continuation, deadline: deadline)
      guard deadline < state.soonest else { return (false, false) }
      state.soonest = deadline
      return (false, state.silence())
    }
    if isCancelled {
      continuation.resume(returning: .cancelled)
      return
    }
    if mustRing { ring() }
    guard descriptor >= 0 else { return }
    var event = epoll_event()
    event.events = events | EPOLLONESHOT.rawValue
    event.data.u64 = link
    if epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event) != 0, errno == ENOENT,
      epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) != 0
    {
      // The next system call on the descriptor tells what is wrong with it.
      wake(link)
    }
  }

  /// Ends the wait of `link` as if its descriptor were ready; without a wait nothing happens.
  func wake(_ link: LinkID) {
    resume(link, .ready)
  }

  /// Ends the wait of `link` and every later one until `retire(_:)`, with `.cancelled`.
  func cancel(_ link: LinkID) {
    state.withLock { _ = $0.cancelled.insert(link) }
    resume(link, .cancelled)
  }

  private func resume(_ link: LinkID, _ wakeup: Wakeup) {
    let waiter = state.withLock { $0.waiters.removeValue(forKey: link) }
    waiter?.continuation.resume(returning: wakeup)
  }
}

extension EventLoop.State {
  /// Whether the bell must ring: only when the thread sleeps, and only once.
  fileprivate mutating func silence() -> Bool {
    defer { polling = false }
    return polling
  }

  /// The timeout for `epoll_wait(2)`, in milliseconds.
  fileprivate mutating func prepareToPoll() -> Int32 {
    guard jobs.isEmpty else { return 0 }
    polling = true
    guard soonest != .max else { return -1 }
    let now = Deadline.now()
    guard soonest > now else { return 0 }
    // Rounded up, so that the loop does not turn idly during the last millisecond.
    return Int32(min((soonest - now) / 1_000_000 + 1, 3_600_000))
  }

  fileprivate mutating func wake(
    _ link: EventLoop.LinkID,
    _ wakeup: EventLoop.Wakeup,
    into woken: inout [(EventLoop.Continuation, EventLoop.Wakeup)]
  ) {
    guard let waiter = waiters.removeValue(forKey: link) else { return }
    woken.append((waiter.continuation, wakeup))
  }

  fileprivate mutating func expire(
    into woken: inout [(EventLoop.Continuation, EventLoop.Wakeup)]
  ) {
    guard soonest != .max else { return }
    let now = Deadline.now()
    guard soonest <= now else { return }
    for link in waiters.filter({ $0.value.deadline <= now }).keys.sorted() {
      wake(link, .timedOut, into: &woken)
    }
    soonest = waiters.values.reduce(UInt64.max) { min($0, $1.deadline) }
  }
}
