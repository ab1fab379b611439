import FleetDiagnostics
import FleetModel
import Glibc

@testable import FleetRender

/// Evaluates a bare expression; a finding's text instead of the value where it fails.
func evaluated(_ text: String, _ scope: Scope = [:]) -> String {
  let source = SourceText(name: "t", text: text)
  let span = SourceSpan(file: "t", start: source.place(at: 0), end: source.place(at: 1 << 20))
  var diagnostics = Diagnostics()
  let expression = Expression.parse(text, span: span, in: source, into: &diagnostics)
  guard let value = expression?.evaluate(scope, into: &diagnostics) else {
    return described(diagnostics)
  }
  return "\(value)"
}

/// Renders a template file; findings instead of the text where it fails.
func rendered(_ text: String, _ scope: Scope = [:]) -> String {
  var diagnostics = Diagnostics()
  let template = Template.parse(SourceText(name: "t", text: text), into: &diagnostics)
  guard let result = template?.render(scope, into: &diagnostics) else {
    return described(diagnostics)
  }
  return result.plain ?? "\(result.pieces)"
}

/// The findings, one a line, with place and suggestion.
func described(_ diagnostics: Diagnostics) -> String {
  diagnostics.sorted().map { finding in
    let place = finding.span.map { "\($0.start.line):\($0.start.column) " } ?? ""
    let cure = finding.suggestions.first.map { " \($0.message)" } ?? ""
    return "\(place)\(finding.rule.code) \(finding.detail)\(cure)"
  }.joined(separator: "\n")
}

/// A folder for the length of a test.
struct TemporaryFolder: ~Copyable {
  let path: String

  init() {
    var template = Array("/tmp/fleetctl-test-XXXXXX".utf8CString)
    path = mkdtemp(&template).map { String(cString: $0) } ?? "/nonexistent"
  }

  func write(_ name: String, _ text: String) {
    guard let file = fopen("\(path)/\(name)", "w") else { return }
    _ = Array(text.utf8).withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
    fclose(file)
  }

  deinit {
    _ = run(["/bin/rm", "-rf", path])
  }
}

/// Runs a program and returns its status with all that it wrote.
func run(_ arguments: [String]) -> (status: Int32, output: String) {
  var ends: [Int32] = [0, 0]
  guard pipe(&ends) == 0 else { return (-1, "no pipe") }
  // A child of another test would hold it open.
  for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
  posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
  posix_spawn_file_actions_addclose(&actions, ends[0])
  var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
  defer { for argument in argv { free(argument) } }
  var pid: pid_t = 0
  let failure = posix_spawnp(&pid, arguments[0], &actions, nil, &argv, environ)
  close(ends[1])
  defer { close(ends[0]) }
  guard failure == 0 else { return (-1, "cannot start \(arguments[0])") }
  var output: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 4096)
  while true {
    let count = read(ends[0], &buffer, buffer.count)
    guard count > 0 else { break }
    output += buffer[..<count]
  }
  var status: Int32 = 0
  waitpid(pid, &status, 0)
  return ((status >> 8) & 0xFF, String(decoding: output, as: UTF8.self))
}
