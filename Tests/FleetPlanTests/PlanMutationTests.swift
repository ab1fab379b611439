import FleetDiagnostics
import FleetDigest
import FleetPlan
import Testing

/// Saved plans are read as hostile input: whatever was changed in one, it is refused with one error.
@Suite struct PlanMutationTests {
  private func bytes() throws -> [UInt8] {
    var node = try OneNode()
    node.edit(OneNode.conf, "port 1\n")
    return PlanFile(try node.fleet.plan(), meta: ["created_at": "t"]).bytes
  }

  private enum Answer: Equatable {
    case read(Plan)
    case refused(Int)
  }

  private func answer(_ bytes: [UInt8]) -> Answer {
    do {
      return .read(try PlanFile(parsing: bytes).plan)
    } catch {
      for diagnostic in error.diagnostics.all {
        #expect(diagnostic.rule.code == "FLT6002")
        #expect(diagnostic.detail.hasSuffix("Make a new one with `plan -out`."))
      }
      return .refused(error.diagnostics.all.count)
    }
  }

  @Test func everyByteFlippedIsRefusedOrChangesNothingThatIsApplied() throws {
    let whole = try bytes()
    let plan = try PlanFile(parsing: whole).plan
    var refused = 0
    for index in whole.indices {
      for flip in [[0x01, 0x20, 0x80, 0xFF][index % 4]] as [UInt8] {
        var mutated = whole
        mutated[index] ^= flip
        switch answer(mutated) {
        // `meta`, the minor version and white space stand outside of the digest.
        case .read(let read): #expect(read == plan, "byte \(index)")
        case .refused(let errors):
          refused += 1
          #expect(errors == 1, "byte \(index)")
        }
      }
    }
    #expect(refused > whole.count / 2)
  }

  @Test func everyCutIsRefused() throws {
    let whole = try bytes()
    // Without its line feed it is still whole.
    for length in stride(from: 0, to: whole.count - 1, by: 7) {
      #expect(answer(Array(whole[..<length])) == .refused(1))
    }
  }

  /// Whoever can write the file can also write a digest that fits: then the shape must hold.
  @Test func forgedPlansOfAnotherShapeAreRefusedOrReadAgainAsTheyAre() throws {
    let document = try JSONValue(parsing: try bytes())
    let plan = try #require(document["plan"])
    let mutants = Self.mutants(of: plan)
    #expect(mutants.count > 500)
    for mutant in mutants {
      switch answer(Self.signed(mutant)) {
      case .refused(let errors): #expect(errors == 1)
      case .read(let read):
        // What is read is all that its own document says: nothing hides in it.
        #expect(PlanFile(read).digest == "sha256:" + SHA256.hex(Self.text(mutant)))
      }
    }
  }

  @Test func membersTwiceAreRefused() throws {
    let text = String(decoding: try bytes(), as: UTF8.self)
    for name in ["digest", "plan", "format_version", "meta"] {
      let twice = text.replacing(
        "{\"digest\":",
        with: "{\"\(name)\":1,\"digest\":",
        maxReplacements: 1
      )
      #expect(answer(Array(twice.utf8)) == .refused(1), "\(name)")
    }
  }

  @Test func whatIsHugeOrDeepIsRefused() {
    let deep = String(repeating: "[", count: 100_000)
    #expect(answer(Array(deep.utf8)) == .refused(1))
    #expect(answer([UInt8](repeating: 0x20, count: PlanFile.byteLimit + 1)) == .refused(1))
    let long = "{\"format_version\":\"" + String(repeating: "9", count: 1 << 20) + "\"}"
    #expect(answer(Array(long.utf8)) == .refused(1))
  }

  /// Every member removed, and every value replaced by one of each other kind.
  private static func mutants(of value: JSONValue) -> [JSONValue] {
    let kinds: [JSONValue] = [
      .null, .bool(true), .int(-1), .int(.max), .string(""), .string("\u{0}../../etc"),
      .array([]), JSONValue.object([] as [(String, JSONValue)]),
    ]
    var found = kinds
    if let members = value.members {
      for (index, member) in members.enumerated() {
        var rest = members
        rest.remove(at: index)
        found.append(.object(rest.map { ($0.key, $0.value) }))
        for mutant in mutants(of: member.value) {
          var other = members.map { ($0.key, $0.value) }
          other[index].1 = mutant
          found.append(.object(other))
        }
      }
    }
    for (index, item) in (value.array ?? []).enumerated() {
      for mutant in mutants(of: item) {
        var items = value.array ?? []
        items[index] = mutant
        found.append(.array(items))
      }
    }
    return found
  }

  private static func text(_ plan: JSONValue) -> [UInt8] {
    Array(plan.rendered(pretty: false).utf8)
  }

  private static func signed(_ plan: JSONValue) -> [UInt8] {
    let digest = "sha256:" + SHA256.hex(text(plan))
    let document = JSONValue.object([
      ("digest", .string(digest)), ("format_version", "1.0"),
      ("meta", JSONValue.object([] as [(String, JSONValue)])), ("plan", plan),
    ])
    return Array(document.rendered(pretty: false).utf8)
  }
}
