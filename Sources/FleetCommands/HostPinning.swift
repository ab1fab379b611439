import FleetDiagnostics
import FleetModel
import FleetSSH
import FleetTransport

/// What `hosts trust` does with what the machines show: known_hosts, and `fleet.lock`.
struct HostPinning {
  let command: TrustHostsCommand
  let nodes: [FleetNode]
  /// The nodes' targets, always with a pin: without a fleet.lock one is made.
  var targets: [SSHTarget]
  var file: FleetLockFile
  /// Whether something was pinned or replaced.
  var hasChanged = false
  /// Nodes whose host key was replaced, and so confirmed, in this run.
  var replaced: Set<String> = []
  /// Nodes whose host key is the pinned one by now.
  var sound: Set<String> = []
  /// Jump hosts that were named, and the targets of all nodes, whose ways lead over them.
  private let named: Set<String>
  private let all: [SSHTarget]

  init(_ command: TrustHostsCommand, _ selection: NodeTargets.Selection) throws {
    self.command = command
    nodes = selection.nodes
    file = try FleetLockFile.load(selection.folder)
    targets = selection.targets
    named = selection.jumpHosts
    all = selection.all
    for index in targets.indices { targets[index].pin = file.pin(of: nodes[index].id) ?? NodePin() }
  }

  /// The other way in which two nodes come to have one identity.
  static let renamed =
    " One that fleet.yaml no longer has, because it was renamed: remove its lines from fleet.lock."

  // MARK: Host keys

  /// Shows, asks and pins, the jump hosts first; true when some machine gave nothing to pin.
  mutating func pinHostKeys() async throws -> Bool {
    var failed = false
    for level in HostKeySteps(targets, jumpHosts: named, of: all).levels {
      // What the step before pinned is the way to this one.
      let survey = await HostKeySurvey.of(level.map(current))
      try Terminal.result(Table.render(survey.table))
      try refuse(survey.clones(among: Set(nodes.map(\.id.name)), file.lock))
      failed = failed || survey.hasFailures(rotating: command.rotate)
      sound.formUnion(survey.pinned.map(\.0).filter { !$0.isJumpHost }.map(\.node))
      if command.rotate { try replace(survey.changed) }
      try trust(survey.unknown)
    }
    for index in targets.indices { targets[index] = current(targets[index]) }
    return failed
  }

  /// `target` with what fleet.lock pins by now for the jump hosts, and for itself where it is one.
  private func current(_ target: SSHTarget) -> SSHTarget {
    var target = target
    target.route = target.route.pinned(by: file.lock)
    if target.isJumpHost {
      target.pin = NodePin(hostKeys: file.lock?.jumpHosts[KnownHosts.name(of: target)] ?? [])
    }
    return target
  }

  /// Copies of one image are one identity; pinning them would let each stand in for the other.
  private func refuse(_ clones: [(nodes: [String], fingerprint: String)]) throws {
    guard !clones.isEmpty else { return }
    for clone in clones {
      let names = clone.nodes.map { "`\($0)`" }.joined(separator: ", ")
      Terminal.note(
        "error: nodes \(names) show one host key, \(clone.fingerprint): they are one machine, or copies "
          + "of one image.\n  Make a key of its own on each copy, then trust it:\n"
          + "    rm /etc/ssh/ssh_host_* && ssh-keygen -A && systemctl restart ssh\n"
      )
    }
    Terminal.note("None of them was pinned." + Self.renamed + "\n")
    throw ExitStatus.identityRefused.error
  }

