internal import FleetDiagnostics
internal import FleetYAML

extension RoleSchema {
  /// The definitions of items by name.
  static var items: [(String, Shape)] { claimItems + contentItems + unitItems + stateItems }

  private static var claimItems: [(String, Shape)] {
    let device = Field("device", "", .word(["gpu", "npu"]))
    let vendors = Field(
      "vendors",
      "Any when left out.",
      Shape.list(.word(["nvidia", "amd", "intel", "other"])).orNothing
    )
    return [
      ("apartFrom", item([.required("role", "", .text()), .required("because", "Why.", .text())])),
      (
        "parameter",
        Shape.mapping([
          .required("type", "", .word(Parameter.Kind.allCases.map(\.rawValue))),
          Field(
            "default",
            "Required when left out; may be an expression.",
            .anyOf([.text(), .list(.text())])
          ),
          .required("doc", "What it is.", .text()),
          Field("unit", "For people.", Shape.text().orNothing),
          Field("min", "Least value.", .text()),
          Field("max", "Greatest value.", .text()),
          strings("values", "Of an enum, or the items of a list."),
        ])
      ),
      (
        "use",
        item([
          .required("component", "", .text()),
          Field("with", "What it gets.", Shape.table(.ref("value")).orNothing),
        ])
      ),
      (
        "port",
        item([
          .required("name", "Endpoint name.", .unsigned(ValuePatterns.name)),
          needed("number", "Integer or expression."),
          word("protocol", "", Port.Transport.tcp),
          word("scope", "Who may connect.", Port.Scope.loopback),
          text("holder", "Unit that listens."), Field("shared", "Sites of one server.", .text()),
          Field("proxy_of", "The port behind this one.", .text()),
          flag("optional", "", false), Field("doc", "", .text()),
        ])
      ),
      (
        "need",
        item([
          Field("role", "Provider.", .text()), strings("any_of", "Providers, one of them."),
          Field("endpoint", "Port of the provider.", .text()),
          flag("hard", "Whether it cannot do without.", true),
          flag("order", "Whether it starts after the provider.", true), Field("doc", "", .text()),
        ]).with("oneOf", [["required": ["role"]], ["required": ["any_of"]]])
      ),
      (
        "memoryNeed",
        item([
          .required("what", "In a few words.", .text()), needed("size", "Size or expression."),
          Field("most", "Percent of the node's memory that it may be.", .number(1...100)),
          Field("param", "Parameter that changes it.", .text()),
        ])
      ),
      (
        "hardwareNeed",
        item([
          device, vendors,
          Field(
            "one_of",
            "",
            Shape.list(item([.required("device", "", .word(["gpu", "npu"])), vendors]))
          ),
          flag("exclusive", "", false),
          word("fallback", "What happens without a device.", HardwareNeed.Fallback.none),
        ]).with("oneOf", [["required": ["device"]], ["required": ["one_of"]]])
      ),
    ]
  }

  private static var contentItems: [(String, Shape)] {
    [
      (
        "aptSource",
        item([
          .required("name", "", .unsigned(ValuePatterns.name)),
          .required("uris", "", .ref("texts")),
          .required("suites", "", .ref("texts")), texts("components", ""),
          text("key", "URL, or a path on the node."),
          Field(
            "pin",
            "",
            Shape.mapping([
              needed("packages", ""), .required("priority", "", .number(-1...32_767)),
            ]).orNothing
          ),
        ])
      ),
      ("package", .anyOf([.text(), item([needed("name", ""), text("version", "")])])),
      (
        "archive",
        item([
          .required("name", "", .unsigned(ValuePatterns.name)), needed("url", ""),
          needed("sha256", ""),
          needed("target", ""),
          Field("strip", "Leading folders to drop.", Shape.number(0...16).otherwise(0)), owner,
          group,
          changes,
        ])
      ),
      ("groupAccount", item([needed("name", ""), flag("system", "", true)])),
      (
        "user",
        item([
          needed("name", ""), flag("system", "", true), text("group", ""), texts("groups", ""),
          text("home", ""), text("shell", ""), flag("create_home", "", false),
          flag("manage", "`false`: must exist.", true),
        ])
      ),
      (
        "directory",
        item([
          needed("path", ""), owner, group, mode("mode", "0755"),
          flag("data", "Kept when the role goes.", false),
          flag("shared", "Other roles may declare it too.", false),
        ])
      ),
      (
        "file",
        item([
          needed("path", ""), Field("template", "File in `files/`.", .text()), text("content", ""),
          owner, group, mode("mode", "0644"), changes, texts("check", "Run on the staged copy."),
          Field("merge", "", .word(FileItem.Merge.allCases.map(\.rawValue))),
          flag("shared", "", false), flag("replaces_package_file", "", false),
        ]).with("oneOf", [["required": ["template"]], ["required": ["content"]]])
      ),
      ("link", item([needed("path", ""), needed("target", ""), changes])),
      ("sysctl", item([.required("key", "", .text()), needed("value", "")])),
      (
        "firewall",
        item([needed("port", ""), word("protocol", "", Port.Transport.tcp), texts("from", "")])
      ),
      (
        "backup",
        item([
          .required("name", "", .unsigned(ValuePatterns.name)), text("unit", ""),
          texts("covers", "Units whose data it copies; it runs before that is put at risk."),
          Field("doc", "", Shape.text().orNothing),
        ])
      ),
    ]
  }

