import FleetTransport
import Testing

@testable import FleetSSH

struct ByteChainTests {
  private let big = [UInt8](repeating: 0x62, count: 40_000)

  private func place(_ bytes: some Collection<UInt8>) -> UnsafeRawPointer? {
    bytes.withContiguousStorageIfAvailable { UnsafeRawPointer($0.baseAddress) } ?? nil
  }

  private func chain(_ parts: [UInt8]...) -> ByteChain {
    var chain: ByteChain = []
    for part in parts { chain.append(part) }
    return chain
  }

  @Test func `small neighbours are one piece, and a big array is shared`() {
    let chain = chain([1, 2], [], [3], big, [4], [5])
    #expect(chain.pieces.map(\.count) == [3, 40_000, 2])
    #expect(chain.count == 40_005)
    #expect(place(chain.pieces[1]) == place(big))
    let isWhole = chain.joined == [1, 2, 3] + big + [4, 5]
    #expect(isWhole)
  }

  @Test(arguments: [
    0..<0, 0..<2, 1..<3, 2..<40_004, 3..<40_003, 40_003..<40_004, 40_002..<40_005, 0..<40_005,
  ])
  func `a part has the bytes of its range`(range: Range<Int>) {
    let chain = chain([1, 2, 3], big, [4, 5])
    let isRight = chain.part(range).joined == Array(chain.joined[range])
    #expect(isRight)
    #expect(chain.part(range).count == range.count)
  }

  @Test func `a turn holds the script and the data as the command does`() throws {
    let script = [UInt8](repeating: 0x23, count: 50_000)
    var command = RemoteCommand(program: "sh", stdin: Array("50000\n".utf8))
    command.input.append(script)
    command.input.append(big)
    let words = RemoteCommand.Script(name: "runtime", bytes: 6..<50_006, lasts: true)
    let first = LastingShell.turn(command, words, mark: "m", isKnown: false)
    #expect(first.pieces.map(place).suffix(2) == [place(script), place(big)])
    #expect(first.pieces[0] == Array("m runtime 50000 40000\n".utf8))
    let second = LastingShell.turn(command, words, mark: "m", isKnown: true)
    #expect(second.pieces.map(place).suffix(1) == [place(big)])
    #expect(second.pieces[0] == Array("m runtime 0 40000\n".utf8))
  }

  @Test func `what was written is let go of, and what is left comes next`() {
    var flow = Flow(input: chain([1, 2], big), held: nil, cap: 1)
    flow.wrote(1)
    #expect(Array(flow.next) == [2])
    flow.wrote(1)
    #expect(flow.input.count == 40_000)
    #expect(place(flow.next) == place(big))
    flow.wrote(39_999)
    #expect(Array(flow.next) == [0x62])
    flow.wrote(1)
    #expect(!flow.hasInput)
    #expect(flow.next.isEmpty)
  }
}
