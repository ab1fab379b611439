package import FleetModel

/// How many parameters a language model has, and how each is stored.
package struct ModelSize: Hashable, Sendable, Comparable {
  /// Parameters in millions.
  package let millions: Int
  /// Bits for each parameter in tenths.
  let tenthsOfBits: Int

  /// What Ollama ships unless a tag says otherwise: 4 bits with their scales and the layers kept
  /// finer, measured on `mistral:7b` (4.1 GB) and `deepseek-r1:14b` (9.0 GB).
  private static let usual = 49

  /// Reads a number of parameters: `14b`, `0.5B`, `137M`, `8x7b`.
  package init?(_ text: some StringProtocol) {
    guard let millions = Self.millions(text) else { return nil }
    self.init(millions: millions, tenthsOfBits: Self.usual)
  }

  private init(millions: Int, tenthsOfBits: Int) {
    self.millions = millions
    self.tenthsOfBits = tenthsOfBits
  }

  /// Reads the size out of a model's name, the tag first: `codellama:13b`, `phi3:14b-instruct-q8_0`,
  /// `hf.co/x/Mistral-7B-GGUF:Q4_K_M`.
  ///
  /// Nil where the name does not tell (`llama3.2:latest`, `nomic-embed-text`).
  package init?(named name: String) {
    let model = name.split(separator: "/").last ?? ""
    let halves = model.split(separator: ":", maxSplits: 1)
    let words = halves.reversed().flatMap { $0.split { $0 == "-" || $0 == "_" } }
    guard let millions = words.lazy.compactMap({ Self.millions($0) }).first else { return nil }
    let bits = words.lazy.compactMap { Self.bits($0) }.first
    self.init(millions: millions, tenthsOfBits: bits ?? Self.usual)
  }

  /// The memory that its parameters take, without context and working space.
  package var memory: ByteCount { ByteCount(bytes: millions * 1_000_000 * tenthsOfBits / 80) }

  /// `14B`, `137M`, for people.
  package var display: String {
    guard millions >= 1000 else { return "\(millions)M" }
    let tenths = millions % 1000 / 100
    return tenths == 0 ? "\(millions / 1000)B" : "\(millions / 1000).\(tenths)B"
  }

  /// Orders by the number of parameters.
  package static func < (left: Self, right: Self) -> Bool { left.millions < right.millions }

  /// `14b` is 14,000, `8x7b` is 56,000; nil for anything else or more than a million times a million.
  private static func millions(_ text: some StringProtocol) -> Int? {
    guard let unit = text.last, "bBmM".contains(unit) else { return nil }
    let factors = text.dropLast().split(
      omittingEmptySubsequences: false,
      whereSeparator: { $0 == "x" || $0 == "X" }
    )
    guard factors.count <= 2, let last = factors.last, let thousandths = thousandths(last) else {
      return nil
    }
    var count = 1
    if factors.count == 2 {
      guard let experts = Int(factors[0]), (1...1000).contains(experts) else { return nil }
      count = experts
    }
    let isMilliards = unit == "b" || unit == "B"
    let millions = isMilliards ? thousandths * count : thousandths * count / 1000
    return (1...1_000_000_000).contains(millions) ? millions : nil
  }

  /// `0.5` is 500.
  private static func thousandths(_ text: some StringProtocol) -> Int? {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    func digits(_ part: some StringProtocol) -> Bool {
      !part.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
    guard let whole = parts.first, digits(whole), whole.utf8.count <= 6, let value = Int(whole)
    else { return nil }
    guard parts.count == 2 else { return value * 1000 }
    let fraction = parts[1].prefix(3)
    guard digits(parts[1]), let rest = Int(fraction) else { return nil }
    return value * 1000 + rest * [100, 10, 1][fraction.count - 1]
  }

  /// Bits for each parameter of a quantisation, scales included (llama.cpp's own figures).
  private static func bits(_ word: some StringProtocol) -> Int? {
    switch word.lowercased() {
    case "q2": 34
    case "q3": 39
    case "q4", "iq4": 49
    case "q5": 57
    case "q6": 66
    case "q8": 85
    case "fp16", "f16", "bf16": 160
    case "fp32", "f32": 320
    default: nil
    }
  }
}
