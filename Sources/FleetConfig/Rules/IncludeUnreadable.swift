internal import FleetDiagnostics
internal import FleetModel

/// Finds names under `include` that cannot be read.
///
/// *What it does*: reads every file that `include` names, from the folder of the file that names it.
/// *Why it matters*: the nodes in it would silently be no part of the fleet.
/// *Example*: `include: [node/web.yaml]` where the folder is called `nodes`.
/// *Instead*: the path of a readable file, relative to the file that names it.
enum IncludeUnreadable {
  /// The finding about one name.
  ///
  /// `path` is the name as seen from the main file's folder, `why` ends a sentence, `nearby` names
  /// files beside the missing one.
  static func finding(
    _ include: Located<String>,
    path: String,
    why: String,
    nearby: [String]
  ) -> Diagnostic {
    let written = include.value
    let last = written.split(separator: "/").last.map(String.init) ?? written
    let nearest = NearestName.of(last, in: nearby).map { written.dropLast(last.count) + $0 }
    let place = path == written ? "" : " (`\(path)` from the folder of the main file)"
    return Diagnostic(
      .includeUnreadable,
      "`\(written)`\(place) cannot be read: \(why). A path is relative to the file that names it.",
      at: include.span,
      suggestions: nearest.map { name in
        let edits = include.span.map { [Suggestion.Edit(replace: $0, with: String(name))] } ?? []
        return [Suggestion("did you mean `\(name)`?", edits: edits)]
      } ?? []
    )
  }
}
