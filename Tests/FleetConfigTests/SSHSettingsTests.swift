import FleetDiagnostics
import FleetModel
import Testing

@testable import FleetConfig

struct SSHSettingsTests {
  private func details(_ ssh: String) -> [String] {
    var diagnostics = Diagnostics()
    let text = "version: 1\nfleet: a\nssh: \(ssh)\nnodes: {a: {address: 10.0.0.1}}\n"
    _ = FleetDecoder.decode(SourceText(name: "fleet.yaml", text: text), into: &diagnostics)
    return diagnostics.sorted().compactMap(\.detail)
  }

  @Test(arguments: [
    "{jump: none}", "{jump: bastion}", "{jump: [a, \"u@b:22\", \"[::1]:7\"]}", "{host: \"%n\"}",
    "{host: \"%n.example.org\"}", "{config: none}", "{known_hosts: [a, ~/b]}",
    "{proxy_command: \"nc %h %p\"}", "{become_password: prompt}",
    "{become_password: \"command:pass show a\"}", "{observer: ci, observer_key: keys/ci.pub}",
  ])
  func isAccepted(_ ssh: String) {
    #expect(details(ssh) == [])
  }

  @Test(arguments: ["-oProxyCommand=x", "a b", "a;b", "$(x)", "u@-a", "a:0", "a:65536", "a:", "@a"])
  func jumpThatSSHWouldReadOtherwiseIsRefused(_ jump: String) {
    #expect(
      details("{jump: \"\(jump)\"}") == [
        "A jump host is `\(jump)`; it must be `[user@]host[:port]`, such as `bastion` or "
          + "`ops@10.0.0.1:2222`."
      ]
    )
  }

  @Test(arguments: ["-F", "a b", "%h", "`x`"])
  func hostThatSSHWouldReadOtherwiseIsRefused(_ host: String) {
    #expect(details("{host: \"\(host)\"}").count == 1)
  }

  @Test
  func passwordInTheFileIsRefusedAndNotRepeated() {
    #expect(
      details("{become_password: hunter2}") == [
        "`become_password` must be `prompt`, `env:NAME`, `file:PATH` or `command:SHELL COMMAND`, never"
          + " the password itself."
      ]
    )
  }

  @Test
  func twoWaysAtOnceAreRefused() {
    #expect(
      details("{jump: a, proxy_command: nc}") == [
        "`ssh` has both `jump` and `proxy_command`, and only one way leads to a node. Remove one."
      ]
    )
  }
}
