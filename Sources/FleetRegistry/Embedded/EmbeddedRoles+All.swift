// Written by scripts/embed-roles.sh from roles/; do not edit.
// swift-format-ignore-file

extension EmbeddedRoles {
  /// The files of all roles, by role and path.
  static let all: [[File]] = [autobotBase, nginx, nodejs, postgresql, redis, slmAgent, slmBackend, slmDatabase, slmFrontend, slmMonitoring]
}
