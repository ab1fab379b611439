package import FleetDiagnostics
package import FleetRender

/// One of `memory:`: what a role takes of its node's memory, as far as somebody decides it beforehand.
package struct MemoryNeed: Sendable {
  /// `what:` in a few words, such as `data of redis`.
  package let what: String
  /// `size:`; sees `params` and `settings`.
  package let size: TemplateText
  /// `most:` the largest sound share of the node's memory in percent; nil sets no limit of its own.
  package let most: Int?
  /// `param:` the parameter that decides the size; nil where none does alone.
  package let parameter: String?
  /// `when:`; sees `params` and `settings`.
  package let when: Expression?
  /// Where it stands.
  package let span: SourceSpan
}

/// `inference:`: the language models that a role loads, and where.
package struct Inference: Sendable {
  /// Whose memory the models take.
  package enum Place: String, Sendable, CaseIterable {
    /// The node's.
    case cpu
    /// That of the matched GPU.
    case gpu
  }

  /// `device:`.
  package let place: Place
  /// `models:` a list of names such as `mistral:7b-instruct`.
  package let models: TemplateText
  /// `at_once:` how many may be loaded at the same time; nil means all.
  package let atOnce: TemplateText?
  /// `above:` models up to this many parameters belong elsewhere; nil sets no limit.
  package let above: ModelSize?
  /// `up_to:` models beyond this many parameters belong elsewhere; nil sets no limit.
  package let upTo: ModelSize?
  /// `sizes:` of models whose names do not tell.
  package let sizes: [String: ModelSize]
  /// Where it stands.
  package let span: SourceSpan
}
