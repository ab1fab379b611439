/// The elements of a well-formed XML text, read by rules much stricter than XML's own: no DTD, no
/// CDATA, attributes in double quotes.
struct XMLElements {
  struct Element {
    let name: String
    let attributes: [String: String]
    /// Text directly in it.
    var text = ""
    /// Names of the elements around it.
    let parents: [String]

    func number(_ name: String) -> Int { attributes[name].flatMap { Int($0) } ?? -1 }
  }

  struct Malformed: Error {
    let what: String
  }

  private(set) var all: [Element] = []

  init(_ text: String) throws {
    var rest = Substring(text)
    guard rest.hasPrefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg ") else {
      throw Malformed(what: "no XML declaration")
    }
    rest = rest.dropFirst(39)
    var open: [Int] = []
    while let next = rest.firstIndex(of: "<") {
      try add(rest[..<next], to: open.last)
      let end = try Self.end(of: rest[next...])
      let tag = rest[rest.index(after: next)..<end]
      rest = rest[rest.index(after: end)...]
      if tag.hasPrefix("/") {
        guard let last = open.popLast(), all[last].name == tag.dropFirst() else {
          throw Malformed(what: "</\(tag.dropFirst())> closes nothing")
        }
        continue
      }
      let isEmpty = tag.hasSuffix("/")
      all.append(try Self.element(isEmpty ? tag.dropLast() : tag, open.map { all[$0].name }))
      if !isEmpty { open.append(all.count - 1) }
    }
    guard open.isEmpty, rest.allSatisfy(\.isWhitespace) else { throw Malformed(what: "not closed") }
  }

  private mutating func add(_ text: Substring, to element: Int?) throws {
    guard let element else {
      guard text.allSatisfy(\.isWhitespace) else { throw Malformed(what: "text outside") }
      return
    }
    all[element].text += try Self.unescaped(text)
  }

  /// The `>` that ends a tag: one inside an attribute's quotes does not.
  private static func end(of text: Substring) throws -> Substring.Index {
    var isQuoted = false
    for index in text.indices {
      switch text[index] {
      case "\"": isQuoted.toggle()
      case ">" where !isQuoted: return index
      default: continue
      }
    }
    throw Malformed(what: "a tag without an end")
  }

  private static func element(_ tag: Substring, _ parents: [String]) throws -> Element {
    let name = tag.prefix { $0 != " " }
    var attributes: [String: String] = [:]
    var rest = tag.dropFirst(name.count).drop { $0 == " " }
    while !rest.isEmpty {
      guard let equals = rest.firstIndex(of: "="),
        rest[rest.index(after: equals)...].first == "\"",
        let end = rest[equals...].dropFirst(2).firstIndex(of: "\"")
      else { throw Malformed(what: "attributes of <\(tag)>") }
      let key = String(rest[..<equals])
      guard attributes[key] == nil else { throw Malformed(what: "\(key) twice") }
      attributes[key] = try unescaped(rest[equals..<end].dropFirst(2))
      rest = rest[rest.index(after: end)...].drop { $0 == " " }
    }
    return Element(name: String(name), attributes: attributes, parents: parents)
  }

  private static func unescaped(_ text: Substring) throws -> String {
    var result = ""
    var rest = text
    while let next = rest.firstIndex(where: { $0 == "&" || $0 == "<" }) {
      result += rest[..<next]
      let names = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'"]
      guard let end = rest[next...].firstIndex(of: ";"),
        let value = names[String(rest[rest.index(after: next)..<end])]
      else { throw Malformed(what: "a bare & or < in \(text)") }
      result += value
      rest = rest[rest.index(after: end)...]
    }
    return result + rest
  }
}
