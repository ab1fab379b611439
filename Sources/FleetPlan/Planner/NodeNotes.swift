internal import FleetModel
internal import FleetResources

/// Findings on one node that are no changes.
struct NodeNotes {
  let planner: NodePlanner

  func add(to draft: inout NodeDraft) {
    let system = planner.observed.system
    if let holder = planner.observed.lockHolder {
      draft.notes.append(note("info", "the node is locked by \(holder)"))
    }
    if let closure = planner.observed.packageClosure, !planner.context.planned.packages.isEmpty {
      draft.node.packageClosure = closure.sorted()
    }
    for text in MachineNotes(planner: planner).texts() {
      draft.notes.append(note("warning", text))
    }
    for resource in planner.resources {
      let look = Look(resource, planner.observed, planner.context)
      switch resource.spec {
      case .unit(let unit):
        for text in unit.wideListeners(look) {
          draft.notes.append(note("warning", text, resource.address))
        }
        if let path = foreignDefinition(unit) {
          let text = "\(path) is not ours and overrides the unit file that the package brings"
          draft.notes.append(note("warning", text, resource.address))
        }
      case .step(let step) where planner.verdicts[resource.address]?.gap != nil:
        if let missing = missingInterpreter(step, system) {
          draft.notes.append(note("warning", missing, resource.address))
        }
      default: continue
      }
    }
  }

  private func note(
    _ severity: String,
    _ text: String,
    _ address: ResourceAddress? = nil
  ) -> PlanNote {
    PlanNote(severity: severity, node: planner.input.id, address: address?.description, text: text)
  }

  private func foreignDefinition(_ unit: UnitSpec) -> String? {
    let path = "/etc/systemd/system/" + unit.name
    guard planner.context.desired.byPath[path] == nil,
      case .value(let seen) = planner.observed.paths[path] ?? .absent, seen.kind == .file
    else { return nil }
    return path
  }

  /// Steps name interpreters by their minor version; a missing one fails late in the build.
  private func missingInterpreter(_ step: StepSpec, _ system: SystemFacts) -> String? {
    let names = step.commands.compactMap(\.first).filter { name in
      name.hasPrefix("python3.") && !name.contains("/")
    }
    for name in names where system.interpreters[name] == nil {
      // Which minor version `python3` brings is known only when it is there.
      let packages = planner.context.planned.packages.keys
      if packages.contains("python3") || packages.contains(where: { $0.hasPrefix(name) }) {
        continue
      }
      return "\(name) is not on the node, and the step \(step.name) runs it"
    }
    return nil
  }
}
