import FleetResources

extension ProbeParser {
  /// Who brought what no record names.
  mutating func readOrigins() {
    let asked = Set(request.packageFiles)
    for line in sections.first("package-files")?.lines ?? [] where line.hasSuffix(": OK") {
      let path = String(line.dropLast(4))
      if asked.contains(path) { node.packageFiles.insert(path) }
    }
    for line in sections.first("past")?.lines ?? [] {
      // Number, verb, whether it has a blob, arguments; each ended by a unit separator.
      let fields = line.split(separator: "\u{1F}", omittingEmptySubsequences: false).map(
        String.init
      )
      guard fields.count > 4 else { continue }
      let arguments = fields[3...].dropLast()
      switch fields[1] {
      case "make-dir", "sync-source":
        if let path = arguments.first { node.ownPaths.insert(path) }
      case "unpack-archive" where arguments.count > 2: node.ownPaths.insert(arguments[5])
      case "apt-install":
        for argument in arguments {
          node.ownPackages.insert(String(argument.prefix { $0 != "=" }))
        }
      default: continue
      }
    }
  }
}
