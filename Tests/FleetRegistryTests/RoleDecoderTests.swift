import FleetDiagnostics
import FleetModel
import Testing

@testable import FleetRegistry

@Suite struct `Role files` {
  @Test(arguments: [
    ("summry: x\n", "x/role.yaml:4:1 unknown-key `summry` is not a key of a role."),
    ("ports: x\n", "x/role.yaml:4:8 wrong-type `ports` must be a list"),
    ("ports: [{name: a}]\n", "x/role.yaml:4:9 missing-key `number` is missing in a port."),
    (
      "ports:\n  - {name: a, number: 1, scop: fleet}\n",
      "x/role.yaml:5:26 unknown-key `scop` is not a key of a port."
    ),
    (
      "ports:\n  - {name: a, number: 1, scope: everywhere}\n",
      "x/role.yaml:5:33 invalid-value `scope`: `everywhere` is none of"
    ),
    ("required: maybe\n", "x/role.yaml:4:11 wrong-type"),
    ("packages:\n  - {name: a, when: params.}\n", "x/role.yaml:5:28 template-error"),
    (
      "packages: [\"{{ params.a b }}\"]\n",
      "x/role.yaml:4:25 template-error `b` is not expected here."
    ),
    ("packages: [\"{{ params.a }}\"]\n", "x/role.yaml:4:23 template-error `params` has no `a`."),
    (
      "packages: [\"{{ nodes.id }}\"]\n",
      "x/role.yaml:4:16 template-error Nothing here is called `nodes`."
    ),
    ("packages: [{name: a, when: settings.multi_usr}]\n", "x/role.yaml:4:37 template-error"),
    (
      "params: {a: {type: size, default: 1GiB, doc: d}}\npackages: [\"x-{{ params.a }}\"]\n",
      "x/role.yaml:5:18 template-error A size prints only through a filter"
    ),
    (
      "params: {a: {type: int, default: 1, doc: d}}\npackages: [{name: a, when: params.a}]\n",
      "x/role.yaml:5:35 template-error A condition is true or false; this is an int."
    ),
    (
      "params: {a: {type: bool, default: true, doc: d}}\n"
        + "ports: [{name: p, number: \"{{ params.a }}\"}]\n",
      "x/role.yaml:5:31 template-error A whole number is wanted; this is a bool."
    ),
    (
      "params: {a: {type: port, default: \"{{ node.memory }}\", doc: d}}\n",
      "x/role.yaml:4:35 template-error The default of `a` must be a port number from 1 to 65535; "
        + "this is a size."
    ),
    (
      "ports: [{name: p, number: 1}]\npackages: [\"{{ ports.p.numbr }}\"]\n",
      "x/role.yaml:5:24 template-error `ports.p` has no `numbr`. Did you mean `number`?"
    ),
    (
      "directories: [{path: \"{{ node.labels }}\"}]\n",
      "x/role.yaml:4:26 template-error A map prints only through a filter"
    ),
    (
      "secrets: [{name: s, file: /s, key: S}]\ndirectories: [{path: \"/x/{{ secrets.s }}\"}]\n",
      "x/role.yaml:5:29 template-error A secret may stand only in the content of `files:`"
    ),
    ("directories: [{path: /x, mode: \"789\"}]\n", "x/role.yaml:4:32 invalid-value"),
    ("files: [{path: /x}]\n", "x/role.yaml:4:9 invalid-value"),
    (
      "files: [{path: /x, template: a.conf}]\n", "x/role.yaml:4:9 invalid-value `a.conf` is no file"
    ),
    ("needs: [{role: redis}]\n", "x/role.yaml:4:9 invalid-value `redis` is no role."),
    ("needs: [{role: x, any_of: [x]}]\n", "x/role.yaml:4:9 invalid-value"),
    ("needs: [{role: x, endpoint: y}]\n", "x/role.yaml:4:9 invalid-value `y` is no port of `x`."),
    ("uses: [{component: nginx}]\n", "x/role.yaml:4:8 invalid-value `nginx` is no component."),
    ("units: [{name: a.service}]\n", "x/role.yaml:4:9 invalid-value"),
    (
      "units: [{name: a.service, sections: {Servce: {Type: exec}}}]\n",
      "x/role.yaml:4:38 unknown-key `Servce` is no section of a unit. did you mean `Service`?"
    ),
    (
      "units: [{name: a.service, sections: {Service: {\"a b\": exec}}}]\n",
      "x/role.yaml:4:48 unknown-key `a b` is no name of a directive"
    ),
    ("health: [{kind: http, path: /}]\n", "x/role.yaml:4:10 invalid-value"),
    (
      "health: [{kind: tcp, port: web}]\n",
      "x/role.yaml:4:10 invalid-value `web` is no port of this role."
    ),
    ("params: {a: {type: size, default: 6GB2, doc: d}}\n", "x/role.yaml:4:35 invalid-value"),
    ("params: {a-b: {type: int, doc: d}}\n", "x/role.yaml:4:15 invalid-value"),
    ("steps: [{name: a, commands: [ls -l]}]\n", "x/role.yaml:4:30 invalid-value"),
    ("ports: [{name: a, number: 1}, {name: a, number: 2}]\n", "x/role.yaml:4:31 invalid-value"),
    (
      "databases: [{engine: postgresql, name: a, owner: a, password: p}]\n",
      "x/role.yaml:4:13 invalid-value"
    ),
  ])
  func `with a mistake are refused at its place`(body: String, finding: String) {
    let found = role(body).findings
    #expect(found.hasPrefix(finding), "\(found)")
    #expect(found.split(separator: "\n").count == 1, "\(found)")
  }

