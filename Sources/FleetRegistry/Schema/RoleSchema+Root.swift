internal import FleetDiagnostics
internal import FleetYAML

extension RoleSchema {
  private static func text(_ key: String, nothing doc: String) -> Field {
    Field(key, doc, Shape.text().orNothing)
  }

  /// A list of the items that the definition `name` describes.
  private static func items(_ key: String, _ doc: String, of name: String) -> Field {
    Field(key, doc, Shape.list(.ref(name)).orNothing)
  }

  static var root: Shape {
    let shape = Shape.mapping(identity + claims + content + running)
      .described("One role; files beside it in `files/` are its templates.")
      .titled("fleetctl role")
    // A component needs no layer.
    return shape.with(
      "if",
      ["properties": ["kind": ["const": "component"]], "required": ["kind"]]
    ).with("else", ["required": ["layer"]])
  }

  private static var identity: [Field] {
    [
      .required("name", "Name; that of the folder.", .unsigned(ValuePatterns.name)),
      word("kind", "`component`: pulled in by roles, never assigned.", Role.Kind.role),
      .required("summary", "One line.", .text()),
      word("layer", "Where in the fleet it belongs.", Role.Layer.shared),
      flag("required", "Whether a fleet must have it.", false),
      text("degraded_without", nothing: "What is missing in a fleet without it."),
      strings("notes", "Sentences."),
      text("source", nothing: "Source path, for people."),
      text("playbook", nothing: "For people."),
      strings("key_packages", "For people."),
      strings("models", "For people."),
      texts("install_dirs", "For people."),
      strings("aliases", "Old names of the same units."),
      Field(
        "orphans",
        "What must not exist any more.",
        Shape.mapping([
          texts("units", "Stopped and disabled."), texts("paths", "Reported."),
        ]).orNothing
      ),
      Field(
        "python",
        "For people.",
        Shape.mapping([
          text("version", "Such as 3.12."),
          Field("environment", "venv, conda or system.", Shape.text().orNothing),
          text("path", "Folder of the environment."),
        ]).orNothing
      ),
      Field("nodejs", "For people.", Shape.text().orNothing),
      text("build", nothing: "For people."),
      text("post_sync", nothing: "For people."),
    ]
  }

  private static var claims: [Field] {
    [
      Field("placement", "On which nodes it may be.", placement),
      Field(
        "params",
        "Parameters by name.",
        Shape.table(.ref("parameter"), keys: "^[A-Za-z_][A-Za-z0-9_]*$").orNothing
      ),
      items("uses", "Components that it brings.", of: "use"),
      strings("collect", "Keys of `with.` that are joined over all roles of the node."),
      items("ports", "Ports, which are endpoints too.", of: "port"),
      items("needs", "Roles that it connects to.", of: "need"),
      items("hardware", "Devices that it needs.", of: "hardwareNeed"),
      items("memory", "What it takes of the node's memory.", of: "memoryNeed"),
      Field("inference", "The models that it runs, and on what.", inference),
      Field("os", "", Shape.mapping([strings("supported", "Such as debian-12.")]).orNothing),
    ]
  }

  private static var inference: Shape {
    Shape.mapping([
      .required("device", "", .word(Inference.Place.allCases.map(\.rawValue))),
      needed("models", "Expression that gives the list of models."),
      text("at_once", nothing: "How many are loaded at once."),
      Field("above", "Models up to this size are too small for it.", modelSize),
      Field("up_to", "Models above this size are too large for it.", modelSize),
      Field(
        "sizes",
        "Sizes of models whose name does not say it.",
        Shape.table(modelSize).orNothing
      ),
    ]).orNothing
  }

  /// A number of parameters: `7B`, `137M`.
  private static var modelSize: Shape { Shape.text().like("7B", "137M") }

  private static var content: [Field] {
    [
      items("apt_sources", "Package sources.", of: "aptSource"),
      items("packages", "Packages.", of: "package"),
      items("archives", "Archives to unpack.", of: "archive"),
      items("groups", "Groups.", of: "groupAccount"),
      items("users", "Users.", of: "user"),
      items("directories", "Directories.", of: "directory"),
      items("files", "Files.", of: "file"),
      items("links", "Symbolic links.", of: "link"),
      items("units", "systemd units, under /etc/systemd/system.", of: "unit"),
      items("drop_ins", "Drop-ins of units that packages bring.", of: "dropIn"),
      items("services", "Units that packages bring: their state.", of: "service"),
      items("sysctl", "Kernel settings.", of: "sysctl"),
      items("secrets", "Secrets, made on the node once.", of: "secret"),
      items("certificates", "Certificates of the fleet's CA.", of: "certificate"),
      Field("authority", "The fleet's CA lives here.", .ref("authority")),
      items("sources", "Source trees to bring.", of: "sourceTree"),
      items("steps", "Commands, each with a probe.", of: "step"),
      items("databases", "Databases.", of: "database"),
      items("roles_in_database", "Roles in the database.", of: "databaseRole"),
      items("firewall", "Rules besides those of the ports.", of: "firewall"),
      items("backups", "Backups before risky changes.", of: "backup"),
    ]
  }

  private static var running: [Field] {
    [
      items("health", "Checks after a change.", of: "healthCheck"),
      Field(
        "startup",
        "How long a start takes.",
        Shape.mapping([
          needed("typical", "Usually."), needed("budget", "At most."),
          text("soak", "How long it is watched once it is healthy."),
        ]).orNothing
      ),
      Field(
        "restart",
        "When it may be restarted.",
        Shape.mapping([
          word("policy", "When.", RestartPolicy.Policy.auto),
          text("cost", nothing: "What a restart means to people."),
        ]).orNothing
      ),
      word("update_policy", "`manual`: updated when asked for only.", Role.UpdatePolicy.auto),
      Field("rollout", "How many nodes are changed at a time.", RolloutReader.shape.orNothing),
    ]
  }

  private static var placement: Shape {
    Shape.mapping([
      strings("default_nodes", "Where it usually is."),
      word("replicas", "How many.", Placement.Replicas.many),
      flag("portable", "Whether it may move freely.", false),
      flag(
        "separable",
        "Whether it may leave the roles that it usually shares a node with.",
        false
      ),
      Field(
        "apart_from",
        "Roles that may not share its node.",
        Shape.list(.ref("apartFrom")).orNothing
      ),
    ]).orNothing
  }
}
