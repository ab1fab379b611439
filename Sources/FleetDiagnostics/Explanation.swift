/// What `fleetctl explain` says about a rule, under its four headings.
///
/// Texts are prose with names in backticks. A line feed is a space, an empty line begins a paragraph.
package struct Explanation: Hashable, Sendable {
  /// What it does: what the rule looks at, and what it calls a finding.
  package let does: String
  /// Why it matters: what would happen on the machines.
  package let matters: String
  /// Something that breaks the rule.
  package let example: Passage
  /// What to do instead.
  package let instead: Passage

  /// Makes an explanation; no part may be left out.
  package init(does: String, matters: String, example: Passage, instead: Passage) {
    self.does = does
    self.matters = matters
    self.example = example
    self.instead = instead
  }
}

/// Prose, and the files or commands that it speaks of.
package struct Passage: Hashable, Sendable {
  /// One file, part of a file, or commands, shown as written.
  package struct Listing: Hashable, Sendable {
    /// Name of the file, `fleet.yaml`, `roles/queue/role.yaml`; nil for commands of a shell.
    package let file: String?
    /// The lines, without a final line feed.
    package let text: String

    /// Makes a listing.
    package init(file: String?, _ text: String) {
      self.file = file
      self.text = text
    }
  }

  /// The prose.
  package let text: String
  /// What it speaks of, in the order shown; empty for a situation that no file can show.
  ///
  /// A `fleet.yaml` that does not begin with `version:` is a part of the AutoBot fleet: the rest is as
  /// in the repository's own fleet.yaml. Tests validate every one.
  package let listings: [Listing]

  /// Makes a passage of words alone.
  package init(_ text: String) {
    self.text = text
    listings = []
  }

  /// Makes a passage with a fleet file, or a part of one.
  ///
  /// `files` are what it needs besides, by path: included files, the user's own roles.
  package init(_ text: String, fleet: String, files: KeyValuePairs<String, String> = [:]) {
    self.text = text
    listings =
      files.map { Listing(file: $0.key, $0.value) } + [Listing(file: "fleet.yaml", fleet)]
  }

  /// Makes a passage with commands for a shell.
  package init(_ text: String, commands: String) {
    self.text = text
    listings = [Listing(file: nil, commands)]
  }
}
