extension Rule {
  /// A reserved node has roles.
  package static let reservedNode = Rule(
    "reserved-node",
    "FLT3007",
    .error,
    "A reserved node has roles",
    explanation: Explanation(
      does: """
        Looks for roles under a node with `reserved: true`. Roles that go to every node by
        themselves, such as `slm-agent`, do not count.
        """,
      matters: """
        A reserved node is the one that the others move to when a machine dies. If something runs
        there already, you find out on the day you need it.
        """,
      example: Passage(
        """
        `tts-worker` may run anywhere, but not here.
        """,
        fleet: """
          nodes:
            npu-worker:
              address: 172.16.168.22
              roles: [npu-worker]
              hardware: {npus: [{id: npu0, vendor: intel}]}
            06-Node-27:
              address: 172.16.168.27
              reserved: true
              roles: [tts-worker]
          """
      ),
      instead: Passage(
        """
        Another node for the role, or remove `reserved` if the reserve is used up knowingly.
        """,
        fleet: """
          nodes:
            npu-worker:
              address: 172.16.168.22
              roles: [npu-worker, tts-worker]
              hardware: {npus: [{id: npu0, vendor: intel}]}
            06-Node-27:
              address: 172.16.168.27
              reserved: true
          """
      )
    )
  )
}
