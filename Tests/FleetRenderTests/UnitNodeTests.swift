import FleetDiagnostics
import FleetModel
import Glibc
import Testing

@testable import FleetRender

/// The machine that `FLEETCTL_TEST_NODE` names: the words that run a command there as root.
private let node: [String]? = getenv("FLEETCTL_TEST_NODE").map { words in
  String(cString: words).split(separator: " ").map(String.init)
}

/// Hostile values on a real systemd: written, loaded, started, and read back byte by byte.
@Suite(.serialized, .enabled(if: node != nil, "FLEETCTL_TEST_NODE names no machine"))
struct UnitNodeTests {
  private let folder = "/run/fleetctl-hostile"
  private let name = "fleetctl-hostile.service"

  private func onNode(_ script: String) -> String {
    let result = run((node ?? []) + ["/usr/bin/env", "-C", "/", "/bin/sh", "-c", script])
    #expect(result.status == 0, "\(result.output.prefix(500))")
    return result.output
  }

  private func put(_ path: String, _ text: String) {
    // Through the command line as digits: what is under test stays out of the shell's hands.
    var octal = ""
    for byte in text.utf8 {
      let digits = String(byte, radix: 8)
      octal += "\\0" + String(repeating: "0", count: 3 - digits.count) + digits
    }
    _ = onNode("mkdir -p \(folder); printf %b '\(octal)' > \(path)")
  }

  /// Those that the writers do not refuse.
  private func accepted(_ seed: UInt64) -> [String] {
    (Hostile.texts + Hostile.random(100, seed: seed)).filter { value in
      var diagnostics = Diagnostics()
      let words = UnitValue.list(["/bin/true", value].map { .one(.string($0)) })
      let assignment = UnitValue.map([UnitAssignment("A", .string(value))])
      let directives = [
        UnitDirective("ExecStart", words), UnitDirective("Environment", assignment),
      ]
      let unit = UnitFile.render(sections: [UnitSection("Service", directives)], into: &diagnostics)
      return unit != nil && EnvironmentText.quote(value) != nil && value.utf8.count < 600
    }
  }

  /// Writes a unit that runs `words` with `environment`, starts it and returns what it printed.
  private func output(
    _ words: [String],
    environment: [UnitAssignment],
    file: String,
    description: String
  ) -> [String] {
    var diagnostics = Diagnostics()
    let text = UnitFile.render(
      sections: [
        UnitSection("Unit", [UnitDirective("Description", .one(.string(description)))]),
        UnitSection(
          "Service",
          [
            UnitDirective("Type", .one(.string("oneshot"))),
            UnitDirective("ExecStart", .list(words.map { .one(.string($0)) })),
            UnitDirective("Environment", .map(environment)),
            UnitDirective("EnvironmentFile", .one(.string(folder + "/env"))),
            // `truncate:` came with systemd 248.
            UnitDirective("StandardOutput", .one(.string("file:\(folder)/out"))),
          ]
        ),
      ],
      into: &diagnostics
    )
    #expect(diagnostics.all == [])
    put(folder + "/env", file)
    put("/run/systemd/system/" + name, text ?? "")
    _ = onNode("rm -f \(folder)/out; systemctl daemon-reload; systemctl start \(name)")
    let printed = onNode("cat \(folder)/out")
    return printed.utf8.split(separator: 0, omittingEmptySubsequences: false).dropLast()
      .map { String(Substring($0)) }
  }

  @Test func `arguments, environment and description arrive byte by byte`() {
    let values = accepted(21)
    #expect(values.count > 60)
    for chunk in stride(from: 0, to: values.count, by: 8) {
      let part = Array(values[chunk..<min(chunk + 8, values.count)])
      let description = part.first { $0 == UnitSyntax.trimmed($0) && !$0.isEmpty } ?? "x"
      let printed = output(
        ["/usr/bin/printf", "%s\\0"] + part,
        environment: [],
        file: "",
        description: "d" + description + "d"
      )
      #expect(printed == part)
      let shown = onNode("systemctl show -p Description --value \(name)")
      #expect(shown == "d" + description + "d\n")

      let environment = part.enumerated().map { UnitAssignment("U\($0)", .string($1)) }
      let file = part.enumerated().map { "F\($0)=\(EnvironmentText.quote($1) ?? "")\n" }.joined()
      let seen = output(
        ["/usr/bin/env", "-0"],
        environment: environment,
        file: file,
        description: "x"
      )
      for (index, value) in part.enumerated() {
        #expect(seen.contains("U\(index)=\(value)"), "\(value.debugDescription): \(seen)")
        #expect(seen.contains("F\(index)=\(value)"), "\(value.debugDescription): \(seen)")
      }
    }
    _ = onNode("rm -rf \(folder) /run/systemd/system/\(name); systemctl daemon-reload")
  }
}
