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
  /// where its id is usable, so that later checks do not report consequences. Included files are
  /// merged, groups applied. `identity` is the main file's, as `include` would give it (see
  /// `IncludeAnswer`); `include` reads the files that `include:` names. A `worker` reads the nodes
  /// of the main file beside the parser; the outcome is the same.
  package static func decode(
    _ source: SourceText,
    identity: String? = nil,
    worker: (any SerialWorker)? = nil,
    into diagnostics: inout Diagnostics,
    include: IncludeReader = noOtherFiles
  ) -> Fleet? {
    var walk = IncludeWalk()
    walk.reader.feed = worker.map { NodeFeed($0) }
    let isFleet = walk.main(source, identity: identity ?? source.name, include)
    if isFleet { walk.reader.finish(&walk.fleet) }
    diagnostics.add(contentsOf: walk.findings)
    return isFleet ? walk.fleet : nil
  }

  /// The reader of a text that stands alone.
  package static func noOtherFiles(_ path: String, _ limit: Int) -> IncludeAnswer {
    .unreadable(why: "other files are not read here", nearby: [])
  }
}

/// Walks the trees of a fleet's files; one extension for each part of a file.
struct FleetReader {
  /// The file that is read now.
  struct File {
    /// Its folder as seen from the main file's, empty for the same.
    var folder = ""
    var isMain = true
  }

  var scalars = ScalarReader()
  var file = File()
  /// Nodes of the main file that were read ahead.
  var feed: NodeFeed?
  /// Whether something could not be read that may hold nodes or labels: what seems to be missing
  /// then may only be a consequence.
  var isIncomplete = false
  /// Whether a group does not say in a readable way which nodes it means.
  var hasLostMembers = false
  /// The first `nodes:` without any, an error if no file has one.
  var emptyNodes: YAMLNode?
  /// Where names were declared, to find them again in other files.
  var nodeSpans: [NodeID: SourceSpan] = [:]
  var groupSpans: [GroupID: SourceSpan] = [:]
  var sourceSpans: [String: SourceSpan] = [:]
  /// Where the main file's content begins: the place for what is missing there.
  private var start: SourceSpan?

  static let keys = [
    "version", "fleet", "network", "settings", "registry", "ssh", "include", "role_paths",
    "sources", "roles", "groups", "nodes", "allow", "protect",
  ]

  /// Reads one file into the fleet; returns what it includes, or nil after reporting why it is no
  /// file of a fleet.
  mutating func document(_ root: YAMLNode, into fleet: inout Fleet) -> [Located<String>]? {
    guard root.isMapping else {
      let given = root.isNull ? "nothing" : root.kindName
      let what =
        file.isMain
        ? "A fleet file is a mapping that begins with `version: 1`"
        : "An included file is a mapping such as `nodes: {web-1: {address: 10.0.0.1}}`"
      scalars.report(.wrongType, root, "\(what); this one holds \(given).")
      return nil
    }
    guard checkVersion(root) else { return nil }
    if file.isMain { start = Self.start(root) }
    var includes: [Located<String>] = []
    var meant: Set<String> = []
    for entry in root.entries {
      if entry.key == "include" {
        includes = include(entry.value)
      } else if !file.isMain, FleetKeys.mainOnly.contains(entry.key) {
        refuse(entry)
      } else if let key = read(entry, into: &fleet) {
        meant.insert(key)
      }
    }
    if file.isMain, root.entry("fleet") == nil, !meant.contains("fleet") {
      missing("fleet", "fleet: my-fleet")
    }
    // A misspelt `include` or `nodes` may hold what seems to be missing.
    if meant.contains("include") || meant.contains("nodes") { isIncomplete = true }
    return includes
  }

