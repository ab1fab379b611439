import FleetModel
import FleetPlan
import FleetResources

/// What only adds: packages, accounts, secrets, certificates, builds.
extension FleetRun {
  func stage(
    _ name: String,
    _ nodes: [NodeProgress],
    _ changes: @escaping @Sendable (NodeSchedule) -> [PlannedChange]
  ) async -> [NodeProgress] {
    let knowledge = knowledge(nodes)
    return await batches(name, nodes) { progress in
      operations(changes(progress.task.schedule), progress, knowledge)
    }
  }

  /// Signs the certificate requests on the CA's node and puts the certificates in place.
  func sign(_ nodes: [NodeProgress]) async -> [NodeProgress] {
    var nodes = nodes
    var waiting: [(node: Int, resource: Resource, spec: CertificateSpec, request: [UInt8])] = []
    for (index, progress) in nodes.enumerated() where progress.halted == nil {
      for resource in progress.task.resources {
        guard case .certificate(let spec) = resource.spec,
          let request = progress.requests[resource.address]
        else { continue }
        waiting.append((index, resource, spec, request))
      }
    }
    guard let authority = waiting.first?.spec.authority else { return nodes }
    guard let signer = nodes.firstIndex(where: { $0.task.node == authority }),
      nodes[signer].halted == nil
    else {
      for item in waiting where nodes[item.node].halted == nil {
        let why = "the node of the certificate authority, `\(authority)`, is not available"
        report(nodes[item.node].fail(item.resource.address.description, why), nodes[item.node])
        nodes[item.node].halted = why
      }
      return nodes
    }
    let signing = waiting.map { item in
      item.spec.signing(item.request, for: item.resource.address)
    }
    nodes[signer].isStale = true
    let answer = await signatures(signing, of: nodes[signer].task.worker)
    guard case .results(let signed) = answer, signed.count == waiting.count else {
      let why = "signing the certificates on `\(authority)` failed"
      for item in waiting where nodes[item.node].halted == nil {
        report(nodes[item.node].fail(item.resource.address.description, why), nodes[item.node])
        nodes[item.node].halted = why
      }
      return nodes
    }
    var writes: [NodeID: [NodeOperation]] = [:]
    for (item, result) in zip(waiting, signed) {
      guard result.status == .done else {
        let why = "signing failed: " + String(decoding: result.output, as: UTF8.self)
        report(nodes[item.node].fail(item.resource.address.description, why), nodes[item.node])
        nodes[item.node].halted = why
        continue
      }
      let node = nodes[item.node].task.node
      writes[node, default: []].append(
        item.spec.installing(result.output, for: item.resource.address)
      )
    }
    let planned = writes
    return await batches("certificates", nodes) { planned[$0.task.node] ?? [] }
  }

  private func signatures(
    _ signing: [NodeOperation],
    of worker: any NodeWorker
  ) async -> BatchOutcome {
    notify(.stage("sign", nodes: 1))
    let began = clock.now()
    let answer = await worker.run(signing, name: "sign", arming: false)
    var isDone = false
    if case .results(let signed) = answer { isDone = signed.allSatisfy { $0.status == .done } }
    let elapsed = Int((clock.now() - began) / .milliseconds(1))
    notify(.stageEnded("sign", nodes: 1, failed: isDone ? 0 : 1, milliseconds: elapsed))
    return answer
  }
}
