extension Rule {
  /// A role falls back to slower hardware because the node has no better.
  package static let optionalHardware = Rule(
    "optional-hardware",
    "FLT4006",
    .warning,
    "A role runs without the hardware that it prefers",
    waivable: true,
    explanation: Explanation(
      does: """
        Looks for roles that prefer a device but can do without, on nodes that do not declare one.
        With `settings.hardware_policy: strict` it is an error.
        """,
      matters: """
        The NPU worker runs on the CPU too, but what it is for, inference that does not burden the
        other nodes, is gone. If the device is there and only not declared, the role is not given
        access to it.
        """,
      example: Passage(
        """
        The NPU worker on a node without NPU.
        """,
        fleet: """
          nodes:
            npu-worker:
              address: 172.16.168.22
              roles: [npu-worker, tts-worker]
          """
      ),
      instead: Passage(
        """
        Declare the device if there is one; else waive the rule with the reason, or leave the role
        out.
        """,
        fleet: """
          nodes:
            npu-worker:
              address: 172.16.168.22
              roles: [npu-worker, tts-worker]
              hardware: {npus: [{id: npu0, vendor: intel}]}
          """
      )
    )
  )
}