  /// Checks what only all files together show, and applies the groups.
  mutating func finish(_ fleet: inout Fleet) {
    if fleet.nodes.isEmpty, !isIncomplete {
      if let emptyNodes {
        scalars.report(
          .invalidValue,
          emptyNodes,
          "`nodes` is empty; a fleet has at least one node."
        )
      } else if fleet.nodesSpan == nil {
        missing("nodes", "nodes: {web-1: {address: 10.0.0.1}}")
      }
    }
    fleet.isPartial = isIncomplete
    GroupMerge.apply(to: &fleet, into: &scalars.diagnostics)
    if hasLostMembers { fleet.isPartial = true }
  }

  private mutating func checkVersion(_ root: YAMLNode) -> Bool {
    guard let version = root["version"] else {
      if file.isMain, !root.entries.contains(where: { Self.meansVersion($0.key) }) {
        let first = Self.start(root)
        let edit = Suggestion.Edit(
          replace: SourceSpan(file: first.file, start: first.start, end: first.start),
          with: "version: \(FleetDecoder.version)\n"
        )
        let isBlock = first.start.column == 1
        scalars.missingKey(
          "version",
          of: "The fleet file",
          at: first,
          path: "",
          example: "version: \(FleetDecoder.version)",
          edits: isBlock ? [edit] : []
        )
      }
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

  private static func meansVersion(_ key: String) -> Bool {
    NearestName.of(key, in: keys) == "version"
  }

  /// Returns the key that was probably meant where there is none of that name.
  private mutating func read(_ entry: YAMLEntry, into fleet: inout Fleet) -> String? {
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
    case "groups": groups(value, into: &fleet)
    case "nodes":
      if fleet.nodesSpan == nil { fleet.nodesSpan = entry.keySpan }
      nodes(value, into: &fleet)
    case "allow": fleet.allow += waivers(value)
    case "protect": fleet.protect += protected(value, isOfNode: false)
    default:
      let known = file.isMain ? FleetKeys.main : FleetKeys.included
      let what = file.isMain ? "The fleet file" : "An included file"
      return scalars.unknownKey(entry, of: what, known: known)
    }
    return nil
  }

  private mutating func refuse(_ entry: YAMLEntry) {
    scalars.diagnostics.add(
      Diagnostic(
        .unknownKey,
        "`\(entry.key)` is about the fleet as a whole and may stand in the main file only, not in "
          + "one that is included. Move it there.",
        at: entry.keySpan,
        path: entry.path
      )
    )
  }

  private mutating func include(_ node: YAMLNode) -> [Located<String>] {
    guard let items = scalars.list(node, "`include`") else {
      isIncomplete = true
      return []
    }
    var first: [String: SourceSpan] = [:]
    return items.compactMap { item in
      let form = "the path of a file that does not begin with `-` and holds no control character"
      guard let path = scalars.text(item, "An include", form: form, Grammar.isPath) else {
        isIncomplete = true
        return nil
      }
      if let other = first.updateValue(item.span, forKey: FleetPath.tidied(path)) {
        scalars.diagnostics.add(
          DeclaredTwice.finding("`\(path)`", at: item.span, other: other, path: item.path)
        )
        return nil
      }
      return Located(path, at: item.span)
    }
  }

  private mutating func missing(_ key: String, _ example: String) {
    guard let start else { return }
    scalars.missingKey(key, of: "The fleet file", at: start, path: "", example: example)
  }

  mutating func report(twice what: String, _ entry: YAMLEntry, other: SourceSpan?) {
    scalars.diagnostics.add(
      DeclaredTwice.finding(what, at: entry.keySpan, other: other, path: entry.path)
    )
  }

  /// The first character of the file's content: the place for what is missing there.
  private static func start(_ root: YAMLNode) -> SourceSpan {
    root.entries.first?.keySpan ?? root.span
  }

  /// A path as seen from the main file's folder.
  mutating func path(_ node: YAMLNode, _ what: String) -> String? {
    let form = "a path that does not begin with `-` and holds no control character"
    let path = scalars.text(node, what, form: form, Grammar.isPath)
    // The main file's paths stay as they are written: messages show them.
    return file.folder.isEmpty ? path : path.map { FleetPath.join(file.folder, $0) }
  }
}
