/// The keys of fleet.yaml by the mapping that has them, as the decoder knows them.
///
/// docs/fleet-file.md is compared with these lists by a test.
package enum FleetKeys {
  /// What a file may have.
  package static let main = FleetReader.keys
  /// What only the main file may have.
  package static let mainOnly = ["fleet", "network", "settings", "registry", "ssh"]
  /// What an included file may have.
  package static let included = main.filter { !mainOnly.contains($0) }
  /// `settings`.
  package static let settings = FleetReader.settingKeys
  /// `ssh` of the fleet, of a group and of a node.
  package static let ssh = FleetReader.sshKeys
  /// One of `sources`.
  package static let source = ["path"]
  /// One of `nodes`.
  package static let node = FleetReader.nodeKeys
  /// One of `groups`.
  package static let group = FleetReader.groupKeys
  /// `hardware` of a node and of a group.
  package static let hardware = FleetReader.hardwareKeys
  /// One of `gpus`.
  package static let gpu = FleetReader.deviceKeys("gpu")
  /// One of `npus`.
  package static let npu = FleetReader.deviceKeys("npu")
  /// One of `allow`.
  package static let waiver = ["rule", "because"]
}
