import FleetDigest
import FleetProbe
import FleetTransport

/// What a machine needs before fleetctl can manage it: accounts, keys, sudo rules and, where the fleet
/// has one, the observer.
package struct FirstContact: Hashable, Sendable {
  /// One login user.
  package struct Account: Hashable, Sendable {
    /// Login name.
    package var user: String
    /// The key that it must accept: type, base64, comment.
    package var key: String

    /// Makes an account.
    package init(user: String, key: String) {
      self.user = user
      self.key = key
    }
  }

  /// The accounts, the fleet's own first.
  package let accounts: [Account]
  /// Content of `/etc/sudoers.d/fleetctl`; nil where nobody needs sudo.
  package let sudoers: String?
  /// Text of `fleetctl-observe`; nil where nobody looks with it.
  package let observer: String?

  /// Where the rules are.
  package static let sudoersPath = "/etc/sudoers.d/fleetctl"

  /// Puts together what a node needs.
  ///
  /// - Parameters:
  ///   - login: The fleet's login user and its key.
  ///   - usesSudo: Whether that user becomes root with sudo.
  ///   - hasPassword: Whether sudo asks that user for a password.
  ///   - observer: The user of `plan --read-only` and its key, if there is one.
  package init(login: Account, usesSudo: Bool, hasPassword: Bool, observer: Account?) {
    accounts = [login] + (observer.map { [$0] } ?? [])
    self.observer = observer == nil ? nil : ObserverScript.text
    let rules =
      (usesSudo ? [Self.rule(login.user, hasPassword: hasPassword)] : [])
      + (observer.map { [Self.observerRule($0.user)] } ?? [])
    sudoers =
      rules.isEmpty
      ? nil
      : "# Written by `fleetctl bootstrap`, replaced as a whole. Check it with: visudo -c\n"
        + rules.joined()
  }

  /// The rule of the fleet's own user: one shell as root, so that a narrower one would be no protection.
  private static func rule(_ user: String, hasPassword: Bool) -> String {
    "Defaults:\(user) !requiretty\n\(user) ALL=(root) \(hasPassword ? "" : "NOPASSWD: ")ALL\n"
  }

  /// The rule of a user who may only look: exactly the observer's bytes, without arguments.
  ///
  /// Without `!authenticate` sudo would answer any other command with “a password is required”.
  private static func observerRule(_ user: String) -> String {
    let digest = SHA256.hex(Array(ObserverScript.text.utf8))
    return "Defaults:\(user) !requiretty, !authenticate, env_reset\n"
      + "\(user) ALL=(root) NOPASSWD: sha256:\(digest) \(Observer.path) \"\"\n"
  }

  // MARK: By hand

  /// A shell script that does the same on the machine's own console, for `bootstrap --print`.
  package var script: String {
    var lines = [
      "#!/bin/sh", "# Run as root on the machine; running it again changes nothing.", "set -e",
    ]
    if sudoers != nil {
      lines.append(
        "command -v sudo >/dev/null || apt-get install -y --no-install-recommends sudo"
      )
    }
    for account in accounts {
      let user = account.user
      lines += [
        "getent passwd \(user) >/dev/null ||",
        "  useradd --create-home --shell /bin/bash --password '*' \(user)",
        "runuser -u \(user) -- sh -s \"$(getent passwd \(user) | cut -d: -f6)\" <<'FLEETCTL'",
        "umask 077; mkdir -p \"$1/.ssh\"",
        "grep -qxF '\(account.key)' \"$1/.ssh/authorized_keys\" 2>/dev/null ||",
        "  echo '\(account.key)' >>\"$1/.ssh/authorized_keys\"", "FLEETCTL",
      ]
    }
    if let observer {
      lines += ["cat >\(Observer.path).new <<'FLEETCTL'", observer + "FLEETCTL"]
      lines += [
        "chmod 755 \(Observer.path).new", "mv \(Observer.path).new \(Observer.path)",
      ]
    }
    if let sudoers {
      lines += ["cat >/etc/sudoers.d/.fleetctl.new <<'FLEETCTL'", sudoers + "FLEETCTL"]
      lines += [
        "chmod 440 /etc/sudoers.d/.fleetctl.new", "visudo -cf /etc/sudoers.d/.fleetctl.new",
        "mv /etc/sudoers.d/.fleetctl.new \(Self.sudoersPath)",
      ]
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
