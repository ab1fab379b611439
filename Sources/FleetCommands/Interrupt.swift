import Glibc
import Synchronization

/// The first interrupt finishes the step in progress and reports; the second drops it and says so; the
/// third ends the process on the spot.
enum Interrupt {
  private static let count = Atomic<Int>(0)
  private static let signalNumber = Atomic<Int32>(SIGINT)

  /// Whether the user has asked to stop.
  static var isRequested: Bool { number > 0 }

  /// How often the user has asked to stop.
  static var number: Int { count.load(ordering: .relaxed) }

  /// 130 after SIGINT, 143 after SIGTERM.
  static var status: ExitStatus {
    signalNumber.load(ordering: .relaxed) == SIGTERM ? .terminated : .interrupted
  }

  /// Takes SIGINT and SIGTERM from here on.
  static func watch() {
    let handler: @convention(c) (Int32) -> Void = { number in
      // Only what signal-safety(7) allows.
      Interrupt.signalNumber.store(number, ordering: .relaxed)
      let times = Interrupt.count.add(1, ordering: .relaxed).newValue
      if times > 2 { _exit(128 + number) }
      guard times == 1 else { return }
      let text: StaticString = "\nInterrupted: finishing the step in progress. Again to drop it.\n"
      _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
    }
    signal(SIGINT, handler)
    signal(SIGTERM, handler)
  }
}