  @Test func `report all mistakes in one run`() {
    let found = role("required: 1\nportable: true\nports: [{number: a}]\n").findings
    #expect(found.split(separator: "\n").count == 3)
  }

  @Test func `report mistakes in their templates at line and column`() {
    let body = "files: [{path: /x, template: a.conf}]\n"
    let broken = role(body, files: ["a.conf": "one\n  {% if x %}\n"])
    #expect(broken.findings == "x/files/a.conf:2:3 template-error `if` has no `endif`.")
    let unknown = role(body, files: ["a.conf": "one\n{{ node.adress }}\n"])
    let text = "x/files/a.conf:2:9 template-error `node` has no `adress`. Did you mean `address`?"
    #expect(unknown.findings == text)
    let wrong = role(body, files: ["a.conf": "one\n{% if node.roles %}\n{% endif %}\n"])
    let why =
      "x/files/a.conf:2:12 template-error A condition is true or false; this is a list. "
      + "Compare its length: `x|length > 0`."
    #expect(wrong.findings == why)
  }

  @Test func `may repeat a port under conditions`() {
    let ports = """
      ports:
        - {name: a, number: 1, when: settings.multi_user}
        - {name: a, number: 1, when: not settings.multi_user}

      """
    #expect(role(ports).findings == "")
    #expect(role(ports).role?.ports.count == 2)
  }

  @Test func `are named as their folder`() {
    let source = SourceText(
      name: "roles/y/role.yaml",
      text: "name: x\nsummary: X.\nlayer: shared\n"
    )
    let (registry, diagnostics) = Registry.load(files: [source], over: nil)
    #expect(registry.roles.isEmpty)
    #expect(described(diagnostics).hasPrefix("roles/y/role.yaml:1:7 invalid-value"))
  }

  @Test func `of a user replace a built-in role with its templates`() {
    let yaml = "name: redis\nsummary: Mine.\nlayer: shared\nfiles: [{path: /x, template: mine}]\n"
    let files = [
      SourceText(name: "my/redis/role.yaml", text: yaml),
      SourceText(name: "my/redis/files/mine", text: "a\n"),
    ]
    let builtIn = Registry.builtIn().0
    let (registry, diagnostics) = Registry.load(files: files, over: builtIn)
    #expect(described(diagnostics) == "")
    #expect(registry.role("redis")?.summary == "Mine.")
    #expect(registry.templates["redis/mine"] != nil)
    #expect(registry.templates["redis/redis.conf"] == nil)
    #expect(registry.roles.count == builtIn.roles.count)
  }

  @Test func `keep every value that they state`() throws {
    let yaml = """
      params: {port: {type: port, default: 80, doc: d}}
      ports: [{name: web, number: "{{ params.port }}", scope: public, holder: a.service}]
      needs: [{role: x, hard: false, order: false}]
      hardware: [{device: gpu, vendors: [nvidia], exclusive: true, fallback: cpu}]
      users: [{name: u, manage: false}]
      directories: [{path: /d, mode: "0750", data: true}]
      units:
        - name: a.service
          sections: {Service: {ExecStart: [[/bin/a, "{{ params.port }}"], [/bin/b]], Environment: {B: "1", A: "2"}}}
          restart_on: [/x]
      steps: [{name: s, commands: [[a, b]], inputs: ["source:f"], phase: migrate, timeout: 20m}]
      startup: {typical: 6m, budget: 7m}
      restart: {policy: window, cost: much}

      """
    let loaded = role(yaml)
    #expect(loaded.findings == "")
    let x = try #require(loaded.role)
    #expect(x.ports.first?.scope == .public)
    #expect(x.needs.first?.hard == false && x.needs.first?.order == false)
    #expect(
      x.hardware.first?.fallback == .cpu && x.hardware.first?.choices.first?.vendors == ["nvidia"]
    )
    #expect(x.content.users.first?.manage == false)
    #expect(x.content.directories.first?.mode == 0o750)
    #expect(x.content.steps.first?.phase == .migrate)
    #expect(x.content.steps.first?.timeout.seconds == 1200)
    #expect(x.restart.policy == .window)
    var diagnostics = Diagnostics()
    let scope = Registry.empty.defaultScope(for: x)
    let unit = x.content.units.first?.render(scope, into: &diagnostics)
    let expected = """
      # Managed by fleetctl. Changes made here are overwritten by the next apply.
      [Service]
      Type=exec
      ExecStart=/bin/a 80
      ExecStart=/bin/b
      Environment="B=1"
      Environment="A=2"

      """
    #expect(unit == expected)
  }
}
