internal import CLibYAML
package import FleetDiagnostics

/// Reads one YAML file into a tree in which every key and value knows its place.
package enum YAMLLoader {
  /// Returns the root of the one document of `source`, reporting what is wrong `into` diagnostics.
  ///
  /// Nothing comes back when no tree can be trusted: wrong encoding, broken syntax, a limit of
  /// `YAMLLimits`. Repeated keys, tags, merge keys and a second document are reported, and the rest
  /// of the tree is there, so that one run finds all errors. An empty file is a node that `isNull`.
  /// `feed` gets the entries of one mapping before the rest is read; nobody reads them any more when
  /// this returns.
  package static func load(
    _ source: SourceText,
    into diagnostics: inout Diagnostics,
    feeding feed: (any YAMLEntryFeed)? = nil
  ) -> YAMLNode? {
    let scan = TextScan(source)
    if let finding = scan.finding {
      diagnostics.add(finding)
      return nil
    }
    return source.bytes.withUnsafeBufferPointer { bytes in
      var builder = TreeBuilder(source: source, bytes: bytes, isASCII: scan.isASCII, feed: feed)
      defer { feed?.wait() }
      if let failure = EventParser.parse(source, { builder.add($0) }) {
        builder.diagnostics.add(failure.diagnostic(in: source, marks: builder.marks))
      }
      diagnostics.add(contentsOf: builder.diagnostics)
      guard builder.isFinished else { return nil }
      // A document without any node is one empty scalar.
      if builder.store.count == 0 { builder.addEmpty() }
      return YAMLNode(document: builder.document, index: 0)
    }
  }
}
