/// `user:`.
package struct UserSpec: Sendable, Hashable {
  /// Name.
  package var name: String
  /// Whether it is a system user.
  package var system: Bool
  /// Primary group; empty for one of the same name.
  package var group: String
  /// Supplementary groups it must be in; others are left alone.
  package var groups: [String]
  /// Home folder.
  package var home: String
  /// Login shell.
  package var shell: String
  /// Whether to create the home folder.
  package var createHome: Bool
  /// False: must exist already and is never created.
  package var manage: Bool

  /// Makes a user.
  package init(
    name: String,
    system: Bool = true,
    group: String = "",
    groups: [String] = [],
    home: String = "/nonexistent",
    shell: String = "/usr/sbin/nologin",
    createHome: Bool = false,
    manage: Bool = true
  ) {
    self.name = name
    self.system = system
    self.group = group
    self.groups = groups
    self.home = home
    self.shell = shell
    self.createHome = createHome
    self.manage = manage
  }
}
