import FoundationEssentials
package import Testing

/// Compares `actual` with the file `Golden/NAME` beside the calling test.
///
/// A missing or different file fails the test. With `FLEET_UPDATE_GOLDEN=1` in the environment the
/// file is rewritten, and the test fails all the same, so that an update is never mistaken for a pass.
package func expectGolden(
  _ actual: String,
  _ name: String,
  filePath: String = #filePath,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let folder = SourceTree.folder(of: filePath) + "/Golden"
  let path = folder + "/" + name
  if ProcessInfo.processInfo.environment["FLEET_UPDATE_GOLDEN"] == "1" {
    do {
      try FileManager.default.createDirectory(
        atPath: SourceTree.folder(of: path),
        withIntermediateDirectories: true
      )
      try Data(actual.utf8).write(to: URL(fileURLWithPath: path))
      Issue.record("Golden/\(name) was rewritten; run again", sourceLocation: sourceLocation)
    } catch {
      Issue.record("Golden/\(name) cannot be written: \(error)", sourceLocation: sourceLocation)
    }
    return
  }
  guard let expected = SourceTree.text(at: path) else {
    Issue.record(
      "Golden/\(name) is missing (FLEET_UPDATE_GOLDEN=1)",
      sourceLocation: sourceLocation
    )
    return
  }
  if expected != actual {
    let place = firstDifference(expected, actual)
    Issue.record(
      "Golden/\(name) differs at line \(place): got\n\(actual)",
      sourceLocation: sourceLocation
    )
  }
}

/// The 1-based number of the first line in which two texts differ.
private func firstDifference(_ left: String, _ right: String) -> Int {
  let leftLines = left.split(separator: "\n", omittingEmptySubsequences: false)
  let rightLines = right.split(separator: "\n", omittingEmptySubsequences: false)
  var line = 0
  while line < leftLines.count, line < rightLines.count, leftLines[line] == rightLines[line] {
    line += 1
  }
  return line + 1
}
