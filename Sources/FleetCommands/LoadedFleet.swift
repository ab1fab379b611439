import FleetCompile
import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetRegistry
import FleetResources
import FleetView

/// fleet.yaml and its registry, read and validated.
struct LoadedFleet {
  /// The resolved fleet; nil when there are errors that leave none.
  let resolved: ResolvedFleet?
  /// The roles in use, as far as they could be read.
  let registry: Registry
  /// All findings.
  var diagnostics: Diagnostics
  /// Texts that findings point into.
  let sources: [String: SourceText]
  /// The file as named.
  let file: String
  /// What this run makes of the severity of findings.
  let severities: SeverityPolicy
  /// Its folder, for relative paths in it.
  var folder: String { file == "-" ? "." : Files.folder(of: file) }

  /// Reads and validates what `options` name.
  ///
  /// - Throws: `ExitCode` after telling why, when there is no such file.
  static func load(_ options: FleetOptions) throws -> LoadedFleet {
    try load(options.file, strict: options.strict, overrides: options.warn)
  }

  /// Does the same with the file and what the run makes of severities.
  static func load(
    _ file: String,
    strict: Bool,
    overrides: [RuleOverride] = []
  ) throws -> LoadedFleet {
    let source = try read(file)
    var diagnostics = Diagnostics()
    var files = FleetFiles(main: file, source)
    var found = Diagnostics()
    let fleet = FleetDecoder.decode(
      source,
      identity: files.identity,
      worker: WorkerThread.ifUseful,
      into: &found
    ) { path, limit in
      files.include(path, limit: limit)
    }
    let registry = registry(for: fleet, &files, &diagnostics)
    let severities = SeverityPolicy(strict: strict, overrides: overrides)
    diagnostics = severities.applied(to: diagnostics)
    var resolved: ResolvedFleet?
    if let fleet {
      resolved = FleetValidator.validate(
        fleet,
        registry: registry,
        strict: strict,
        overrides: overrides,
        into: &found
      )
      diagnostics.add(contentsOf: found)
    } else {
      diagnostics.add(contentsOf: severities.applied(to: found))
    }
    let loaded = LoadedFleet(
      resolved: resolved,
      registry: registry,
      diagnostics: diagnostics,
      sources: files.sources,
      file: file,
      severities: severities
    )
    Memory.keepUntilExit(loaded)
    return loaded
  }

  private static func read(_ file: String) throws -> SourceText {
    do {
      // One byte over the limit of FleetYAML, so that it, not we, says what the limit is.
      let bytes = try Files.read(file, limit: (4 << 20) + 1)
      return SourceText(name: file == "-" ? "stdin" : file, bytes: bytes)
    } catch {
      Terminal.note("error: \(error)\n")
      if file == "fleet.yaml" {
        Terminal.note(
          "  Run fleetctl in the folder that holds fleet.yaml, or name the file with -f FILE.\n"
        )
      }
      throw ExitStatus.failure.error
    }
  }

  /// The built-in registry, with the user's own roles from `role_paths` on top.
  private static func registry(
    for fleet: Fleet?,
    _ files: inout FleetFiles,
    _ diagnostics: inout Diagnostics
  ) -> Registry {
    // Reading the built-in roles costs more than a small fleet: only who wants them pays for it.
    var base: Registry?
    if fleet?.registry != "none" {
      let (builtIn, findings) = Registry.builtIn()
      diagnostics.add(contentsOf: findings)
      base = builtIn
    }
    guard let fleet, !fleet.rolePaths.isEmpty else { return base ?? .empty }
    var texts: [SourceText] = []
    for path in fleet.rolePaths {
      let folder = Files.resolve(path.value, in: files.folder)
      do {
        for entry in try Files.tree(folder, skip: { $0.hasPrefix(".") }) {
          texts.append(
            SourceText(
              name: folder + "/" + entry.path,
              bytes: try Files.read(folder + "/" + entry.path)
            )
          )
        }
      } catch {
        diagnostics.add(Diagnostic(.invalidValue, "`role_paths`: \(error).", at: path.span))
      }
    }
    let (registry, found) = Registry.load(files: texts, over: base)
    diagnostics.add(contentsOf: found)
    for text in texts { files.sources[text.name] = text }
    return registry
  }

  /// Prints the findings as people read them, to stderr.
  func tell(colour: Bool) {
    let sorted = diagnostics.sorted()
    guard !sorted.isEmpty else { return }
    Terminal.note(HumanDiagnostics.render(sorted, sources: sources, colour: colour))
  }

  /// The resolved fleet and its resources, or the end of the command when it is not sound.
  ///
  /// All findings go to `stream`, also those that stop nothing.
  func compiled(
    colour: Bool,
    _ stream: RunStream? = nil
  ) throws -> (ResolvedFleet, [NodeResources]) {
    stream?.tell(diagnostics, sources)
    guard let resolved, !diagnostics.hasErrors else {
      tell(colour: colour)
      Terminal.note("\(file) is not sound; no machine was contacted.\n")
      throw ExitStatus.failure.error
    }
    var findings = Diagnostics()
    let sources = OperatorSources(resolved.fleet, folder: folder)
    let nodes = FleetCompiler(resolved, sources: sources).compile(into: &findings)
    findings = severities.applied(to: findings)
    stream?.tell(findings, self.sources)
    guard !findings.hasErrors else {
      var whole = self
      whole.diagnostics.add(contentsOf: findings)
      whole.tell(colour: colour)
      throw ExitStatus.failure.error
    }
    return (resolved, nodes)
  }
}