  private mutating func trust(_ keys: [(SSHTarget, HostKey)]) throws {
    guard !keys.isEmpty else { return }
    if !command.autoApprove {
      guard Terminal.canAsk else {
        Terminal.note("error: \(keys.count) more keys are new, and nobody can be asked.\n")
        throw ExitStatus.notApproved.error
      }
      let answer = Terminal.ask("Pin these \(keys.count) keys? Only `yes` is accepted: ")
      guard answer == "yes" else {
        Terminal.note("Nothing was pinned.\n")
        throw ExitStatus.notApproved.error
      }
    }
    let missing = keys.filter { !KnownHosts.hold($0.1, of: $0.0) }
    let files = Dictionary(grouping: missing) { $0.0.knownHostsFiles.first ?? "" }
    for path in files.keys.sorted() where !path.isEmpty {
      let lines = (files[path] ?? []).map { KnownHosts.line($0.0, $0.1, salt: Salt.new(for: $0.0)) }
      do throws(TransportError) {
        try KnownHosts.append(lines, to: path)
      } catch {
        Terminal.note("error: \(error.message)\n")
        throw ExitStatus.failure.error
      }
      Terminal.note("Pinned \(lines.count) keys in \(path).\n")
    }
    let count = try lock(keys) { pin, key in pin.hostKeys = [key.line] }
    if count > 0 { Terminal.note("Pinned \(count) keys in \(file.path).\n") }
    hasChanged = true
  }

  private mutating func replace(_ keys: [(SSHTarget, HostKey)]) throws {
    // Jump hosts of the named nodes are in the table too, but were not named.
    let keys = keys.filter { command.nodes.contains($0.0.node) }
    guard !keys.isEmpty else { return }
    try confirmReplacing(keys)
    for (target, key) in keys {
      let left: [String]
      do throws(TransportError) {
        left = try KnownHosts.rotate(target, to: key, salt: Salt.new(for: target))
      } catch {
        Terminal.note("error: \(error.message)\n")
        throw ExitStatus.failure.error
      }
      Terminal.note("Replaced the key of \(target.node) by \(key.type) \(key.fingerprint).\n")
      for place in left {
        Terminal.note("warning: \(place) still pins another key for it by a pattern.\n")
      }
      if !target.isJumpHost { replaced.insert(target.node) }
    }
    // Machine-id and node id are read anew: another host key is another installation.
    _ = try lock(keys) { pin, key in pin = NodePin(hostKeys: [key.line]) }
    hasChanged = true
  }

  /// Changes the pins of the machines in `keys` and saves the file; how many it were.
  private mutating func lock(
    _ keys: [(SSHTarget, HostKey)],
    _ change: (inout NodePin, HostKey) -> Void
  ) throws -> Int {
    var count = 0
    for (target, key) in keys {
      if target.isJumpHost {
        var lock = file.lock ?? FleetLock()
        lock.jumpHosts[KnownHosts.name(of: target)] = [key.line]
        file.lock = lock
        count += 1
        continue
      }
      guard let index = targets.firstIndex(where: { $0.node == target.node }) else { continue }
      var pin = targets[index].pin ?? NodePin()
      change(&pin, key)
      set(pin, at: index)
      sound.insert(target.node)
      count += 1
    }
    if count > 0 { try file.save() }
    return count
  }

  mutating func set(_ pin: NodePin, at index: Int) {
    targets[index].pin = pin
    var lock = file.lock ?? FleetLock()
    lock.nodes[nodes[index].id] = pin
    file.lock = lock
  }

  private func confirmReplacing(_ keys: [(SSHTarget, HostKey)]) throws {
    if let fingerprint = command.fingerprint {
      for (target, key) in keys where key.fingerprint != fingerprint {
        Terminal.note(
          "error: \(target.node) shows \(key.fingerprint), not \(displayable(fingerprint)). Nothing "
            + "was replaced.\n"
        )
        throw ExitStatus.identityRefused.error
      }
      return
    }
    let answer = Terminal.ask(
      "A changed key may be an attack. If you compared the new fingerprints with the machines' own,\n"
        + "write `replace` to replace the pins of \(keys.count) nodes: "
    )
    guard answer == "replace" else {
      Terminal.note("Nothing was replaced.\n")
      throw ExitStatus.notApproved.error
    }
  }
}

/// Random salts of hashed names.
enum Salt {
  /// 20 random bytes where names of `target` are hashed, else nil.
  static func new(for target: SSHTarget) -> [UInt8]? {
    guard target.hashesKnownHosts else { return nil }
    return (0..<20).map { _ in UInt8.random(in: 0...255) }
  }
}
