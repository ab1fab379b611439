import FleetProbe
package import FleetResources
import FoundationEssentials

/// What taking back an earlier run would do on one node.
package struct RunReview: Sendable {
  /// Whether it can be taken back at all.
  package enum Standing: Sendable, Hashable {
    /// It can, as far as nothing moved.
    case ready
    /// Its journal is no longer kept there, or never was.
    case gone
    /// It changed nothing that is journalled, or was taken back at once.
    case unconfirmed
    /// It was confirmed and how it left the node is not known.
    case unknown
  }

  /// One thing that comes back.
  package struct Item: Sendable, Hashable {
    /// `path`, `unit`, `sysctl`, `firewall` or `tree`.
    package var kind: String
    /// Path, unit or key.
    package var name: String
    /// How it was before the run: `absent`, `file SHA256 MODE UID GID`, `link TARGET`, `enabled active restart`.
    package var before: String
    /// How it is now, in the same words; of a unit only whether it is enabled.
    package var now: String
    /// How the run left it, as `now`.
    package var left: String
    /// Content before the run and now, where everybody on the node may read both.
    package var texts: (before: [UInt8]?, now: [UInt8]?) = (nil, nil)

    /// Whether somebody else changed it since.
    package var hasMoved: Bool { now != left }

    /// Compares all but the texts.
    package static func == (one: Self, other: Self) -> Bool {
      [one.kind, one.name, one.before, one.now, one.left]
        == [other.kind, other.name, other.before, other.now, other.left]
    }

    /// Hashes what `==` compares.
    package func hash(into hasher: inout Hasher) {
      for part in [kind, name, before, now, left] { hasher.combine(part) }
    }
  }

  /// Whether it can be taken back.
  package var standing = Standing.ready
  /// What comes back, what the run changed first first.
  package var items: [Item] = []
  /// What does not come back: `apt-install nginx`, `generate-secret /etc/x.env KEY`.
  package var stays: [String] = []
  /// The record of what fleetctl owned before the run.
  package var manifest: Manifest?

  /// Makes an empty review.
  package init() {}
}

/// A plan on its way to a node.
struct KeptPlan: Sendable {
  /// The document.
  let bytes: [UInt8]
  /// The run that carries it out.
  let run: String
  /// Takes the reason when it could not be kept.
  let failed: @Sendable (String) -> Void
}

extension NodeSession {
  /// The lines of the node's history, oldest first; at most 1000.
  ///
  /// - Throws: `ApplyError` with `.transport`.
  package func history() async throws(ApplyError) -> [String] {
    let answer = try await converse(["command=history"])
    guard let section = answer.first("history") else {
      throw ApplyError(.protocolViolation, "the node did not tell its history")
    }
    return section.text.split(separator: "\n").map(String.init)
  }

  /// The plan of `run` as the node kept it; nil when it has none.
  ///
  /// - Throws: `ApplyError` with `.transport`.
  package func plan(of run: String) async throws(ApplyError) -> [UInt8]? {
    let answer = try await converse(["command=tell-plan", "transaction=" + run])
    return answer.first("plan").map { Array($0.payload) }
  }

  /// Keeps `plan` beside the journal of `run`, so that it can be resumed from anywhere; it goes to the
  /// node together with the first batch of the run, and is written before that begins.
  ///
  /// `failed` is told why, where it could not be kept.
  package func keep(
    plan: [UInt8],
    of run: String,
    failed: @escaping @Sendable (String) -> Void
  ) {
    self.plan = KeptPlan(bytes: plan, run: run, failed: failed)
  }

  /// The request that keeps the plan, where one waits for a batch of `run`.
  func takePlan(of run: String) throws(ApplyError) -> RuntimeRequest? {
    guard let plan, plan.run == run else { return nil }
    let batch = try EncodedBatch([BatchRecord(verb: "put-plan", blob: plan.bytes)])
    return request(
      [
        "command=batch", "token=" + (token ?? ""), "transaction=" + run, "batch=plan", "from=0",
        "wait=\(layout.followSeconds)", "launcher=inline",
      ] + batch.header,
      frames: batch.frames
    )
  }

  /// Tells what went wrong with the plan, if anything did.
  func learn(aboutPlan answer: AnswerSections) {
    guard let plan else { return }
    self.plan = nil
    var run = BatchRun(expected: 1)
    var why: String?
    do throws(ApplyError) {
      _ = try run.take(answer) { _, _ in }
      if let bad = run.results.first, bad.status == .failed {
        why = Printable.line(String(decoding: bad.output, as: UTF8.self))
      }
    } catch {
      why = error.message
    }
    if let why { plan.failed("the plan could not be kept on the node: \(why)") }
  }

  /// Looks at what taking back `run` would do; changes nothing.
  ///
  /// - Throws: `ApplyError` with `.transport` or `.protocolViolation`.
  package func review(_ run: String) async throws(ApplyError) -> RunReview {
    let answer = try await converse(["command=review", "transaction=" + run])
    var review = RunReview()
    var isWhole = false
    for section in answer.all {
      switch section.name {
      case "review:gone": review.standing = .gone
      case "review:unconfirmed": review.standing = .unconfirmed
      case "review:unknown": review.standing = .unknown
      case "review:item":
        let fields = section.text.split(separator: "\u{1F}", omittingEmptySubsequences: false).map(
          String.init
        )
        guard fields.count == 6 else {
          throw ApplyError(.protocolViolation, "the node's journal of run \(run) is not readable")
        }
        review.items.append(
          .init(
            kind: fields[0],
            name: fields[1],
            before: fields[2],
            now: fields[3],
            left: fields[4]
          )
        )
      case "review:before", "review:now":
        guard let last = review.items.indices.last else { continue }
        if section.name == "review:now" {
          review.items[last].texts.now = Array(section.payload)
        } else {
          review.items[last].texts.before = Array(section.payload)
        }
      case "review:stays": review.stays.append(Printable.line(section.text))
      case "review:manifest":
        review.manifest = try? JSONDecoder().decode(Manifest.self, from: Data(section.payload))
      case "review:whole": isWhole = true
      default: continue
      }
    }
    guard isWhole || review.standing != .ready else {
      throw ApplyError(.protocolViolation, "the node did not tell all of run \(run)")
    }
    return review
  }

  /// Takes back the earlier run `run` as a step of `transaction`, armed, and waits for `units`.
  ///
  /// What is there now is journalled first: unless somebody confirms it, or when it fails and
  /// `rollback(transaction)` is called, the node is again as it was before this.
  /// - Throws: `ApplyError`.
  package func takeBack(
    _ run: String,
    waitingFor units: [String],
    transaction: String,
    window: Int
  ) async throws(ApplyError) -> [OperationResult] {
    let before = armed
    armed = (transaction, window)
    let waits = units.map { BatchRecord(verb: "wait-unit", [$0, "120", "1", ""]) }
    let records = [BatchRecord(verb: "take-back", [run])] + waits
    do throws(ApplyError) {
      return try await self.run(records, transaction, "take-back", inline: false) { _, _ in }
    } catch {
      // Nothing was done, so nothing new waits to be taken back.
      if error.isBeforeAll { armed = before }
      throw error
    }
  }
}
