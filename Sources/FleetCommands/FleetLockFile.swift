import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetView

/// `fleet.lock` beside fleet.yaml.
struct FleetLockFile {
  /// Where it is or would be.
  let path: String
  /// What it pins; nil where there is no such file.
  var lock: FleetLock?

  /// Reads the lock in `folder`, the folder of the fleet file.
  ///
  /// - Throws: `ExitCode` after telling what is wrong: a lock that cannot be believed whole is not
  ///   believed at all, and nobody is contacted.
  static func load(_ folder: String) throws -> FleetLockFile {
    let path = Files.resolve(FleetLock.fileName, in: folder)
    guard Files.exists(path) else { return FleetLockFile(path: path, lock: nil) }
    let bytes: [UInt8]
    do {
      bytes = try Files.readRegular(path, limit: (4 << 20) + 1)
    } catch {
      Terminal.note("error: \(error)\n  No machine was contacted.\n")
      throw ExitStatus.failure.error
    }
    let source = SourceText(name: path, bytes: bytes)
    var diagnostics = Diagnostics()
    let lock = FleetLockReader.decode(source, into: &diagnostics)
    guard let lock, !diagnostics.hasErrors else {
      let findings = diagnostics.sorted()
      Terminal.note(
        HumanDiagnostics.render(findings, sources: [path: source], colour: Terminal.colour(.auto))
      )
      Terminal.note("\(displayable(path)) is not sound; no machine was contacted.\n")
      throw ExitStatus.failure.error
    }
    return FleetLockFile(path: path, lock: lock)
  }

  /// What it pins for `node`: nil without a file, an empty pin where the file does not name the node.
  func pin(of node: NodeID) -> NodePin? {
    lock.map { $0.nodes[node] ?? NodePin() }
  }

  /// Writes `lock` whole or not at all, readable for all as the umask allows.
  func save() throws {
    guard let lock else { return }
    do {
      try Files.write(Array(lock.text.utf8), to: path, mode: 0o644)
    } catch {
      Terminal.note("error: \(error)\n")
      throw ExitStatus.failure.error
    }
  }
}
