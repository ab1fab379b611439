import Glibc
import Synchronization

/// The first interrupt finishes the step in progress and reports; the second ends the process.
enum Interrupt {
  private static let count = Atomic<Int>(0)

  /// Whether the user has asked to stop.
  static var isRequested: Bool { count.load(ordering: .relaxed) > 0 }

  /// Takes SIGINT and SIGTERM from here on.
  static func watch() {
    let handler: @convention(c) (Int32) -> Void = { number in
      // Only what signal-safety(7) allows.
      if Interrupt.count.add(1, ordering: .relaxed).newValue > 1 { _exit(128 + number) }
      let text: StaticString =
        "\nInterrupted: finishing the step in progress. Again to drop everything.\n"
      _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
    }
    signal(SIGINT, handler)
    signal(SIGTERM, handler)
  }
}
