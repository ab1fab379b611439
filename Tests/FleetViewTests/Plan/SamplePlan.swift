import FleetModel
import FleetPlan
import FleetResources

/// A plan that holds one of everything that can be shown.
enum SamplePlan {
  static func node(_ name: String) -> NodeID {
    guard let id = NodeID(name) else { preconditionFailure("\(name) is no node id") }
    return id
  }

  private static let web = node("web-1")
  private static let twin = node("web-2")
  private static let database = node("db-1")

  static var file: PlanFile { PlanFile(plan, meta: ["created_at": "2026-01-01T00:00:00Z"]) }

  static var plan: Plan {
    var plan = Plan(
      fleet: "edge",
      options: PlanOptions(),
      nodes: nodes,
      changes: webChanges(web) + webChanges(twin) + databaseChanges,
      diffs: [
        "d1": [
          "@@ -12,4 +12,4 @@ ", "   keepalive_timeout 65;", "-  worker_connections 512;\u{1B}[2J",
          "+  worker_connections 2048;", "   server_tokens off;",
        ],
        "d2": ["@@ -0,0 +1 @@", "+listen 80;"],
      ],
      notes: []
    )
    plan.notes = [
      PlanNote(
        severity: "warning",
        node: database,
        text: "redis.service listens on 0.0.0.0:6379, wider than declared (fleet: 192.0.2.9)"
      ),
      PlanNote(
        severity: "info",
        node: nil,
        text: "limited by -target: 3 further changes are not in this plan"
      ),
    ]
    return plan
  }

  private static var nodes: [PlannedNode] {
    var first = PlannedNode(id: database, address: "192.0.2.9", roles: ["redis"])
    first.unchanged = 7
    first.kept = ["dir:/var/lib/old"]
    first.packageClosure = ["libhiredis0.14", "liblzf1"]
    var lost = PlannedNode(id: node("lost"), address: "192.0.2.13", roles: ["agent"])
    lost.failedStep = "connect"
    lost.cause = "timed out after 5 s (192.0.2.13:22)"
    lost.remedy = "Check that it is up:\n  ping 192.0.2.13"
    var second = PlannedNode(id: web, address: "192.0.2.1", roles: ["nginx", "node-exporter"])
    second.unchanged = 14
    return [
      first, PlannedNode(id: node("idle"), address: "192.0.2.2", roles: []), lost, second,
      PlannedNode(id: twin, address: "192.0.2.5", roles: ["nginx"]),
    ]
  }

  private static func change(
    _ node: NodeID,
    _ kind: ResourceKind,
    _ name: String,
    _ actions: [ActionWord],
    _ reason: String,
    label: ChangeLabel = .intent,
    edit: (inout PlannedChange) -> Void = { _ in }
  ) -> PlannedChange {
    var change = PlannedChange(
      ResourceAddress(node, kind, name),
      role: "nginx",
      actions: actions,
      label: label,
      phase: .configure
    )
    change.reasons = [.init(reason, origin: "roles/nginx/role.yaml:41:7")]
    edit(&change)
    return change
  }

  private static func webChanges(_ node: NodeID) -> [PlannedChange] {
    [
      change(node, .file, "/etc/nginx/site", [.create], "the role nginx wants it") {
        $0.differences = [Difference("state", before: "absent", after: "0644 root:root")]
        $0.diff = "d2"
      },
      change(
        node,
        .file,
        "/etc/nginx/nginx.conf",
        [.update],
        "it was changed on the node",
        label: .drift
      ) {
        $0.differences = [
          Difference("mode", before: "0666", after: "0644"),
          Difference("content", before: "sha256:1", after: "sha256:2"),
        ]
        $0.diff = "d1"
      },
      change(node, .unit, "nginx.service", [.reload], "/etc/nginx/nginx.conf changes"),
    ]
  }

  private static var databaseChanges: [PlannedChange] {
    [
      change(database, .file, "/etc/redis.conf", [.update], "the role redis wants it otherwise") {
        $0.differences = [
          Difference("content", before: "(hidden: holds secrets)", after: "(changed)")
        ]
        $0.hidesContent = true
        $0.producer = ResourceAddress(database, .secret, "redis.password")
      },
      change(
        database,
        .unit,
        "redis.service",
        [.enable, .restart],
        "/etc/redis.conf changes",
        label: .restartDebt
      ) {
        $0.isInterrupting = true
        $0.outageSeconds = 360
        $0.dependents = ["celery on 01-Backend", "backend on 01-Backend"]
        $0.propagatesTo = ["redis-sentinel.service"]
        $0.cost = "all queues stand still"
      },
      change(
        database,
        .unit,
        "old.service",
        [.stop, .disable],
        "the role old is no longer on this node"
      ) {
        $0.isInterrupting = true
      },
      change(database, .file, "/etc/old.conf", [.delete], "the role old is no longer on this node")
      {
        $0.differences = [Difference("state", before: "0644 root:root", after: "absent")]
      },
      change(
        database,
        .file,
        "/etc/foreign",
        [.blocked],
        "somebody else's file is here",
        label: .adopt
      ) {
        $0.remedy = "Look at it, then take it over with `--adopt node.db-1/file:/etc/foreign`."
      },
      change(database, .sysctl, "vm.overcommit_memory", [.unknown], "permission denied"),
      change(database, .link, "/etc/ours", [.adopt], "it is here already", label: .adopt),
      change(database, .step, "redis.migrate", [.run], "its inputs changed") {
        $0.isReversible = false
      },
    ]
  }
}
