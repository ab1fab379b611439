/// The fleet of the repository's root, compiled in (`scripts/embed-roles.sh`).
package enum EmbeddedFleet {
  /// The bytes of `fleet.yaml`: the AutoBot fleet, what `fleetctl init` writes.
  package static var autobot: [UInt8] { autobotText.withUTF8Buffer { Array($0) } }
}
