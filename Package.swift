// swift-tools-version: 6.2
import PackageDescription

// Every Swift target is built the same way: the language mode of Swift 6, warnings are errors.
let house: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

// Targets from the bottom up. A target may import only what stands above it here and is named in
// its list; `--explicit-target-dependency-import-check error` and `SourceRulesTests` enforce it.
// docs/architecture.md says what belongs where.
func room(
  _ name: String,
  _ dependencies: [Target.Dependency],
  _ settings: [SwiftSetting] = []
) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: house + settings)
}

// The fault matrix stops an apply at named places (lab/faults/README.md); no release binary has them.
let failpoints: [SwiftSetting] = [
  .define("FLEETCTL_FAILPOINTS", .when(configuration: .debug))
]

func tests(
  _ name: String,
  _ dependencies: [Target.Dependency],
  exclude: [String] = []
) -> Target {
  .testTarget(
    name: name + "Tests",
    dependencies: [.init(stringLiteral: name), "FleetTestSupport"] + dependencies,
    exclude: exclude,
    swiftSettings: house
  )
}

let package = Package(
  name: "fleetctl",
  products: [.executable(name: "fleetctl", targets: ["fleetctl"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CLibSSH2", pkgConfig: "libssh2", providers: [.apt(["libssh2-1-dev"])]),
    .systemLibrary(name: "CLibCrypto", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CMalloc"),

    room("FleetDiagnostics", []),
    room("FleetDigest", ["CLibCrypto"]),
    room("FleetModel", ["FleetDiagnostics", "FleetDigest"]),
    room("FleetYAML", ["CLibYAML", "FleetDiagnostics"]),
    room("FleetRender", ["FleetDiagnostics", "FleetModel"]),
    room("FleetRegistry", ["FleetDiagnostics", "FleetModel", "FleetYAML", "FleetRender"]),
    room(
      "FleetConfig",
      ["FleetDiagnostics", "FleetModel", "FleetYAML", "FleetRender", "FleetRegistry"]
    ),
    room("FleetResources", ["FleetDiagnostics", "FleetModel", "FleetDigest", "FleetRender"]),
    room(
      "FleetCompile",
      [
        "FleetDiagnostics", "FleetModel", "FleetDigest", "FleetRender", "FleetRegistry",
        "FleetConfig", "FleetResources",
      ]
    ),
    room("FleetPlan", ["FleetDiagnostics", "FleetModel", "FleetDigest", "FleetResources"]),
    room("FleetTransport", ["FleetModel"]),
    room("FleetSSH", ["CLibSSH2", "CLibCrypto", "FleetDigest", "FleetModel", "FleetTransport"]),
    room(
      "FleetProbe",
      ["FleetDiagnostics", "FleetModel", "FleetDigest", "FleetResources", "FleetTransport"]
    ),
    room(
      "FleetApply",
      [
        "FleetDiagnostics", "FleetModel", "FleetDigest", "FleetResources", "FleetPlan",
        "FleetTransport", "FleetProbe",
      ]
    ),
    room(
      "FleetView",
      [
        "FleetDiagnostics", "FleetDigest", "FleetModel", "FleetRender", "FleetRegistry",
        "FleetConfig", "FleetResources", "FleetPlan", "FleetApply",
      ]
    ),
    room(
      "FleetCommands",
      [
        "CMalloc", "FleetDiagnostics", "FleetDigest", "FleetModel", "FleetYAML", "FleetRender",
        "FleetRegistry", "FleetConfig", "FleetResources", "FleetCompile", "FleetPlan",
        "FleetTransport", "FleetSSH", "FleetProbe", "FleetApply", "FleetView",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      failpoints
    ),
    .executableTarget(name: "fleetctl", dependencies: ["FleetCommands"], swiftSettings: house),

    .target(
      name: "FleetTestSupport",
      dependencies: ["FleetDiagnostics", "FleetModel"],
      path: "Tests/FleetTestSupport",
      swiftSettings: house
    ),
    // What scripts/check-schema.py asks for the verdict of our own checks on thousands of texts.
    .executableTarget(
      name: "FleetJudge",
      dependencies: ["FleetDiagnostics", "FleetModel", "FleetRegistry", "FleetConfig"],
      path: "Tests/FleetJudge",
      swiftSettings: house
    ),
    // The real planner and apply over simulated nodes, network and time (docs/simulator.md).
    .target(
      name: "FleetSimulator",
      dependencies: [
        "FleetDigest", "FleetModel", "FleetResources", "FleetPlan", "FleetTransport", "FleetProbe",
        "FleetApply", "FleetCommands",
      ],
      path: "Tests/FleetSimulator",
      swiftSettings: house
    ),
    .executableTarget(
      name: "fleetsim",
      dependencies: ["FleetSimulator"],
      path: "Tests/fleetsim",
      swiftSettings: house
    ),
    .testTarget(name: "HouseTests", dependencies: ["FleetTestSupport"], swiftSettings: house),
    tests("FleetSimulator", []),
    tests("FleetDiagnostics", []),
    tests("FleetDigest", []),
    tests("FleetModel", ["FleetDiagnostics"]),
    tests("FleetYAML", ["FleetDiagnostics"]),
    tests("FleetRender", ["FleetDiagnostics", "FleetModel"]),
    tests("FleetRegistry", ["FleetDiagnostics", "FleetModel", "FleetYAML", "FleetRender"]),
    tests(
      "FleetConfig",
      ["FleetDiagnostics", "FleetModel", "FleetYAML", "FleetRegistry", "FleetRender"]
    ),
    tests("FleetResources", ["FleetDiagnostics", "FleetModel", "FleetDigest", "FleetRender"]),
    tests(
      "FleetCompile",
      [
        "FleetDiagnostics", "FleetModel", "FleetRegistry", "FleetConfig", "FleetResources",
        "FleetRender",
      ]
    ),
    tests("FleetPlan", ["FleetDiagnostics", "FleetModel", "FleetResources", "FleetDigest"]),
    tests("FleetSSH", ["FleetModel", "FleetTransport"]),
    tests("FleetProbe", ["FleetModel", "FleetResources", "FleetTransport"]),
    tests("FleetApply", ["FleetModel", "FleetResources", "FleetPlan", "FleetTransport"]),
    tests(
      "FleetView",
      [
        "FleetDiagnostics", "FleetModel", "FleetRender", "FleetRegistry", "FleetConfig",
        "FleetResources", "FleetPlan", "FleetApply",
      ],
      exclude: ["Golden", "Plan/Golden", "Rules/Golden", "Roles/registry-document.txt"]
    ),
    tests(
      "FleetCommands",
      [
        "FleetDiagnostics", "FleetDigest", "FleetModel", "FleetRegistry", "FleetConfig",
        "FleetResources", "FleetCompile", "FleetPlan", "FleetApply", "FleetView",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]
    ),
  ]
)

// The fuzz target exists only for `make fuzz` (docs/hostile-input.md): it needs libFuzzer, which no other build may.
if Context.environment["FLEETCTL_FUZZ"] == "1" {
  package.targets.append(
    .executableTarget(
      name: "FleetFuzz",
      dependencies: [
        "FleetDiagnostics", "FleetDigest", "FleetModel", "FleetYAML", "FleetRender",
        "FleetRegistry",
        "FleetConfig", "FleetResources", "FleetProbe", "FleetPlan", "FleetView",
      ],
      path: "Fuzz/FleetFuzz",
      swiftSettings: house + [.unsafeFlags(["-parse-as-library"])]
    )
  )
}

// scripts/sanitize.sh builds what one target of tests needs and nothing else: a sanitizer's build costs minutes.
if let wanted = Context.environment["FLEETCTL_TESTS_OF"] {
  var kept: [Target] = []
  var names = [wanted]
  while let name = names.popLast() {
    guard !kept.contains(where: { $0.name == name }),
      let target = package.targets.first(where: { $0.name == name })
    else { continue }
    kept.append(target)
    for case .byNameItem(let next, _) in target.dependencies { names.append(next) }
  }
  package.targets = kept
  package.products = []
  package.dependencies = []
}
