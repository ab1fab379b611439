/// The types of the events of a run; docs/events.md says what members each has.
package enum EventType: String, Sendable, CaseIterable {
  case version
  case runStart = "run_start"
  case diagnostic
  case nodeConnectStart = "node_connect_start"
  case nodeConnectComplete = "node_connect_complete"
  case nodeConnectErrored = "node_connect_errored"
  case refreshStart = "refresh_start"
  case refreshComplete = "refresh_complete"
  case refreshErrored = "refresh_errored"
  case resourceDrift = "resource_drift"
  case plannedChange = "planned_change"
  case changeSummary = "change_summary"
  case lockWait = "lock_wait"
  case lockAcquired = "lock_acquired"
  case lockReleased = "lock_released"
  case rolloutBatch = "rollout_batch"
  case rolloutStopped = "rollout_stopped"
  case waveStart = "wave_start"
  case waveComplete = "wave_complete"
  case applyStart = "apply_start"
  case applyProgress = "apply_progress"
  case checkStart = "check_start"
  case checkProgress = "check_progress"
  case checkComplete = "check_complete"
  case checkErrored = "check_errored"
  case stepErrored = "step_errored"
  case rollbackStart = "rollback_start"
  case rollbackComplete = "rollback_complete"
  case rollbackErrored = "rollback_errored"
  case applyComplete = "apply_complete"
  case applyErrored = "apply_errored"
  case applySkipped = "apply_skipped"
  case applyRolledBack = "apply_rolled_back"
  case applyUnknown = "apply_unknown"
  case runEnd = "run_end"

  /// Those of which every planned address gets exactly one.
  package static let terminal: Set<EventType> = [
    .applyComplete, .applyErrored, .applySkipped, .applyRolledBack, .applyUnknown,
  ]
}
