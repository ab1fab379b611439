import CMalloc
import Glibc

/// How this process uses the heap: it runs for a moment, or waits for machines.
enum Memory {
  private final class Holder {
    let value: Any

    init(_ value: Any) { self.value = value }
  }

  /// Tells malloc(3) to serve all threads from one heap that grows by megabytes.
  ///
  /// Commands run on a thread of the pool, whose heap would grow by pages, with a call of mprotect(2) for
  /// each: 6,000 for a fleet of 10,000 nodes. See mallopt(3).
  static func prepare() {
    _ = mallopt(M_ARENA_MAX, 1)
    _ = mallopt(M_TOP_PAD, 1 << 20)
    _ = mallopt(M_TRIM_THRESHOLD, 256 << 20)
    _ = mallopt(M_MMAP_THRESHOLD, 4 << 20)
  }

  /// Leaves no core file: passwords and keys of nodes are in this process's memory.
  ///
  /// One byte and not none: with one the kernel starts no program that collects core files either; see
  /// core(5).
  static func refuseCoreFiles() {
    var limit = rlimit(rlim_cur: 1, rlim_max: 1)
    _ = setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
  }

  /// Keeps `value` until the process ends, which is soon: taking a fleet of 10,000 nodes apart takes time
  /// that nobody gains.
  static func keepUntilExit(_ value: Any) {
    _ = Unmanaged.passRetained(Holder(value))
  }
}
