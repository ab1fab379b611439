internal import FleetDiagnostics
internal import FleetRegistry
internal import FleetRender

/// Words that the registry's own data ties to roles: units, old names, libraries, packages.
struct RoleWords {
  private var units: [String: [String]] = [:]
  private var libraries: [String: [String]] = [:]
  private var packages: [String: [String]] = [:]

  init(_ registry: Registry) {
    for role in registry.sortedRoles {
      let content = role.content
      let names =
        (content.units.map(\.name) + content.services.map(\.name)).compactMap(\.literal)
        + role.aliases
      for name in names where name.hasSuffix(".service") {
        Self.add(role.name, to: &units, under: String(name.dropLast(8)).lowercased())
      }
      for package in role.facts.keyPackages {
        Self.add(role.name, to: &libraries, under: Self.bare(package))
      }
      let components = role.uses.compactMap { registry.component($0.component) }
      for definition in [role] + components {
        for package in definition.content.packages.compactMap(\.name.literal) {
          Self.add(role.name, to: &packages, under: package.lowercased())
        }
      }
    }
  }

  /// What the word, in small letters, is; nil when the data does not know it.
  func answer(to word: String) -> NotARole.Answer? {
    let unit = word.hasSuffix(".service") ? String(word.dropLast(8)) : word
    if let roles = units[unit] {
      let cure = roles.count == 1 ? "Assign that." : "Assign one of those."
      return NotARole.Answer(
        text: "it is a systemd unit of \(ScalarReader.words(roles)). \(cure)",
        instead: roles
      )
    }
    if let roles = libraries[Self.bare(word)] {
      return NotARole.Answer(
        text:
          "it is a library that \(ScalarReader.words(roles)) \(Self.verb("bring", roles)) along. "
          + "Remove it.",
        instead: []
      )
    }
    if let roles = packages[word] {
      return NotARole.Answer(
        text: "it is a package that \(ScalarReader.words(roles)) \(Self.verb("install", roles)). "
          + "Remove it.",
        instead: []
      )
    }
    return nil
  }

  private static func verb(_ verb: String, _ roles: [String]) -> String {
    roles.count == 1 ? verb + "s" : verb
  }

  private static func add(
    _ role: String,
    to index: inout [String: [String]],
    under word: String
  ) {
    guard !word.isEmpty, index[word]?.contains(role) != true else { return }
    index[word, default: []].append(role)
  }

  /// `optimum[openvino]>=1.0` and `LangChain 0.3.x` without what follows the name, with neither case
  /// nor dashes: pip takes `llama_index` for `llama-index` (PEP 503).
  private static func bare(_ text: String) -> String {
    let name = text.lowercased().prefix { $0.isLetter || $0.isNumber || "-_.".contains($0) }
    return name.filter { $0 != "-" && $0 != "_" && $0 != "." }
  }
}
