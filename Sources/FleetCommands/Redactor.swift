import FleetModel
import FleetResources
import Synchronization

/// What is known as secret in this process, taken out of everything that it prints.
///
/// Programs print what they were given: a failed service its password, a check the line it dislikes.
/// `Terminal` hands every text through here, to stdout, stderr and the file of events alike.
enum Redactor {
  private static let known = Mutex(Redaction())

  /// Learns the secrets that a look at a node found.
  static func learn(_ observed: ObservedNode) {
    known.withLock { known in
      for (id, secret) in observed.secrets { known.add(secret, as: id.description) }
    }
  }

  /// Learns a password that somebody typed.
  static func learn(_ password: String, as name: String) {
    known.withLock { $0.add(Secret(Array(password.utf8)), as: name) }
  }

  /// Returns `text` without what is known as secret.
  static func redact(_ text: String) -> String {
    let redaction = known.withLock { $0 }
    return redaction.isEmpty ? text : redaction.applied(to: text)
  }

  /// As `redact`, of the last bytes of a longer text: a value may be cut at its start.
  static func redact(tail bytes: [UInt8]) -> [UInt8] {
    let redaction = known.withLock { $0 }
    return redaction.isEmpty ? bytes : redaction.applied(toTail: bytes)
  }
}

/// Values and what stands for them.
struct Redaction: Sendable {
  /// Shorter values are ordinary words: hiding them would hide half of every text and no secret.
  static let minimum = 8
  /// So much of a value that was cut is still recognised.
  private static let fragment = 4

  private var names: [Secret: String] = [:]
  private var order: [Secret] = []

  /// Whether nothing is known.
  var isEmpty: Bool { order.isEmpty }

  /// Adds a value, and how JSON, a URL and base64 write it.
  mutating func add(_ secret: Secret, as name: String) {
    let forms: [[UInt8]] = secret.reveal { bytes in
      guard bytes.count >= Self.minimum else { return [] }
      return [bytes, Self.json(bytes), Self.percent(bytes), Self.base64(bytes)]
    }
    for form in forms where names[Secret(form)] == nil { names[Secret(form)] = name }
    // The longest first: one value may be part of another.
    order = names.keys.sorted { one, other in
      one.reveal { one in
        other.reveal {
          $0.count < one.count || $0.count == one.count && one.lexicographicallyPrecedes($0)
        }
      }
    }
  }

  /// `text` with `(secret NAME)` for each value.
  func applied(to text: String) -> String {
    let bytes = Array(text.utf8)
    let clean = applied(to: bytes)
    return clean.count == bytes.count && clean == bytes
      ? text : String(decoding: clean, as: UTF8.self)
  }

  /// As `applied`, where the first bytes may be the end of a value.
  func applied(toTail bytes: [UInt8]) -> [UInt8] {
    var longest = (count: 0, name: "")
    for secret in order {
      let count = secret.reveal { value in
        (Self.fragment..<max(value.count, Self.fragment)).last {
          bytes.starts(with: value.suffix($0))
        } ?? 0
      }
      if count > longest.count { longest = (count, names[secret] ?? "") }
    }
    guard longest.count > 0 else { return applied(to: bytes) }
    return Array("(secret \(longest.name))".utf8)
      + applied(to: Array(bytes.dropFirst(longest.count)))
  }

  private func applied(to bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for secret in order {
      let mark = Array("(secret \(names[secret] ?? ""))".utf8)
      bytes = secret.reveal { Self.replace($0, in: bytes, by: mark) }
    }
    return bytes
  }

  private static func replace(_ value: [UInt8], in bytes: [UInt8], by mark: [UInt8]) -> [UInt8] {
    guard let first = value.first, bytes.count >= value.count else { return bytes }
    var output: [UInt8] = []
    var index = 0
    var copied = 0
    while index <= bytes.count - value.count {
      if bytes[index] == first, bytes[index..<index + value.count].elementsEqual(value) {
        output += bytes[copied..<index] + mark
        index += value.count
        copied = index
      } else {
        index += 1
      }
    }
    return copied == 0 ? bytes : output + bytes[copied...]
  }

  // MARK: How others write a value

  private static func json(_ bytes: [UInt8]) -> [UInt8] {
    bytes.flatMap { byte -> [UInt8] in byte == 0x22 || byte == 0x5C ? [0x5C, byte] : [byte] }
  }

  private static func percent(_ bytes: [UInt8]) -> [UInt8] {
    let digits = Array("0123456789ABCDEF".utf8)
    return bytes.flatMap { byte -> [UInt8] in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: [byte]
      default: [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
  }

  private static func base64(_ bytes: [UInt8]) -> [UInt8] {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var output: [UInt8] = []
    // Whole groups only: what follows the value changes the last one.
    for start in stride(from: 0, through: bytes.count - 3, by: 3) {
      let word = Int(bytes[start]) << 16 | Int(bytes[start + 1]) << 8 | Int(bytes[start + 2])
      output += [18, 12, 6, 0].map { digits[word >> $0 & 63] }
    }
    return output
  }
}
