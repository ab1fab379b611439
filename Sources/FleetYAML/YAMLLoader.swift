internal import CLibYAML
package import FleetDiagnostics

/// Reads one YAML file into a tree in which every key and value knows its place.
package enum YAMLLoader {
  /// Returns the root of the one document of `source`, reporting what is wrong `into` diagnostics.
  ///
  /// Nothing comes back when no tree can be trusted: wrong encoding, broken syntax, a limit of
  /// `YAMLLimits`. Repeated keys, tags, merge keys and a second document are reported, and the rest
  /// of the tree is there, so that one run finds all errors. An empty file is a node that `isNull`.
  package static func load(
    _ source: SourceText,
    into diagnostics: inout Diagnostics
  ) -> YAMLNode? {
    let scan = TextScan(source)
    if let finding = scan.finding {
      diagnostics.add(finding)
      return nil
    }
    var builder = TreeBuilder(source: source, isASCII: scan.isASCII)
    if let failure = EventParser.parse(source, { builder.add($0) }) {
      builder.diagnostics.add(failure.diagnostic(in: source, marks: builder.marks))
    }
    diagnostics.add(contentsOf: builder.diagnostics)
    guard builder.isFinished else { return nil }
    return YAMLNode(document: builder.document(), index: 0)
  }
}

extension TreeBuilder {
  /// The document of all records; of one empty scalar when there was no node.
  fileprivate consuming func document() -> YAMLDocument {
    let records = records.isEmpty ? [Record(.scalar)] : records
    return YAMLDocument(source: source, records: records, extra: extra)
  }
}
