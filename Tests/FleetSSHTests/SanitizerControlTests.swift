import Glibc
import Testing

private let wanted = getenv("FLEETCTL_TEST_DEFECT").map { String(cString: $0) }

/// Defects on purpose: scripts/sanitize.sh wants to see that each sanitizer finds its own before it believes a clean run.
@Suite(.enabled(if: wanted != nil, "FLEETCTL_TEST_DEFECT names none"))
struct SanitizerControlTests {
  @Test(.enabled(if: wanted == "race"))
  func twoThreadsWriteWithoutALock() {
    var threads = [pthread_t](repeating: pthread_t(), count: 2)
    let shared = UnsafeMutablePointer<Int>.allocate(capacity: 1)
    shared.initialize(to: 0)
    for index in threads.indices {
      let started = pthread_create(
        &threads[index],
        nil,
        { argument in
          let shared = argument?.assumingMemoryBound(to: Int.self)
          for _ in 0..<10_000 { shared?.pointee += 1 }
          return nil
        },
        shared
      )
      #expect(started == 0)
    }
    for thread in threads { pthread_join(thread, nil) }
    shared.deallocate()
  }

  @Test(.enabled(if: wanted == "use after free"))
  func freedMemoryIsRead() {
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 64)
    bytes.initialize(repeating: 1, count: 64)
    bytes.deallocate()
    #expect(bytes[3] != 7)
  }

  @Test(.enabled(if: wanted == "leak"))
  func memoryIsForgotten() {
    for _ in 0..<100 {
      let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 64)
      bytes.initialize(repeating: 1, count: 64)
    }
  }
}
