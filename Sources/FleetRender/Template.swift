package import FleetDiagnostics

/// A parsed template of a configuration file or of a string value.
package struct Template: Sendable {
  /// The parts in order.
  let parts: [TemplatePart]
}

/// One part of a template.
indirect enum TemplatePart: Sendable {
  case text(String)
  case value(Expression)
  /// The branches in order; an `else` is a branch without a condition.
  case condition([(condition: Expression?, body: [TemplatePart])])
  case loop(variable: String, list: Expression, body: [TemplatePart])
}

/// A string value of a role that may hold `{{ expression }}`.
package struct TemplateText: Sendable {
  /// As written in YAML.
  package let text: String
  /// Where it stands.
  package let span: SourceSpan
  let template: Template

  /// Makes a text that is no template, for defaults that no file wrote.
  package init(literal text: String, span: SourceSpan) {
    self.text = text
    self.span = span
    template = Template(parts: text.isEmpty ? [] : [.text(text)])
  }

  init(text: String, span: SourceSpan, template: Template) {
    self.text = text
    self.span = span
    self.template = template
  }
}

/// A value of a role with text at its leaves: directives of a unit, `with:`, defaults of parameters.
package indirect enum TemplateValue: Sendable {
  case text(TemplateText)
  case list([TemplateValue])
  /// Entries in the order written.
  case map([TemplateEntry])
}

/// One entry of a mapping whose order counts.
package struct TemplateEntry: Sendable {
  /// The key, never a template.
  package let key: String
  /// Where the key stands.
  package let span: SourceSpan
  /// The value.
  package let value: TemplateValue

  /// Makes an entry.
  package init(key: String, span: SourceSpan, value: TemplateValue) {
    self.key = key
    self.span = span
    self.value = value
  }
}
