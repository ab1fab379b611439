internal import CLibYAML
internal import FleetDiagnostics

/// What is refused, in words.
extension TreeBuilder {
  mutating func refuseEntries(at event: Event) -> Bool {
    report(
      Diagnostic(
        .yamlLimit,
        "This mapping has more than \(YAMLLimits.entries) keys. Split the file with `include:`.",
        at: span(event)
      )
    )
    return false
  }

  mutating func refuseAnchors(at event: Event) -> Bool {
    report(
      Diagnostic(
        .yamlLimit,
        "The file has more than \(YAMLLimits.anchors) anchors. Use `groups:` for what nodes have in "
          + "common.",
        at: span(event)
      )
    )
    return false
  }

  mutating func report(_ diagnostic: Diagnostic) {
    guard diagnostics.all.count < YAMLLimits.findings else { return }
    diagnostics.add(diagnostic)
  }

  mutating func refuseEvents(at event: Event) -> Bool {
    report(
      Diagnostic(
        .yamlLimit,
        "The file holds more than \(YAMLLimits.events) values, counting what its aliases stand for "
          + "(deeply bracketed ones several times). Split it with `include:`.",
        at: span(event)
      )
    )
    return false
  }

  mutating func refuseAliasText(at event: Event) -> Bool {
    report(
      Diagnostic(
        .yamlLimit,
        "What the aliases of this file stand for has more than \(YAMLLimits.aliasText) bytes of text.",
        at: span(event)
      )
    )
    return false
  }

  mutating func refuseLongKey(at event: Event) -> Bool {
    let start = source.place(at: marks.byte(event.pointee.start_mark.index))
    report(
      Diagnostic(
        .yamlLimit,
        "This key has \(event.pointee.data.scalar.length) bytes; a key has at most "
          + "\(YAMLLimits.key). Check that the quotes and brackets before it are closed.",
        at: SourceSpan(file: source.name, start: start, end: start)
      )
    )
    return false
  }

  mutating func refuseDepth(at event: Event) -> Bool {
    report(
      Diagnostic(
        .yamlLimit,
        "Lists and mappings stand more than \(YAMLLimits.depth) deep inside each other here.",
        at: span(event)
      )
    )
    return false
  }

  mutating func refuseSecondDocument(at event: Event) -> Bool {
    report(
      Diagnostic(
        .yamlMultipleDocuments,
        "A second document begins here; one file is one document. Move it to a file of its own, or "
          + "remove the `---`.",
        at: span(event)
      )
    )
    isFinished = true
    return false
  }

  mutating func refuseKey(at event: Event, _ what: String) -> Bool {
    // `{{ x }}` without quotes is the usual way to get here.
    report(
      Diagnostic(
        .yamlUnsupported,
        "The key of a mapping is \(what); keys must be text. A value that begins with `{`, `[` or "
          + "`*` needs quotes.",
        at: span(event)
      )
    )
    return false
  }

  mutating func refuseAlias(at event: Event, _ detail: String) -> Bool {
    report(Diagnostic(.yamlSyntax, detail, at: span(event)))
    return false
  }

  mutating func checkTag(_ tag: UnsafeMutablePointer<yaml_char_t>, _ index: Int) {
    guard diagnostics.all.count < YAMLLimits.findings else { return }
    let name = String(cString: tag)
    guard name != YAMLTag.text, name != YAMLTag.none else { return }
    let shown =
      name.hasPrefix(YAMLTag.prefix) ? "!!" + name.dropFirst(YAMLTag.prefix.count) : name
    report(
      Diagnostic(
        .yamlUnsupported,
        "The tag \(quoted(shown)) is not read: the type of a value comes from its key. Remove the tag.",
        at: span(index)
      )
    )
  }

  /// Refuses merge keys and keys that are not there, and leaves their entries out of the tree.
  mutating func checkPlainKey(_ index: Int) {
    let record = records[index]
    if record.count == 0 {
      report(Diagnostic(.yamlSyntax, "A key is missing before this `:`.", at: span(index)))
    } else if record.count == 2,
      document.withText(index, { $0.elementsEqual([0x3C, 0x3C]) })
    {
      report(
        Diagnostic(
          .yamlUnsupported,
          "The merge key `<<` is not read. Write the entries out, or use `groups:` for what nodes "
            + "have in common.",
          at: span(index)
        )
      )
    } else {
      return
    }
    records[index].isRepeated = true
    document.hasRepeatedKeys = true
  }

  func span(_ index: Int) -> SourceSpan { records[index].span(in: source) }

  func span(_ event: Event) -> SourceSpan {
    SourceSpan(
      file: source.name,
      start: source.place(at: marks.byte(event.pointee.start_mark.index)),
      end: source.place(at: marks.byte(event.pointee.end_mark.index))
    )
  }
}
