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
    let source = try read(options.file)
    var diagnostics = Diagnostics()
    let (builtIn, findings) = Registry.builtIn()
    diagnostics.add(contentsOf: findings)
    var sources = [source.name: source]
    let registry = try registry(for: source, over: builtIn, &sources, &diagnostics)
    diagnostics = options.severities.applied(to: diagnostics)
    let resolved = FleetValidator.validate(
      source: source,
      registry: registry,
      strict: options.strict,
      overrides: options.warn,
      into: &diagnostics
    )
    return LoadedFleet(
      resolved: resolved,
      diagnostics: diagnostics,
      sources: sources,
      file: options.file,
      severities: options.severities
    )
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
    for source: SourceText,
    over builtIn: Registry,
    _ sources: inout [String: SourceText],
    _ diagnostics: inout Diagnostics
  ) throws -> Registry {
    var ignored = Diagnostics()
    guard let fleet = FleetDecoder.decode(source, into: &ignored) else { return builtIn }
    let base = fleet.registry == "none" ? nil : builtIn
    guard !fleet.rolePaths.isEmpty || base == nil else { return builtIn }
    var files: [SourceText] = []
    for path in fleet.rolePaths {
      let folder = Files.resolve(path.value, in: Files.folder(of: source.name))
      do {
        for entry in try Files.tree(folder, skip: { $0.hasPrefix(".") }) {
          files.append(
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
    let (registry, findings) = Registry.load(files: files, over: base)
    diagnostics.add(contentsOf: findings)
    for file in files { sources[file.name] = file }
    return registry
  }

  /// Prints the findings as people read them, to stderr.
  func tell(colour: Bool) {
    let sorted = diagnostics.sorted()
    guard !sorted.isEmpty else { return }
    Terminal.note(HumanDiagnostics.render(sorted, sources: sources, colour: colour))
  }

  /// The resolved fleet and its resources, or the end of the command when it is not sound.
  func compiled(colour: Bool) throws -> (ResolvedFleet, [NodeResources]) {
    guard let resolved, !diagnostics.hasErrors else {
      tell(colour: colour)
      Terminal.note("\(file) is not sound; no machine was contacted.\n")
      throw ExitStatus.failure.error
    }
    var findings = Diagnostics()
    let sources = OperatorSources(resolved.fleet, folder: folder)
    let nodes = FleetCompiler(resolved, sources: sources).compile(into: &findings)
    findings = severities.applied(to: findings)
    guard !findings.hasErrors else {
      var whole = self
      whole.diagnostics.add(contentsOf: findings)
      whole.tell(colour: colour)
      throw ExitStatus.failure.error
    }
    return (resolved, nodes)
  }
}
