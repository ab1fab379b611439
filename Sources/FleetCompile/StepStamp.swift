import FleetDigest

/// Digests what decides the result of a step, so that equal inputs need no second run.
enum StepStamp {
  /// The digest in hex over all parts, each with its length so that no two lists read the same.
  static func digest(
    commands: [[String]],
    environment: [String],
    user: String,
    directory: String,
    inputs: [String]
  ) -> String {
    var text = ""
    func field(_ value: String) { text += "\(value.utf8.count):\(value)," }
    for words in commands {
      field("command \(words.count)")
      words.forEach(field)
    }
    field("environment \(environment.count)")
    environment.forEach(field)
    field(user)
    field(directory)
    inputs.forEach(field)
    return SHA256.hex(Array(text.utf8))
  }
}
