/// Writes a POSIX ustar archive (IEEE 1003.1, pax "ustar Interchange Format") of regular files.
///
/// Owner, group and times are zero, so that equal files give equal bytes; the node sets the owner.
package struct TarWriter: Sendable {
  private var bytes: [UInt8] = []

  /// Makes an empty archive.
  package init() {}

  /// Adds a file; a path over 100 bytes goes into a GNU long-name record before it.
  package mutating func add(_ path: String, _ content: [UInt8], executable: Bool) {
    if path.utf8.count > 100 {
      let name = Array(path.utf8) + [0]
      header("././@LongLink", size: name.count, mode: 0o644, type: UInt8(ascii: "L"))
      body(name)
    }
    let name = String(decoding: path.utf8.prefix(100), as: UTF8.self)
    header(name, size: content.count, mode: executable ? 0o755 : 0o644, type: UInt8(ascii: "0"))
    body(content)
  }

  /// The archive with its two closing blocks.
  package func finished() -> [UInt8] {
    bytes + [UInt8](repeating: 0, count: 1024)
  }

  private mutating func body(_ content: [UInt8]) {
    bytes += content
    let rest = content.count % 512
    if rest > 0 { bytes += [UInt8](repeating: 0, count: 512 - rest) }
  }

  private mutating func header(_ name: String, size: Int, mode: Int, type: UInt8) {
    var block = [UInt8](repeating: 0, count: 512)
    func put(_ text: [UInt8], at offset: Int) {
      for (index, byte) in text.enumerated() { block[offset + index] = byte }
    }
    func octal(_ value: Int, digits: Int) -> [UInt8] {
      let text = String(value, radix: 8)
      return Array((String(repeating: "0", count: max(0, digits - text.count)) + text).utf8)
    }
    put(Array(name.utf8.prefix(100)), at: 0)
    put(octal(mode, digits: 7), at: 100)
    put(octal(0, digits: 7), at: 108)
    put(octal(0, digits: 7), at: 116)
    put(octal(size, digits: 11), at: 124)
    put(octal(0, digits: 11), at: 136)
    put(Array("        ".utf8), at: 148)
    block[156] = type
    put(Array("ustar".utf8), at: 257)
    put(Array("00".utf8), at: 263)
    let sum = block.reduce(0) { $0 + Int($1) }
    put(octal(sum, digits: 6) + [0, 0x20], at: 148)
    bytes += block
  }
}

/// Reads files of a source tree from the operator's disk.
package protocol SourceReader: Sendable {
  /// The content of the file at `path`, below `folder`; nil when it cannot be read any more.
  func content(of path: String, below folder: String) -> [UInt8]?
}
