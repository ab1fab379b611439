internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry
internal import FleetYAML

/// Patterns (ECMA 262) of the grammars in `Grammar` and `HostAddress`.
enum FleetPatterns {
  private static let octet = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
  private static let ipv4 = "\(octet)(\\.\(octet)){3}"
  private static let group = "[0-9A-Fa-f]{1,4}"
  // Eight groups, an IPv4 address at the end counting two; where `::` stands at least one is left out.
  private static let ipv6 =
    "((\(group):){7}\(group)|(\(group):){6}\(ipv4)"
    + "|(?!:*([^:/]+(:+|(?![^:/]))){8})(?!:*([^:/]+:+){6}[0-9]+\\.)"
    + "(\(group)(:\(group))*)?::((\(group):)*(\(group)|\(ipv4)))?)"
  private static let label = "[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"

  /// `HostAddress`: an IP address or a host name, which is never digits and dots alone.
  static let address = "^(\(ipv4)|\(ipv6)|(?![0-9.]+$)(?=.{1,253}$)\(label)(\\.\(label))*)$"
  /// `AddressRange`; that no bit is set behind the prefix is not said here.
  static let network =
    "^(\(ipv4)/(3[0-2]|[12]?[0-9])|\(ipv6)/(12[0-8]|1[01][0-9]|[1-9]?[0-9]))$"
  /// `Grammar.isPath`.
  static let path = "^(?!-)[^\\u0000-\\u001f\\u007f-\\u009f]{1,4096}$"
  /// `Grammar.isUser`.
  static let user = "^[A-Za-z0-9_][A-Za-z0-9._-]{0,31}$"
  private static let labelName = "[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"
  private static let domainLabel = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
  /// `Grammar.isLabelValue`.
  static let labelValue = "^(\(labelName))?$"
  /// `Grammar.isLabelKey`: a name, perhaps behind a DNS subdomain (RFC 1123) and `/`.
  static let labelKey =
    "^((?=[^/]{1,253}/)\(domainLabel)(\\.\(domainLabel))*/)?\(labelName)$"
  /// A node id, or a pattern that is one with its wildcards taken for letters.
  static let nodeGlob = "^[A-Za-z0-9*?][A-Za-z0-9*?._-]{0,63}$"
}

extension FleetSchema {
  static func rootFields(_ roles: [Role], closed: Bool) -> [Field] {
    [
      .required("version", "Version of the format.", .constant(.int(FleetDecoder.version))),
      .required("fleet", "Name of the fleet.", Shape.ref("name").like("autobot", "homelab")),
      Field(
        "network",
        "What exposure `fleet` means: the network that the nodes share, in CIDR notation.",
        Shape.string(FleetPatterns.network).like("172.16.168.0/24", "fd00:10::/64")
      ),
      Field("settings", "What holds for the whole fleet.", settings),
      Field(
        "registry",
        "`autobot`: the built-in roles. `none`: only those of `role_paths`.",
        Shape.word(["autobot", "none"]).otherwise("autobot")
      ),
      Field("ssh", "How the nodes are reached; a node may say otherwise.", .ref("ssh")),
      Field(
        "include",
        "Further files with nodes, groups and roles, relative to this file.",
        Shape.list(.ref("path")).orNothing.like(["nodes/web.yaml"])
      ),
      Field(
        "role_paths",
        "Folders with roles of your own, in the format of docs/role-format.md.",
        Shape.list(.ref("path")).orNothing.like(["roles"])
      ),
      Field(
        "sources",
        "Source trees by name, which roles bring to the nodes.",
        Shape.table(.mapping([.required("path", "Folder, relative to this file.", .ref("path"))]))
          .orNothing.like(["autobot": ["path": "../AutoBot-AI"]])
      ),
      Field(
        "roles",
        "Parameters of roles for the whole fleet; a node's own win.",
        parameterTable(roles, closed: closed).orNothing
      ),
      Field(
        "groups",
        "Defaults that several nodes have in common; a node's own values win.",
        Shape.table(.ref("group"), keys: ValuePatterns.name).orNothing
      ),
      .init(
        "nodes",
        "The machines by id.",
        Shape.table(.ref("node"), keys: ValuePatterns.name).orNothing
          .like(["web-1": ["address": "172.16.168.20", "roles": ["frontend"]]])
      ),
      Field("allow", "Waivers for the whole fleet.", .ref("allow")),
      Field(
        "protect",
        "Roles and addresses that may not be deleted or ended.",
        Shape.list(.text(ProtectionPattern.inFleet)).orNothing.like(["redis", "*/dir:/var/lib/*"])
      ),
    ]
  }

