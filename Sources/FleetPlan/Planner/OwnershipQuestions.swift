internal import FleetModel
package import FleetResources

extension ProbeRequest {
  /// Returns what to ask about things on a node that no record names, as they were seen: whether a
  /// package brought them, or an interrupted run of ours; nil when there are none.
  package static func origins(of resources: [Resource], seen: ObservedNode) -> ProbeRequest? {
    let record = seen.manifest.known
    var request = ProbeRequest()
    for resource in resources where record?.owned[resource.manifestKey] == nil {
      guard let question = resource.spec.origin else { continue }
      guard case .value = seen.paths[question.path] ?? .absent else { continue }
      request.past = true
      if question.mayBePackages { request.packageFiles.append(question.path) }
    }
    return request == ProbeRequest() ? nil : ProbeRequest().joined(with: request)
  }

  /// Adds the same questions before anything was seen.
  static func origins(of resources: [Resource], _ manifest: Manifest?) -> ProbeRequest {
    var request = ProbeRequest()
    for resource in resources where manifest?.owned[resource.manifestKey] == nil {
      guard let question = resource.spec.origin else { continue }
      request.past = true
      if question.mayBePackages { request.packageFiles.append(question.path) }
    }
    return request
  }
}

extension ResourceSpec {
  /// The path whose origin decides whether it may be changed.
  fileprivate var origin: (path: String, mayBePackages: Bool)? {
    switch self {
    case .file(let spec) where spec.replacesPackageFile: (spec.path, true)
    case .absentPath(let spec): (spec.path, true)
    case .directory(let spec): (spec.path, false)
    case .archive(let spec): (spec.target, false)
    case .source(let spec): (spec.target, false)
    default: nil
    }
  }
}
