internal import FleetModel
internal import FleetRender
internal import FleetYAML

/// Names that become part of an address, of a path on the node, or of both.
extension RoleReader {
  /// A name of the role's own, by the grammar of `RoleID`.
  mutating func identifier(_ fields: YAMLFields, _ key: String) -> String? {
    guard let node = fields[key], let name = string(fields, key) else { return nil }
    guard RoleID(name) != nil else {
      invalid(node, "`\(name)` is no name: 1 to 64 letters, digits, `.`, `_` and `-`.")
      return nil
    }
    return name
  }

  /// The file name of a drop-in, which systemd reads only when it ends with `.conf`
  /// (systemd.unit(5)).
  mutating func dropInName(_ fields: YAMLFields) -> String? {
    guard let node = fields["name"], let name = identifier(fields, "name") else { return nil }
    guard name.hasSuffix(".conf"), name != ".conf" else {
      invalid(node, "`\(name)` is no file name of a drop-in: systemd reads only `NAME.conf`.")
      return nil
    }
    return name
  }

  /// A unit's name; one with expressions in it is checked once they have values.
  mutating func unitName(_ fields: YAMLFields, _ key: String) -> TemplateText? {
    guard let node = fields[key], let name = text(fields, key) else { return nil }
    guard let literal = name.literal, !UnitFile.isName(literal) else { return name }
    invalid(node, UnitFile.notAName(literal))
    return nil
  }
}
