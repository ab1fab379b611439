// Written by scripts/embed-roles.sh from roles/; do not edit.
// swift-format-ignore-file

extension EmbeddedRoles {
  /// The files of all roles, by role and path.
  static let all: [[File]] = [aiStackVenv, aiStack, autobotBackendCode, autobotBase, autobotLlmCpu, autobotLlmGpu, autobotShared, backend, browserService, celery, chromadb, frontend, nginx, nodejs, npuWorker, ollama, postgresql, redis, slmAgent, slmBackend, slmDatabase, slmFrontend, slmMonitoring, ttsWorker]
}
