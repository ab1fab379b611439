/// Rules of meaning: roles, claims, dependencies, layers and hardware of a fleet (FLT3xxx, FLT4xxx).
extension Rule {
  /// A node lists a role that no registry has.
  package static let unknownRole = Rule(
    "unknown-role",
    "FLT3001",
    .error,
    "A role is not in the registry"
  )
  /// A name that exists, but not as a role: a node id, a service, a group.
  package static let notARole = Rule(
    "not-a-role",
    "FLT3002",
    .error,
    "A name is not the name of a role"
  )
  /// Two nodes have one address.
  package static let duplicateAddress = Rule(
    "duplicate-address",
    "FLT3003",
    .error,
    "Two nodes have the same address"
  )
  /// A node's address lies outside the fleet's network.
  package static let addressOutsideNetwork = Rule(
    "address-outside-network",
    "FLT3004",
    .warning,
    "An address is outside the fleet's network"
  )
  /// One node lists a role twice.
  package static let roleRepeated = Rule(
    "role-repeated",
    "FLT3005",
    .error,
    "A node lists a role twice"
  )
  /// A role that may run once in a fleet is placed on several nodes.
  package static let roleNotReplicable = Rule(
    "role-not-replicable",
    "FLT3006",
    .error,
    "A role that exists once is placed on several nodes"
  )
  /// A reserved node has roles.
  package static let reservedNode = Rule(
    "reserved-node",
    "FLT3007",
    .error,
    "A reserved node has roles"
  )
  /// A name that should be a node of the fleet is none.
  package static let unknownNode = Rule(
    "unknown-node",
    "FLT3008",
    .error,
    "A node is not in the fleet"
  )
  /// No node has a role that every fleet needs.
  package static let requiredRoleMissing = Rule(
    "required-role-missing",
    "FLT3010",
    .error,
    "A required role is on no node"
  )
  /// No node has a role without which the fleet works in a degraded way.
  package static let optionalRoleMissing = Rule(
    "optional-role-missing",
    "FLT3011",
    .warning,
    "The fleet runs degraded without a role"
  )
  /// Neither a local nor a cloud language model can be reached.
  package static let noLLM = Rule(
    "no-llm",
    "FLT3012",
    .warning,
    "No language model is reachable from the fleet"
  )
  /// Two claims of one node have the same port and protocol.
  package static let portCollision = Rule(
    "port-collision",
    "FLT3101",
    .error,
    "Two roles on one node claim the same port"
  )
  /// Two roles of one node bring a systemd unit of the same name.
  package static let unitCollision = Rule(
    "unit-collision",
    "FLT3102",
    .error,
    "Two roles on one node claim the same systemd unit"
  )
  /// Two roles of one node own the same path.
  package static let pathCollision = Rule(
    "path-collision",
    "FLT3103",
    .error,
    "Two roles on one node claim the same path"
  )
  /// A role needs another that is on no node.
  package static let dependencyMissing = Rule(
    "dependency-missing",
    "FLT3201",
    .error,
    "A role needs another role that is on no node"
  )
  /// A role needs an endpoint that cannot be reached from its node.
  package static let dependencyUnreachable = Rule(
    "dependency-unreachable",
    "FLT3202",
    .error,
    "A role cannot reach an endpoint that it needs"
  )
  /// Roles need each other in a circle.
  package static let dependencyCycle = Rule(
    "dependency-cycle",
    "FLT3203",
    .error,
    "Roles need each other in a circle"
  )
  /// An endpoint listens on the network because a consumer lives on another node.
  package static let exposureWidened = Rule(
    "exposure-widened",
    "FLT3204",
    .warning,
    "A loopback endpoint is opened to the fleet"
  )
  /// Management and business roles share a node.
  package static let layerMixing = Rule(
    "layer-mixing",
    "FLT3301",
    .error,
    "Roles of separate layers share a node"
  )
  /// A role stands where the registry forbids it.
  package static let placementForbidden = Rule(
    "placement-forbidden",
    "FLT3302",
    .error,
    "A role may not be placed on this node"
  )
  /// A role stands on another node than the registry expects.
  package static let placementUnusual = Rule(
    "placement-unusual",
    "FLT3303",
    .warning,
    "A role is placed on an unusual node"
  )
  /// A parameter of a role is unknown, of the wrong kind or out of range.
  package static let parameterInvalid = Rule(
    "parameter-invalid",
    "FLT3401",
    .error,
    "A parameter of a role is not valid"
  )
  /// Two roles use one database in a way that can lose data.
  package static let sharedDatabaseHazard = Rule(
    "shared-database-hazard",
    "FLT3402",
    .warning,
    "Roles share a database in a risky way"
  )
  /// Software is installed at whatever version is newest on the day.
  package static let unpinnedVersion = Rule(
    "unpinned-version",
    "FLT3403",
    .warning,
    "A version is not pinned"
  )
  /// A node allows a finding that does not occur.
  package static let unusedWaiver = Rule(
    "unused-waiver",
    "FLT3404",
    .warning,
    "A waiver silences nothing"
  )
  /// A template of a role cannot be rendered.
  package static let templateError = Rule(
    "template-error",
    "FLT3501",
    .error,
    "A template cannot be rendered"
  )
  /// A role needs a device that the node does not declare.
  package static let hardwareMissing = Rule(
    "hardware-missing",
    "FLT4001",
    .error,
    "A node lacks a device that a role needs"
  )
  /// Several roles need one device for themselves.
  package static let hardwareExclusive = Rule(
    "hardware-exclusive",
    "FLT4002",
    .error,
    "Roles on one node claim the same device"
  )
  /// The models of a GPU need more memory than it has.
  package static let vramExceeded = Rule(
    "vram-exceeded",
    "FLT4003",
    .warning,
    "A GPU has less memory than its roles need"
  )
  /// The roles of a node need more memory than it has.
  package static let memoryExceeded = Rule(
    "memory-exceeded",
    "FLT4004",
    .warning,
    "A node has less memory than its roles need"
  )
  /// A model is too large for the class of the device that runs it.
  package static let modelClass = Rule(
    "model-class",
    "FLT4005",
    .warning,
    "A model does not fit the class of its device"
  )
  /// A role falls back to slower hardware because the node has no better.
  package static let optionalHardware = Rule(
    "optional-hardware",
    "FLT4006",
    .warning,
    "A role runs without the hardware that it prefers"
  )

  /// The rules of this file, by code.
  static let fleetRules: [Rule] = [
    unknownRole, notARole, duplicateAddress, addressOutsideNetwork, roleRepeated,
    roleNotReplicable, reservedNode, unknownNode, requiredRoleMissing, optionalRoleMissing, noLLM,
    portCollision, unitCollision, pathCollision, dependencyMissing, dependencyUnreachable,
    dependencyCycle, exposureWidened, layerMixing, placementForbidden, placementUnusual,
    parameterInvalid, sharedDatabaseHazard, unpinnedVersion, unusedWaiver, templateError,
    hardwareMissing,
    hardwareExclusive, vramExceeded, memoryExceeded, modelClass, optionalHardware,
  ]
}
