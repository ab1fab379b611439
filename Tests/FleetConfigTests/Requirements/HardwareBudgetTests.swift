import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetRegistry
import FleetTestSupport
import Testing

/// Requirements 20 and 21 and the RAM budget: what models and caches take.
@Suite struct HardwareBudgetTests {
  private func run(_ fields: String, roles: String = "{}") -> (MarkedText, Validation) {
    let marked = MarkedText(
      "version: 1\nfleet: f\nroles: \(roles)\nnodes:\n  a: {address: 10.0.0.1, \(fields)}\n"
    )
    return (marked, Validation(marked.source))
  }

  @Test("item 20: five large models at once on 8 GB is a warning that says what fits")
  func documentedModels() throws {
    let (marked, run) = run(
      "roles: [1️⃣autobot-llm-gpu2️⃣], hardware: {gpus: [3️⃣{id: gpu0, vendor: nvidia, vram: 8GiB}4️⃣]}"
    )
    let finding = try #require(run.findings(.vramExceeded).first)
    #expect(finding.rule.code == "FLT4003")
    #expect(finding.severity == .warning)
    #expect(finding.span == marked.span(1, 2))
    #expect(
      finding.related == [RelatedSpan("`gpu0` is declared here", at: marked.span(3, 4))]
    )
    #expect(
      finding.detail
        == "`autobot-llm-gpu` on `a` may load 3 models at once, about 19.4 GiB without their contexts, but "
        + "`gpu0` has 8 GiB. Lower `roles.autobot-llm-gpu.max_loaded` to 1, choose smaller `models`, or "
        + "allow `vram-exceeded` on `a` with the reason."
    )
    let suggestion = try #require(finding.suggestions.first)
    let cured = marked.source.applying(suggestion)
    #expect(cured.contains("{autobot-llm-gpu: {max_loaded: 1}}"))
    #expect(Validation(cured).findings(.vramExceeded).isEmpty)
  }

  @Test(
    "item 20: a value that is written is replaced where it stands, at the node or for the fleet"
  )
  func writtenValue() throws {
    let hardware = "hardware: {gpus: [{id: g, vendor: nvidia, vram: 18GiB}]}"
    let (atNode, local) = run("roles: [{autobot-llm-gpu: {max_loaded: 1️⃣32️⃣}}], \(hardware)")
    let (atFleet, common) = run(
      "roles: [autobot-llm-gpu], \(hardware)",
      roles: "{autobot-llm-gpu: {max_loaded: 1️⃣32️⃣}}"
    )
    for (marked, run) in [(atNode, local), (atFleet, common)] {
      let finding = try #require(run.findings(.vramExceeded).first)
      #expect(finding.related.contains { $0.span == marked.span(1, 2) })
      let suggestion = try #require(finding.suggestions.first)
      #expect(suggestion.edits == [.init(replace: marked.span(1, 2), with: "2")])
      #expect(Validation(marked.source.applying(suggestion)).findings(.vramExceeded).isEmpty)
    }
  }

  @Test("item 20: a model that does not fit alone has no edit, and the text names it")
  func tooLargeAlone() throws {
    let (_, run) = run(
      "roles: [{autobot-llm-gpu: {models: ['qwen2.5:32b']}}], "
        + "hardware: {gpus: [{id: g, vendor: nvidia, vram: 8GiB}]}"
    )
    let finding = try #require(run.findings(.vramExceeded).first)
    #expect(finding.suggestions.isEmpty)
    #expect(finding.detail.contains("`qwen2.5:32b` alone does not fit: choose smaller models"))
  }

  @Test("item 20: a partition is the budget, not the whole GPU; a GPU without vram has none")
  func partition() {
    func findings(_ gpu: String) -> Int {
      run(
        "roles: [{autobot-llm-gpu: {max_loaded: 1, models: ['deepseek-r1:14b']}}], "
          + "hardware: {gpus: [{id: g, vendor: nvidia\(gpu)}]}"
      ).1.findings(.vramExceeded).count
    }
    #expect(findings(", vram: 12GiB") == 0)
    #expect(findings(", vram: 12GiB, partitions: [6GiB, 6GiB]") == 1)
    #expect(findings(", vram: 16GiB, partitions: [4GiB, 12GiB]") == 0)
    #expect(findings("") == 0)
  }

  @Test("item 21: a model above 3B on the CPU role is a warning at the list")
  func largeOnCPU() throws {
    let (marked, run) = run(
      "roles: [{autobot-llm-cpu: {models: 1️⃣['llama3.2:3b', 'mistral:7b-instruct', 'phi:3.8b']2️⃣}}]"
    )
    let finding = try #require(run.findings(.modelClass).first)
    #expect(finding.rule.code == "FLT4005")
    #expect(finding.severity == .warning)
    #expect(finding.span == marked.span(1, 2))
    #expect(
      finding.detail
        == "`autobot-llm-cpu` on `a` is for models of at most 3B parameters, and has "
        + "`mistral:7b-instruct` (7B) and `phi:3.8b` (3.8B); on a CPU of this class they answer slowly. "
        + "List them at `autobot-llm-gpu`, or allow `model-class` on `a` with the reason."
    )
  }

  @Test("item 21: a model of 3B or less on the GPU role is a warning that shows where it belongs")
  func smallOnGPU() throws {
    let (marked, run) = run(
      "roles: [{autobot-llm-gpu: {models: 1️⃣['gemma2:2b', 'llama3.2', 'mistral']2️⃣, max_loaded: 1}}], "
        + "hardware: {gpus: [{id: g, vendor: nvidia}]}}\n"
        + "  b: {address: 10.0.0.2, roles: [3️⃣autobot-llm-cpu4️⃣]"
    )
    let finding = try #require(run.findings(.modelClass).first)
    #expect(run.findings(.modelClass).count == 1)
    #expect(finding.span == marked.span(1, 2))
    #expect(
      finding.related == [RelatedSpan("`autobot-llm-cpu` is here", at: marked.span(3, 4))]
    )
    #expect(finding.detail.contains("has `gemma2:2b` (2B) and `llama3.2` (3B); small ones take"))
  }

  @Test("item 21: a model whose size nothing tells is said to be in no budget, and fails nothing")
  func unknownSize() throws {
    let (_, run) = run("roles: [{autobot-llm-cpu: {models: [custom-model, 'own:latest']}}]")
    let finding = try #require(run.findings(.modelClass).first)
    #expect(finding.severity == .info)
    #expect(
      finding.detail.hasPrefix("How large `custom-model` and `own:latest` are is not known:")
    )
    #expect(finding.detail.hasSuffix("No budget counts it."))
  }

  @Test(
    "item 21: sizes are read from names as vendors write them",
    arguments: [
      ("mistral:7b-instruct", 7000), ("llama3.2:1b", 1000), ("mixtral:8x7b", 56000),
      ("qwen2.5:0.5b", 500), ("all-minilm:22m", 22), ("deepseek-r1:671b", 671_000),
      ("hf.co/bartowski/Mistral-7B-GGUF:Q4_K_M", 7000),
      ("phi3:14b-medium-128k-instruct-q8_0", 14000),
      ("llama3.2:latest", nil), ("nomic-embed-text", nil), ("gemma:b", nil),
      ("x:9999999b", nil), ("x:1.b", nil), ("x:0b", nil), (":", nil), ("", nil),
    ]
  )
  func sizesInNames(_ name: String, _ millions: Int?) {
    #expect(ModelSize(named: name)?.millions == millions)
  }

  @Test func finerQuantisationsTakeMore() throws {
    func gigabytes(_ name: String) throws -> Double {
      Double(try #require(ModelSize(named: name)).memory.bytes) / 1e9
    }
    // The sizes that the registry of Ollama shows: 4.1, 7.7 and 14 GB.
    #expect(abs(try gigabytes("mistral:7b") - 4.1) < 0.3)
    #expect(abs(try gigabytes("mistral:7b-instruct-q8_0") - 7.7) < 0.4)
    #expect(abs(try gigabytes("mistral:7b-instruct-fp16") - 14) < 0.8)
  }

  @Test("RAM: caches, snapshots, buffers and models of a node are added up")
  func sum() throws {
    let (marked, run) = run(
      "roles: [1️⃣redis2️⃣, 3️⃣autobot-llm-cpu4️⃣], hardware: {memory: 5️⃣9GiB6️⃣}"
    )
    let finding = try #require(run.findings(.memoryExceeded).first)
    #expect(run.findings(.memoryExceeded).count == 1)
    #expect(finding.rule.code == "FLT4004")
    #expect(finding.severity == .warning)
    #expect(finding.span == marked.span(1, 2))
    #expect(
      finding.related == [
        RelatedSpan("`autobot-llm-cpu` takes memory too", at: marked.span(3, 4)),
        RelatedSpan("the node's memory", at: marked.span(5, 6)),
      ]
    )
    #expect(
      finding.detail
        == "The roles on `a` are told to take about 11.2 GiB of memory, but it has 9 GiB: `redis` 6 GiB "
        + "(data of redis), `autobot-llm-cpu` 3.5 GiB (2 models at once), `redis` 1.5 GiB (pages copied "
        + "while redis writes a snapshot) and `redis` 256 MiB (PostgreSQL's shared buffers). Lower what "
        + "they take, or move one of the roles; else allow `memory-exceeded` on `a` with the reason."
    )
    let suggestion = try #require(finding.suggestions.first)
    let cured = Validation(marked.source.applying(suggestion))
    #expect(cured.findings(.memoryExceeded).isEmpty)
    #expect(cured.findings(.parameterInvalid).isEmpty)
  }

  @Test("RAM: redis with more than 70 % of a node that has room for all is a warning at the value")
  func share() throws {
    let (marked, run) = run(
      "roles: [{redis: {maxmemory: 1️⃣6GiB2️⃣}}], hardware: {memory: 3️⃣8GiB4️⃣}"
    )
    let finding = try #require(run.findings(.memoryExceeded).first)
    #expect(finding.span == marked.span(1, 2))
    #expect(finding.related == [RelatedSpan("the node's memory", at: marked.span(3, 4))])
    #expect(
      finding.detail
        == "`redis` on `a` may take 6 GiB (data of redis), more than 70 % of the node's 8 GiB: nothing "
        + "is left for snapshots and the other services. Lower `roles.redis.maxmemory` to 5734MiB, or "
        + "allow `memory-exceeded` on `a` with the reason."
    )
    let suggestion = try #require(finding.suggestions.first)
    #expect(Validation(marked.source.applying(suggestion)).findings(.memoryExceeded).isEmpty)
  }

  @Test(
    "RAM: without snapshots and append-only file nothing is copied; undeclared memory says nothing"
  )
  func conditions() {
    func findings(_ parameters: String, _ memory: String) -> Int {
      run("roles: [{redis: {maxmemory: 600MiB, \(parameters)}}], hardware: {\(memory)}").1
        .findings(.memoryExceeded).count
    }
    #expect(findings("postgresql: true", "memory: 1GiB") == 0)
    #expect(findings("postgresql: true", "memory: 900MiB") == 1)
    #expect(findings("postgresql: false, save: [], appendonly: false", "memory: 900MiB") == 0)
    #expect(findings("postgresql: true", "cpus: 2") == 0)
    #expect(findings("maxclients: 5", "memory: 1GiB") == 0)
  }

  @Test func aSizeOfARoleThatIsNoSizeIsAnErrorInTheRole() {
    let registry = Registry.of([
      "app": "params: {n: {type: string, default: 3GiBB, doc: n}}\n"
        + "memory: [{what: data, size: \"{{ params.n }}\"}]\n"
    ])
    let text =
      "version: 1\nfleet: f\nnodes: {a: {address: a, roles: [app], hardware: {memory: 1GiB}}}\n"
    let run = Validation(text, registry: registry)
    #expect(run.slugs == ["template-error"])
    #expect(run.findings(.templateError).first?.span?.file == "roles/app/role.yaml")
  }
}