  private static var settings: Shape {
    Shape.mapping([
      Field(
        "user_mode",
        "Who uses the fleet; decides about user databases and exposure.",
        Shape.word(FleetReader.userModes).otherwise("single_user")
      ),
      Field(
        "hardware_policy",
        "Whether missing hardware is a warning or an error where a role can do without.",
        Shape.word(["warn", "strict"]).otherwise("warn")
      ),
      Field(
        "cloud_llm",
        "Providers that answer when the fleet has no LLM role.",
        Shape.list(.ref("name")).orNothing.otherwise([]).like(["anthropic"])
      ),
      Field(
        "firewall",
        "What guards the nodes' ports.",
        Shape.word(["ufw", "none"]).otherwise(.string(FleetSettings().firewall))
      ),
    ]).orNothing
  }

  static var ssh: Shape {
    Shape.mapping([
      Field("user", "Login name.", Shape.unsigned(FleetPatterns.user).like("autobot")),
      Field("port", "Port of sshd.", Shape.number(1...65_535).otherwise(22)),
      Field(
        "identity_file",
        "Private key, or several in the order to offer them, or none.",
        paths.like("~/.ssh/autobot_key")
      ),
      Field(
        "identity_agent",
        "Socket of the agent, `$NAME` of a variable with it, `SSH_AUTH_SOCK`, or none.",
        agent.like("~/.1password/agent.sock", "none")
      ),
      Field(
        "identities_only",
        "Whether only the keys of the files are offered, also from the agent.",
        Shape.flag
      ),
      Field("become", "How to become root.", .word(["sudo", "none"])),
      Field(
        "become_password",
        "Where sudo's password comes from; never the password itself.",
        Shape.string(
          "^(prompt|env:[A-Za-z_][A-Za-z0-9_]*|(file|command):[^\\u0000-\\u001f\\u007f]*"
            + "[^\\u0000-\\u001f\\u007f ][^\\u0000-\\u001f\\u007f]*)$"
        ).like("prompt", "command:pass show web-1")
      ),
      Field(
        "observer",
        "Login name of `plan --read-only`, who may look and change nothing.",
        Shape.unsigned(FleetPatterns.user).like("fleet-ci")
      ),
      Field(
        "observer_key",
        "Public key file of the observer, for `bootstrap`.",
        Shape.ref("path").like("keys/fleet-ci.pub")
      ),
      Field(
        "known_hosts",
        "Files of known host keys; `hosts trust` writes to the first.",
        paths
      ),
      Field(
        "hash_known_hosts",
        "Whether `hosts trust` hashes the names that it writes there.",
        Shape.flag
      ),
      Field(
        "host_key_alias",
        "Name of the host in known_hosts; `%n` is the node's name.",
        sshName
      ),
      Field("connect_timeout", "How long a connection may take.", .ref("duration")),
      Field("host", "Name to look up in ssh_config; `%n` is the node's name.", sshName),
      Field("config", "File to read as ssh_config, or none.", Shape.ref("path").like("none")),
      Field(
        "jump",
        "Jump hosts, the first one first, or none.",
        Shape.anyOf([jumpHost, .list(jumpHost)]).like("ops@bastion.example.org")
      ),
      Field(
        "proxy_command",
        "Command whose standard streams lead to sshd, or none.",
        Shape.text("^[^\\u0000-\\u001f\\u007f]{1,4096}$").like("nc %h %p")
      ),
      Field(
        "transport",
        "What carries the connection; `auto` uses OpenSSH's `ssh` for what libssh2 cannot do.",
        Shape.word(["auto", "libssh2", "openssh"]).otherwise("auto")
      ),
    ]).orNothing
  }

