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
    "{identity_file: [a, ~/b]}", "{identity_file: none}", "{identity_agent: none}",
    "{identity_agent: SSH_AUTH_SOCK}", "{identity_agent: $OTHER_SOCK}",
    "{identity_agent: \"${XDG}/a\"}",
    "{identity_agent: \"%d/agent\"}", "{identity_agent: ~/agent, identities_only: true}",
    "{host_key_alias: \"%n.pinned\", hash_known_hosts: false}",
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

  @Test(arguments: ["$", "$1A", "$A-B", "$A/b"])
  func agentWhoseVariableIsNoneIsRefused(_ agent: String) {
    #expect(
      details("{identity_agent: \"\(agent)\"}") == [
        "`identity_agent` is `\(agent)`; it must be `none`, `SSH_AUTH_SOCK`, `$NAME` of a variable of the "
          + "environment, or the path of a socket."
      ]
    )
  }

  @Test(arguments: ["identity_file", "known_hosts"])
  func emptyListOfFilesIsRefused(_ key: String) {
    #expect(
      details("{\(key): []}") == [
        "`\(key)` is an empty list. Name a file, or leave `\(key)` out."
      ]
    )
  }

  @Test
  func aliasThatKnownHostsWouldReadOtherwiseIsRefused() {
    #expect(
      details("{host_key_alias: \"a,b\"}") == [
        "`host_key_alias` is `a,b`; it must be a name of known_hosts; `%n` in it stands for the node's name."
      ]
    )
  }

  @Test
  func wordIsNoFlag() {
    #expect(details("{identities_only: maybe}").count == 1)
    #expect(details("{hash_known_hosts: 1}").count == 1)
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
