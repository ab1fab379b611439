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
  /// The heap of another thread would grow by pages, with a call of mprotect(2) for each: 6,000 for a fleet
  /// of 10,000 nodes. A thread that has a heap of its own already keeps it. See mallopt(3).
  static func prepare() {
    _ = mallopt(M_ARENA_MAX, 1)
    _ = mallopt(M_TOP_PAD, 1 << 20)
    _ = mallopt(M_TRIM_THRESHOLD, 256 << 20)
    _ = mallopt(M_MMAP_THRESHOLD, 4 << 20)
  }

  /// Keeps what is in this process's memory here, passwords and keys of nodes: no core file, and no other
  /// process of the same user attaches to it or reads `/proc/PID/mem` and `environ`.
  ///
  /// One byte and not none: with one the kernel starts no program that collects core files either; see
  /// core(5). What is started from here is as any other program again; see PR_SET_DUMPABLE in prctl(2).
  static func keepPrivate() {
    var limit = rlimit(rlim_cur: 1, rlim_max: 1)
    _ = setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
    _ = fleetctl_hide_memory()
  }

  /// Keeps `value` until the process ends, which is soon: taking a fleet of 10,000 nodes apart takes time
  /// that nobody gains.
  static func keepUntilExit(_ value: Any) {
    _ = Unmanaged.passRetained(Holder(value))
  }
}
