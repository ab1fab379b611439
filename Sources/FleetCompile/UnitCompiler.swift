import FleetDiagnostics
import FleetModel
import FleetRegistry
import FleetRender
import FleetResources

extension ContentCompiler {
  /// A unit whose file we write.
  mutating func unit(_ item: UnitItem) {
    guard let name = evaluator.unitName(item.name) else { return }
    if item.state == .absent {
      builder.unit(name, by: owner, at: item.span) {
        $0.state = .stopped
        $0.enabled = false
      }
      let spec = AbsentPathSpec(path: "/etc/systemd/system/\(name)")
      return add(.file, spec.path, .absentPath(spec), at: item.span)
    }
    guard let text = item.render(evaluator.scope, into: &evaluator.diagnostics) else { return }
    let spec = FileSpec(
      path: "/etc/systemd/system/\(name)",
      content: FileContent(text: text),
      ownership: Ownership(owner: "root", group: "root", mode: 0o644),
      effect: ChangeEffect(restart: item.state == .started ? [name] : []),
      isUnitDefinition: true
    )
    add(.file, spec.path, .file(spec), at: item.span)
    state(name, item.state, enable: item.enable, item.restartOn, item.reloadOn, at: item.span)
  }

  /// A drop-in of a unit that a package brings.
  mutating func dropIn(_ item: DropInItem) {
    guard let unit = evaluator.unitName(item.unit),
      let text = item.render(evaluator.scope, into: &evaluator.diagnostics)
    else { return }
    let folder = "/etc/systemd/system/\(unit).d"
    let root = Ownership(owner: "root", group: "root", mode: 0o755)
    add(
      .dir,
      folder,
      .directory(DirectorySpec(path: folder, ownership: root, data: false)),
      at: item.span
    )
    let spec = FileSpec(
      path: "\(folder)/\(item.name)",
      content: FileContent(text: text),
      ownership: Ownership(owner: "root", group: "root", mode: 0o644),
      effect: ChangeEffect(restart: [unit]),
      isUnitDefinition: true
    )
    add(.dropIn, spec.path, .file(spec), at: item.span)
  }

  /// A backup: the service that makes it knows what it copies, and for whom.
  mutating func backup(_ item: BackupItem) {
    guard !item.covers.isEmpty, let name = item.unit.flatMap({ evaluator.string($0) }) else {
      return
    }
    let service = name.hasSuffix(".timer") ? String(name.dropLast(6)) + ".service" : name
    let role = owner.role
    let covered = evaluator.strings(item.covers).map { UnitSpec.Backup(unit: $0, role: role) }
    builder.unit(service, by: owner, at: item.span) { $0.backups += covered }
  }

  /// A unit that a package brings: its state only.
  mutating func service(_ item: ServiceItem) {
    guard let name = evaluator.unitName(item.name) else { return }
    state(name, item.state, enable: item.enable, item.restartOn, item.reloadOn, at: item.span)
  }

  private mutating func state(
    _ name: String,
    _ state: UnitState,
    enable: Bool,
    _ restartOn: [TemplateText],
    _ reloadOn: [TemplateText],
    at span: SourceSpan
  ) {
    let restarts = evaluator.strings(restartOn).map { UnitSpec.Consumed(path: $0, reload: false) }
    let reloads = evaluator.strings(reloadOn).map { UnitSpec.Consumed(path: $0, reload: true) }
    builder.unit(name, by: owner, at: span) { spec in
      switch state {
      case .started: spec.state = .started
      case .stopped, .absent: spec.state = .stopped
      case .untouched: spec.state = .untouched
      }
      if state != .untouched { spec.enabled = enable }
      spec.consumes += restarts + reloads
    }
  }
}
