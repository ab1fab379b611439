/// What one YAML file may cost (DESIGN section 5).
///
/// Beyond any of these it is refused as `yaml-limit`.
package enum YAMLLimits {
  /// The largest file, in bytes.
  ///
  /// Whoever reads files should stop one byte after this.
  package static let bytes = 4 << 20
  /// The most events of the parser; an alias counts every node that it stands for, twice, because the
  /// file did not grow with them.
  package static let events = 1_000_000
  /// The most text that aliases stand for in all, in bytes.
  package static let aliasText = 4 << 20
  /// The longest key, in bytes; keys stand in the paths of every finding below them.
  package static let key = 256
  /// The deepest nesting of lists and mappings, aliases expanded.
  package static let depth = 64
  /// The most `%TAG` lines; libyaml compares each with all before it.
  static let directives = 16
  /// The most findings about one text, so that a hostile file cannot fill the memory with them.
  package static let findings = 1_000

  /// How many events one event counts at a depth of `flow` brackets.
  ///
  /// libyaml looks at every open bracket for each token, so that a million events inside 63 brackets
  /// take four times as long as at the top. Deeply bracketed text uses up the budget faster.
  static func cost(flow: Int) -> Int { 1 + flow / 8 }
}
