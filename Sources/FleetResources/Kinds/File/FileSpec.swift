/// `file:` and `drop-in:`.
package struct FileSpec: Sendable, Hashable {
  /// Absolute path.
  package var path: String
  /// Content, or the keys to set when `mergesKeys`.
  package var content: FileContent
  /// Owner, group, mode.
  package var ownership: Ownership
  /// `KEY=VALUE` file shared with others: only our keys are set, every other line stays.
  package var mergesKeys: Bool
  /// What a change means for units.
  package var effect: ChangeEffect
  /// A unit file or drop-in: a change needs a daemon-reload.
  package var isUnitDefinition: Bool
  /// Program and arguments that judge the staged file before it is written; empty for none.
  package var check: [String]
  /// A configuration file that a package of the role brings: what is there may be replaced.
  package var replacesPackageFile: Bool

  /// Makes a file.
  package init(
    path: String,
    content: FileContent,
    ownership: Ownership,
    mergesKeys: Bool = false,
    effect: ChangeEffect = ChangeEffect(),
    isUnitDefinition: Bool = false,
    check: [String] = [],
    replacesPackageFile: Bool = false
  ) {
    self.path = path
    self.content = content
    self.ownership = ownership
    self.mergesKeys = mergesKeys
    self.effect = effect
    self.isUnitDefinition = isUnitDefinition
    self.check = check
    self.replacesPackageFile = replacesPackageFile
  }
}
