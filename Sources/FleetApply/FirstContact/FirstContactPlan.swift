import FleetTransport

/// What is there already of a `FirstContact`, and what is to be done.
package struct FirstContactPlan: Hashable, Sendable {
  /// What a machine said about itself.
  package struct Seen: Hashable, Sendable {
    /// Whether sudo and visudo are there.
    package var hasSudo = false
    /// Whether apt-get is there.
    package var hasApt = false
    /// Whether /etc/sudoers reads /etc/sudoers.d.
    package var readsFolder = false
    /// The accounts' lines of passwd(5); nil for one that is not there.
    package var accounts: [String?] = []
    /// The accounts' authorized_keys.
    package var keys: [String] = []
    /// Content of `/etc/sudoers.d/fleetctl`; nil for none.
    package var sudoers: String?
    /// Content of the observer; nil for none, or where others than root may write it.
    package var observer: String?

    /// Makes an empty observation.
    package init() {}
  }

  /// One thing.
  package struct Step: Hashable, Sendable {
    /// What is done with it.
    package enum Action: String, Hashable, Sendable {
      case create
      case update
      case noOp = "no-op"
      case blocked
    }

    /// What is done.
    package let action: Action
    /// What it is, for people: `user autobot`.
    package let what: String
    /// More about it: a path, or why it is blocked and the cure.
    package let detail: String
    /// The command of the script, and its input; nil where nothing is done.
    let command: String?
    let input: String?
  }

  /// All steps, in the order in which they are done.
  package let steps: [Step]

  /// Whether something is to be done.
  package var hasChanges: Bool { steps.contains { $0.action == .create || $0.action == .update } }
  /// The steps that do something, in order.
  package var pending: [Step] { steps.filter { $0.command != nil } }
  /// What has to be mended by hand first.
  package var blocked: [Step] { steps.filter { $0.action == .blocked } }

  /// Compares what is wanted with what was seen.
  package init(_ wanted: FirstContact, _ seen: Seen) {
    var steps: [Step] = []
    if wanted.sudoers != nil { steps.append(Self.sudo(seen)) }
    for (index, account) in wanted.accounts.enumerated() {
      let line = seen.accounts.indices.contains(index) ? seen.accounts[index] : nil
      let keys = seen.keys.indices.contains(index) ? seen.keys[index] : ""
      steps += Self.account(account, line, keys)
    }
    if let observer = wanted.observer {
      steps.append(
        Self.file(
          "observer",
          Observer.path,
          wanted: observer,
          seen: seen.observer,
          command: "observer"
        )
      )
    }
    if let sudoers = wanted.sudoers {
      steps.append(
        Self.file(
          "sudo rules",
          FirstContact.sudoersPath,
          wanted: sudoers,
          seen: seen.sudoers,
          command: "sudoers"
        )
      )
      if seen.hasSudo, !seen.readsFolder {
        steps.append(
          Step(
            action: .blocked,
            what: "sudo rules",
            detail:
              "/etc/sudoers does not read /etc/sudoers.d; add `@includedir /etc/sudoers.d` to it"
              + " with visudo",
            command: nil,
            input: nil
          )
        )
      }
    }
    self.steps = steps
  }

  private static func sudo(_ seen: Seen) -> Step {
    let action: Step.Action = seen.hasSudo ? .noOp : seen.hasApt ? .create : .blocked
    let detail = action == .blocked ? "there is no apt-get; install sudo on the machine" : ""
    return Step(
      action: action,
      what: "package sudo",
      detail: detail,
      command: action == .create ? "package" : nil,
      input: nil
    )
  }

  private static func account(
    _ account: FirstContact.Account,
    _ line: String?,
    _ keys: String
  ) -> [Step] {
    let user: Step
    if let line {
      let shell = line.split(separator: ":", omittingEmptySubsequences: false).last ?? ""
      let isShut = shell.hasSuffix("/nologin") || shell.hasSuffix("/false")
      user = Step(
        action: isShut ? .blocked : .noOp,
        what: "user \(account.user)",
        detail: isShut
          ? "its shell is \(PrintableText.line(shell.utf8)); give it one: usermod -s /bin/sh "
            + account.user : "",
        command: nil,
        input: nil
      )
    } else {
      user = Step(
        action: .create,
        what: "user \(account.user)",
        detail: "with a home, /bin/bash, and no password",
        command: "user \(account.user)",
        input: nil
      )
    }
    let hasKey = keys.split(whereSeparator: \.isNewline).contains { holds($0, account.key) }
    let name = account.key.split(separator: " ").dropFirst(2).joined(separator: " ")
    let key = Step(
      action: hasKey ? .noOp : .create,
      what: "key of \(account.user)",
      detail: hasKey ? "" : "\(account.key.prefix(24))… \(name), beside what is there",
      command: hasKey ? nil : "key \(account.user)",
      input: account.key + "\n"
    )
    return [user, key]
  }

  /// Whether a line of authorized_keys without options is the key; the comment does not count.
  private static func holds(_ line: Substring, _ key: String) -> Bool {
    let words = line.split(separator: " ")
    return words.count >= 2 && words.prefix(2) == key.split(separator: " ").prefix(2)
  }

  private static func file(
    _ what: String,
    _ path: String,
    wanted: String,
    seen: String?,
    command: String
  ) -> Step {
    let action: Step.Action = seen == wanted ? .noOp : seen == nil ? .create : .update
    return Step(
      action: action,
      what: what,
      detail: path,
      command: action == .noOp ? nil : command,
      input: wanted
    )
  }
}