  private static var unitItems: [(String, Shape)] {
    let triggers = [
      texts("reload_on", "Further paths that need a reload."),
      texts("restart_on", "Further paths that need a restart."),
    ]
    let state = Field("state", "", Shape.ref("unitState").otherwise("started"))
    let enable = Field("enable", "Whether it starts with the machine.", .flag)
    return [
      (
        "unit",
        item(
          [
            needed("name", ""), enable, state, Field("sections", "", .ref("sections")),
            strings("raw", "Directives that keep `%`."),
          ] + triggers
        )
      ),
      (
        "dropIn",
        item([
          needed("unit", ""),
          .required("name", "", .string("^[A-Za-z0-9][A-Za-z0-9._-]{0,58}\\.conf$")),
          .required("sections", "", .ref("sections")),
          strings("raw", "Directives that keep `%`."),
        ])
      ),
      ("service", item([needed("name", ""), enable, state] + triggers)),
      (
        "healthCheck",
        item([
          .required("kind", "", .word(HealthCheck.Kind.allCases.map(\.rawValue))),
          Field("port", "Name of a port.", Shape.text().orNothing), text("path", ""),
          Field("expect_status", "", statuses), text("expect_body", ""), flag("required", "", true),
          Field("starting_statuses", "", statuses), texts("command", ""), text("user", ""),
          text("unit", ""),
        ])
      ),
    ]
  }

  private static var statuses: Shape {
    .anyOf([.number(100...599), .list(.number(100...599))])
  }

  private static var stateItems: [(String, Shape)] {
    [
      (
        "secret",
        item([
          .required("name", "", .unsigned(ValuePatterns.name)), needed("file", ""),
          .required("key", "", .text()),
          Field("length", "", Shape.number(16...256).otherwise(48)), mode("mode", "0640"), owner,
          group,
        ])
      ),
      (
        "certificate",
        item([
          .required("name", "", .unsigned(ValuePatterns.name)), needed("cert", ""),
          needed("key", ""),
          mode("key_mode", "0640"),
          owner, group, texts("names", ""), changes,
        ])
      ),
      ("authority", item([needed("dir", ""), needed("name", "")]).orNothing),
      (
        "sourceTree",
        item([
          .required("source", "Name under `sources:`.", .text()), text("path", ""),
          needed("target", ""),
          owner, group, texts("excludes", ""), changes,
        ])
      ),
      (
        "step",
        item([
          .required("name", "", .unsigned(ValuePatterns.name)), text("creates", ""),
          text("user", ""),
          text("directory", ""),
          .required("commands", "Each a list of words.", Shape.list(.list(.ref("text"))).orNothing),
          Field("environment", "", Shape.table(.ref("text")).orNothing),
          Field("inputs", "", Shape.list(.string("^(source|value):")).orNothing),
          word("phase", "", StepItem.Phase.build), flag("reversible", "", true), changes,
          Field("timeout", "", Shape.string(ValuePatterns.duration).otherwise("10m")),
        ])
      ),
      (
        "database",
        item([
          .required("engine", "", .word(["postgresql"])), needed("name", ""), needed("owner", ""),
          Field("password", "Name of a secret.", Shape.text().orNothing),
        ])
      ),
      (
        "databaseRole",
        item([needed("name", ""), Field("password", "Name of a secret.", Shape.text().orNothing)])
      ),
    ]
  }
}
