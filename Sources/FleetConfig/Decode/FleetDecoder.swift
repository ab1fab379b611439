package import FleetDiagnostics
package import FleetModel
internal import FleetYAML

/// Turns the text of fleet.yaml into a `Fleet`: shape and grammar, no meaning (FLT1xxx, FLT2xxx).
package enum FleetDecoder {
  /// The version of the format that this program reads.
  package static let version = 1

  /// Returns the declared fleet, as far as the text makes sense, reporting the rest.
  ///
  /// Nil when there is no tree to read or the version is another. A node with an error in it is kept
  /// where its id is usable, so that later checks do not report consequences.
  package static func decode(
    _ source: SourceText,
    into diagnostics: inout Diagnostics
  ) -> Fleet? {
    guard let root = YAMLLoader.load(source, into: &diagnostics) else { return nil }
    var reader = FleetReader()
    let fleet = reader.fleet(root)
    diagnostics.add(contentsOf: reader.scalars.diagnostics)
    return fleet
  }
}

/// Walks the tree once; one extension for each part of the file.
struct FleetReader {
  var scalars = ScalarReader()

  static let keys = [
    "version", "fleet", "network", "settings", "registry", "ssh", "role_paths", "sources", "roles",
    "nodes", "allow",
  ]

  mutating func fleet(_ root: YAMLNode) -> Fleet? {
    guard root.isMapping else {
      let given = root.isNull ? "nothing" : root.kindName
      scalars.report(
        .wrongType,
        root,
        "A fleet file is a mapping that begins with `version: 1`; this one holds \(given)."
      )
      return nil
    }
    guard checkVersion(root) else { return nil }
    var fleet = Fleet(name: "")
    for entry in root.entries { read(entry, into: &fleet) }
    for key in ["fleet", "nodes"] where root.entry(key) == nil {
      scalars.missingKey(key, of: "The fleet file", at: Self.start(root), path: "")
    }
    return fleet
  }

  private mutating func checkVersion(_ root: YAMLNode) -> Bool {
    guard let version = root["version"] else {
      scalars.missingKey(
        "version",
        of: "The fleet file",
        at: Self.start(root),
        path: ""
      )
      return true
    }
    guard let number = scalars.number(version, in: Int.min...Int.max) else {
      return true
    }
    guard number == FleetDecoder.version else {
      scalars.report(
        .unsupportedVersion,
        version,
        "The file says version \(number); this fleetctl reads version \(FleetDecoder.version)."
          + (number > FleetDecoder.version ? " A newer fleetctl may read it." : "")
      )
      return false
    }
    return true
  }

  private mutating func read(_ entry: YAMLEntry, into fleet: inout Fleet) {
    let value = entry.value
    switch entry.key {
    case "version": break
    case "fleet":
      let form = "1 to 64 letters, digits, `.`, `_` or `-`, beginning with a letter or digit"
      if let name = scalars.text(value, "`fleet`", form: form, { NodeID($0) != nil }) {
        fleet.name = name
      }
    case "network":
      let form = "a network such as `172.16.168.0/24` with no bit set behind the prefix"
      if let text = scalars.text(value, "`network`", form: form, { AddressRange($0) != nil }) {
        fleet.network = Located(text, at: value.span)
      }
    case "settings": settings(value, into: &fleet.settings)
    case "registry":
      fleet.registry = scalars.word(value, of: ["autobot", "none"]) ?? fleet.registry
    case "ssh": fleet.ssh = ssh(value, of: "`ssh`")
    case "role_paths":
      for item in scalars.list(value, "`role_paths`") ?? [] {
        if let path = path(item, "A role path") {
          fleet.rolePaths.append(Located(path, at: item.span))
        }
      }
    case "sources": sources(value, into: &fleet)
    case "roles": roleParameters(value, into: &fleet)
    case "nodes":
      fleet.nodesSpan = entry.keySpan
      nodes(value, into: &fleet)
    case "allow": fleet.allow += waivers(value)
    default: scalars.unknownKey(entry, of: "The fleet file", known: Self.keys)
    }
  }

  /// The first character of the file's content: the place for what is missing there.
  private static func start(_ root: YAMLNode) -> SourceSpan {
    root.entries.first?.keySpan ?? root.span
  }

  mutating func path(_ node: YAMLNode, _ what: String) -> String? {
    let form = "a path that does not begin with `-` and holds no control character"
    return scalars.text(node, what, form: form, Grammar.isPath)
  }
}
