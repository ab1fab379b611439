import Glibc

/// The operator's account, as `ssh` sees it: from the user database, not from the environment.
package struct LocalAccount: Hashable, Sendable {
  /// Login name.
  package var name: String
  /// Numeric user.
  package var number: UInt32
  /// Home directory.
  package var home: String
  /// Name of this machine.
  package var machine: String

  /// Makes an account, for tests.
  package init(name: String, number: UInt32, home: String, machine: String) {
    self.name = name
    self.number = number
    self.home = home
    self.machine = machine
  }

  /// The account that runs this process; nil when the user database does not know it.
  package static func current() -> LocalAccount? {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16_384)
    guard getpwuid_r(getuid(), &entry, &buffer, buffer.count, &found) == 0, found != nil,
      let name = entry.pw_name, let home = entry.pw_dir
    else { return nil }
    var system = utsname()
    uname(&system)
    let machine = withUnsafeBytes(of: &system.nodename) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    return LocalAccount(
      name: String(cString: name),
      number: getuid(),
      home: String(cString: home),
      machine: machine.isEmpty ? "localhost" : machine
    )
  }
}
