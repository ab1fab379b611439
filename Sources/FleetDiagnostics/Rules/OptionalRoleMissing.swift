extension Rule {
  /// No node has a role without which the fleet works in a degraded way.
  package static let optionalRoleMissing = Rule(
    "optional-role-missing",
    "FLT3011",
    .warning,
    "The fleet runs degraded without a role",
    waivable: true,
    explanation: Explanation(
      does: """
        Looks for every role of the registry that is not required but says what is lost without
        it.
        """,
      matters: """
        The fleet works, with less: no voice, no browser automation, no hardware inference, no
        dashboards. Better to read that here than to hear it from a user.
        """,
      example: Passage(
        """
        Nobody speaks: the TTS worker is on no node.
        """,
        fleet: """
          nodes:
            npu-worker:
              address: 172.16.168.22
              roles: [npu-worker]
              hardware: {npus: [{id: npu0, vendor: intel}]}
          """
      ),
      instead: Passage(
        """
        Assign the role, or say in the fleet's own `allow` that you do without it. (No node is at
        fault, so no node can waive it.)
        """,
        fleet: """
          allow:
            - {rule: optional-role-missing, because: "nobody uses voice in this fleet"}
          nodes:
            npu-worker:
              address: 172.16.168.22
              roles: [npu-worker]
              hardware: {npus: [{id: npu0, vendor: intel}]}
          """
      )
    )
  )
}
