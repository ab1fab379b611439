/// Bytes in order, held in pieces: what many chains have in common is in memory once.
///
/// A fleet's plan goes to each of its nodes, and a script with every request: joined they would be as
/// many copies as there are nodes.
package struct ByteChain: Hashable, Sendable, ExpressibleByArrayLiteral {
  /// Neighbours that are both smaller are one piece: each piece is a packet of its own.
  private static let least = 16 << 10

  /// The pieces, none of them empty.
  package private(set) var pieces: [[UInt8]] = []
  /// How many bytes all pieces have.
  package private(set) var count = 0

  /// Makes a chain of one piece.
  package init(_ bytes: [UInt8]) { append(bytes) }

  /// Makes a chain of one piece.
  package init(arrayLiteral bytes: UInt8...) { append(bytes) }

  /// All bytes in one array: a copy, unless there is only one piece.
  package var joined: [UInt8] {
    guard var all = pieces.first, pieces.count > 1 else { return pieces.first ?? [] }
    all.reserveCapacity(count)
    // Piece by piece: a joined sequence goes byte by byte.
    for piece in pieces.dropFirst() { all += piece }
    return all
  }

  /// Puts `bytes` at the end; a big array is shared and not copied.
  package mutating func append(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    count += bytes.count
    if let last = pieces.indices.last, max(bytes.count, pieces[last].count) < Self.least {
      pieces[last] += bytes
    } else {
      pieces.append(bytes)
    }
  }

  /// Puts the pieces of `chain` at the end.
  package mutating func append(_ chain: ByteChain) {
    for piece in chain.pieces { append(piece) }
  }

  /// The bytes of `range`; only pieces that are cut are copied.
  package func part(_ range: Range<Int>) -> ByteChain {
    var part: ByteChain = []
    var start = 0
    for piece in pieces {
      let here = range.clamped(to: start..<(start + piece.count))
      if here.count == piece.count {
        part.append(piece)
      } else if !here.isEmpty {
        part.append(Array(piece[(here.lowerBound - start)..<(here.upperBound - start)]))
      }
      start += piece.count
    }
    return part
  }

  /// Lets go of the first piece.
  package mutating func dropFirstPiece() {
    guard !pieces.isEmpty else { return }
    count -= pieces[0].count
    pieces.removeFirst()
  }
}