  private static var paths: Shape {
    .anyOf([.ref("path"), .list(.ref("path")).with("minItems", 1)])
  }

  /// A path, but for what begins with `$`: that is a variable's name, or `${NAME}` and more.
  private static var agent: Shape {
    .unsigned(
      "^(?!-|\\$(?!\\{|[A-Za-z_][A-Za-z0-9_]*$))[^\\u0000-\\u001f\\u007f-\\u009f]{1,4096}$"
    )
  }

  /// `JumpHost.isName`: nothing that ssh could take for an option.
  private static let firstOfName = "[A-Za-z0-9._:]|[^\\u0000-\\u007f]"

  private static var sshName: Shape {
    Shape.unsigned("^(%n|\(firstOfName))(%n|-|\(firstOfName))*$").like("%n.example.org")
  }

  /// `[user@]host[:port]`.
  private static var jumpHost: Shape {
    let name = "(\(firstOfName))(-|\(firstOfName))*"
    return .unsigned("^(ssh://)?(\(name)@)?(\(name)|\\[[0-9A-Fa-f:.]+\\](:[0-9]+)?)$")
  }

  static var node: Shape {
    Shape.mapping([
      .required(
        "address",
        "IPv4 or IPv6 address, or a host name.",
        Shape.string(FleetPatterns.address).like("172.16.168.20", "web-1.example.org")
      ),
      Field("roles", "What the node is responsible for.", .ref("roleList")),
      Field("hardware", "Devices and memory that roles may claim.", .ref("hardware")),
      Field("wsl2", "Whether it runs in WSL2 on Windows.", Shape.flag.otherwise(false)),
      Field(
        "health_via",
        "Id of the node that checks this one's health, where it cannot reach itself.",
        Shape.text().like("00-SLM-Manager")
      ),
      Field("reserved", "Kept free: it takes no roles.", Shape.flag.otherwise(false)),
      Field("labels", "Words to select the node by.", .ref("labels")),
      Field("ssh", "How this node is reached, where it differs.", .ref("ssh")),
      Field("allow", "Waivers for this node.", .ref("allow")),
      Field(
        "protect",
        "Roles and things of this node that may not be deleted or ended.",
        Shape.list(.text(ProtectionPattern.onNode)).orNothing.like(["redis", "dir:/var/lib/*"])
      ),
    ])
  }

  static var group: Shape {
    Shape.mapping([
      Field(
        "nodes",
        "Ids of its nodes, or globs such as `web-*`.",
        Shape.list(.unsigned(FleetPatterns.nodeGlob)).orNothing.like(["web-*", "db-1"])
      ),
      Field("labels", "Labels that its nodes have.", .ref("labels")),
      Field("roles", "Roles of its nodes.", .ref("roleList")),
      Field("hardware", "Hardware of its nodes.", .ref("hardware")),
      Field("ssh", "How its nodes are reached.", .ref("ssh")),
    ]).with("anyOf", [given("nodes", ["type": "array"]), given("labels", ["type": "object"])])
  }

  /// That `key` is there and its value fits `shape`.
  static func given(_ key: String, _ shape: JSONValue) -> JSONValue {
    ["required": [.string(key)], "properties": .object([(key, shape)])]
  }

  static var labels: Shape {
    Shape.table(.text(FleetPatterns.labelValue), keys: FleetPatterns.labelKey).orNothing
      .like(["zone": "a"])
  }

  static var allow: Shape {
    let rules = Rule.all.filter(\.isWaivable).sorted { $0.slug < $1.slug }
    return Shape.list(
      .mapping([
        .required(
          "rule",
          "The rule that may be broken; `fleetctl explain RULE` says what it is for.",
          Shape.anyOf([
            Shape.word(rules.map(\.slug)).with(
              "enumDescriptions",
              JSONValue(rules.map(\.summary))
            ),
            Shape.string(
              "^[Ff][Ll][Tt](\(rules.map { $0.code.dropFirst(3) }.joined(separator: "|")))$"
            )
            .titled("Code of the rule"),
          ])
        ),
        .required(
          "because",
          "Why that is right here.",
          Shape.text(ValuePatterns.sentence).like("lab machine")
        ),
      ])
    ).orNothing
  }
}
