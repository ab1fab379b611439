/// One line of ssh_config(5): a key and its arguments.
struct ConfigLine {
  /// The key in lower case.
  let key: String
  /// All that follows the key, as written.
  let rest: String
  /// The arguments; nil when a quotation mark has no partner.
  let words: [String]?

  /// Reads a line; nil for an empty one and a comment.
  init?(_ line: String) {
    let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "\u{C}" }
    var text = Substring(line).drop(while: isBlank)
    while let last = text.last, isBlank(last) || last == "\r\n" { text.removeLast() }
    guard let first = text.first, first != "#" else { return nil }
    let isQuoted = first == "\""
    if isQuoted { text = text.dropFirst() }
    let end = isQuoted ? text.firstIndex(of: "\"") : text.firstIndex { isBlank($0) || $0 == "=" }
    key = text[..<(end ?? text.endIndex)].lowercased()
    var after = end.map { text[$0...] } ?? ""
    if isQuoted, !after.isEmpty { after = after.dropFirst() }
    after = after.drop(while: isBlank)
    if after.first == "=" { after = after.dropFirst().drop(while: isBlank) }
    rest = String(after)
    words = Self.split(after)
  }

  /// Splits arguments: blanks divide, quotes of both kinds protect, `#` at a word's start ends.
  private static func split(_ text: Substring) -> [String]? {
    var words: [String] = []
    var word: String?
    var quote: Character?
    var rest = text
    while let next = rest.popFirst() {
      if next == "\\", let after = rest.first,
        after == "\\" || after == "\"" || after == "'" || (quote == nil && after == " ")
      {
        word = (word ?? "") + String(after)
        rest.removeFirst()
      } else if quote == nil, next == " " || next == "\t" {
        if let done = word { words.append(done) }
        word = nil
      } else if quote == nil, next == "#", word == nil {
        return words
      } else if quote == nil, next == "\"" || next == "'" {
        quote = next
        word = word ?? ""
      } else if next == quote {
        quote = nil
      } else {
        word = (word ?? "") + String(next)
      }
    }
    guard quote == nil else { return nil }
    if let done = word { words.append(done) }
    return words
  }

  /// A time as sshd_config(5), section TIME FORMATS, writes it, in seconds; nil for `none`.
  static func seconds(_ text: String) -> Int? {
    let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
    var total = 0
    var number = ""
    for letter in text.lowercased() {
      if letter.isNumber {
        number.append(letter)
        continue
      }
      guard let unit = units[letter], let value = Int(number) else { return nil }
      total += value * unit
      number = ""
    }
    guard !number.isEmpty else { return text.isEmpty ? nil : total }
    return Int(number).map { total + $0 }
  }
}
