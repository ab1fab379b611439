internal import FleetDiagnostics
internal import FleetModel

/// The filters of the role language, `value|filter`.
enum Filter {
  static let names: Set<String> = [
    "systemd_size", "redis_size", "pg_size", "bytes", "mib", "seconds", "join", "sort", "unique",
    "first", "length", "upper", "lower", "json", "env", "urlencode", "nginx", "sh", "raw",
    "cidr",
  ]

  /// Filters whose result is safe in the syntax they are named for; `raw` is for the author to answer.
  static let encoders: Set<String> = ["json", "env", "urlencode", "nginx", "sh", "raw"]

  static func apply(
    _ name: String,
    to value: Value,
    _ arguments: [Value],
    at span: SourceSpan
  ) throws(TemplateFailure) -> Value {
    if name == "join" { return .string(try join(value, arguments, at: span)) }
    guard arguments.isEmpty else {
      throw TemplateFailure("`|\(name)` takes no argument.", at: span)
    }
    if case .list(let items) = value, let result = try list(name, items, at: span) { return result }
    if let result = scalar(name, value) { return result }
    if name == "json" { return .string(try JSONEncoding.encode(value, at: span)) }
    if case .string = value, let why = unspellable[name] { throw TemplateFailure(why, at: span) }
    throw TemplateFailure(
      "`|\(name)` is for \(wanted(name)); this is \(value.kindWithArticle).",
      at: span
    )
  }

  /// The type of the result when the input is not known exactly.
  static func result(_ name: String, of input: ValueType) -> ValueType {
    switch name {
    case "bytes", "mib", "seconds", "length": return .int
    case "sort", "unique": return input
    case "first":
      guard case .list(let item) = input else { return .any }
      return item
    case "env", "json", "urlencode", "nginx", "sh", "raw":
      return input.isOpen || input == .secret ? .any : .string
    default: return .string
    }
  }

  /// Why a string has no result; only these refuse some strings.
  private static let unspellable: [String: String] = [
    "env": "`|env` has no spelling for a control character.",
    "sh": "`|sh` has no spelling for a control character.",
    "nginx": "`|nginx` has no spelling for a control character or a `$`, which nginx takes for the "
      + "name of a variable.",
  ]

  private static func wanted(_ name: String) -> String {
    switch name {
    case "systemd_size", "redis_size", "pg_size", "bytes", "mib": "a size"
    case "seconds": "a duration"
    case "sort", "unique", "first": "a list"
    case "length": "a list, a map or a string"
    default: "a string"
    }
  }

  private static func scalar(_ name: String, _ value: Value) -> Value? {
    switch (name, value) {
    case ("systemd_size", .size(let size)): .string(size.systemd)
    case ("redis_size", .size(let size)): .string(size.redis)
    case ("pg_size", .size(let size)): .string(size.postgres)
    case ("bytes", .size(let size)): .int(size.bytes)
    case ("mib", .size(let size)): .int(size.bytes >> 20)
    case ("seconds", .duration(let span)): .int(span.seconds)
    case ("length", .map(let entries)): .int(entries.count)
    case ("length", .string(let text)): .int(text.unicodeScalars.count)
    case ("upper", .string(let text)): .string(text.uppercased())
    case ("lower", .string(let text)): .string(text.lowercased())
    case ("cidr", .string(let text)): .string(cidr(text))
    case ("env", .string(let text)): EnvironmentText.quote(text).map { .string($0) }
    case ("env", .int(let number)): .string(String(number))
    case ("env", .bool(let flag)): .string(String(flag))
    case ("nginx", .string(let text)): NginxText.quote(text).map { .string($0) }
    case ("sh", .string(let text)): ShellText.quote(text).map { .string($0) }
    case ("nginx", .int(let number)), ("sh", .int(let number)): .string(String(number))
    case ("raw", .string): value
    case ("urlencode", .string(let text)):
      .string(String(decoding: SecretEncoding.url.apply(Array(text.utf8)) ?? [], as: UTF8.self))
    case ("env", .secret(let secret, .plain)): .secret(secret, as: .env)
    case ("json", .secret(let secret, .plain)): .secret(secret, as: .json)
    case ("urlencode", .secret(let secret, .plain)): .secret(secret, as: .url)
    default: nil
    }
  }

  /// An address as a network of one: `10.0.0.1/32`, `fd00::1/128`; a host name stays as it is.
  private static func cidr(_ address: String) -> String {
    if address.contains(":") { return address + "/128" }
    let isIPv4 = !address.isEmpty && address.allSatisfy { $0 == "." || ("0"..."9").contains($0) }
    return isIPv4 ? address + "/32" : address
  }

  private static func list(
    _ name: String,
    _ items: [Value],
    at span: SourceSpan
  ) throws(TemplateFailure) -> Value? {
    switch name {
    case "length": return .int(items.count)
    case "first":
      guard let first = items.first else {
        throw TemplateFailure("The list is empty and has no first item.", at: span)
      }
      return first
    case "unique":
      var seen: Set<Value> = []
      return .list(items.filter { seen.insert($0).inserted })
    case "sort":
      for (left, right) in zip(items, items.dropFirst()) where left.precedes(right) == nil {
        throw TemplateFailure("Only strings, or numbers of one kind, have an order.", at: span)
      }
      return .list(items.sorted { $0.precedes($1) ?? false })
    default: return nil
    }
  }

  private static func join(
    _ value: Value,
    _ arguments: [Value],
    at span: SourceSpan
  ) throws(TemplateFailure) -> String {
    guard case .list(let items) = value else {
      throw TemplateFailure("`|join` is for a list; this is \(value.kindWithArticle).", at: span)
    }
    guard arguments.count <= 1, case .string(let separator) = arguments.first ?? .string("") else {
      throw TemplateFailure("`|join` takes one string, the separator.", at: span)
    }
    var parts: [String] = []
    for item in items { parts.append(try item.printed(at: span)) }
    return parts.joined(separator: separator)
  }
}

extension Value {
  /// The text a value prints as.
  ///
  /// Sizes, durations, lists and maps need a filter that says how.
  func printed(at span: SourceSpan) throws(TemplateFailure) -> String {
    switch self {
    case .string(let text): return text
    case .int(let number): return String(number)
    case .bool(let flag): return String(flag)
    case .absent(let why): throw TemplateFailure("There is no value here: \(why).", at: span)
    case .secret:
      throw TemplateFailure(
        "A secret may stand only in the content of `files:`, where the value is put in on the way "
          + "to the node.",
        at: span
      )
    case .size, .duration, .list, .map:
      throw TemplateFailure(
        "\(kindWithArticle.capitalizedFirst) prints only through a filter\(hint).",
        at: span
      )
    }
  }

  private var hint: String {
    switch self {
    case .size: " (`|systemd_size`, `|redis_size`, `|pg_size`, `|bytes`, `|mib`)"
    case .duration: " (`|seconds`)"
    case .list: " (`|join(', ')`, `|json`)"
    default: " (`|json`)"
    }
  }
}
