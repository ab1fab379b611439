#if FLEETCTL_TSAN
import Glibc

/// What stands for `Synchronization.Mutex` in builds of scripts/sanitize.sh for the thread sanitizer, and in no other.
///
/// A contended `Synchronization.Mutex` is handed on by the kernel (`FUTEX_LOCK_PI`) from within
/// `libswiftSynchronization.so`. That library is built without the sanitizer and, unlike Swift's runtime since
/// swiftlang/swift#66721, does not tell it of its locks (swiftlang/swift#71383): what the lock protects is then
/// reported as a race. The sanitizer knows pthread's locks. A suppression would have to name `withLock`, and with it
/// hide races in whatever runs under a lock.
struct Mutex<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
  private let lock: UnsafeMutablePointer<pthread_mutex_t>
  private let value: UnsafeMutablePointer<Value>

  init(_ initial: consuming sending Value) {
    lock = .allocate(capacity: 1)
    lock.initialize(to: pthread_mutex_t())
    pthread_mutex_init(lock, nil)
    value = .allocate(capacity: 1)
    value.initialize(to: initial)
  }

  deinit {
    value.deinitialize(count: 1)
    value.deallocate()
    pthread_mutex_destroy(lock)
    lock.deallocate()
  }

  borrowing func withLock<Result: ~Copyable, E: Error>(
    _ body: (inout sending Value) throws(E) -> sending Result
  ) throws(E) -> sending Result {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    return try body(&value.pointee)
  }
}
#endif
