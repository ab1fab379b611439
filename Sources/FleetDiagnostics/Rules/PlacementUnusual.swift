extension Rule {
  /// A role stands on another node than the registry expects.
  package static let placementUnusual = Rule(
    "placement-unusual",
    "FLT3303",
    .warning,
    "A role is placed on an unusual node",
    waivable: true,
    explanation: Explanation(
      does: """
        Compares the node of each role with the one where the registry documents it, if the fleet
        has that node. Portable roles (`chromadb`, `tts-worker`) go anywhere; separable ones may
        have a node that is nobody else's home.
        """,
      matters: """
        Runbooks, dashboards and people at night look for the service where it is documented.
        AutoBot had an Ollama where none belonged: it was cleaned up, and a playbook that knew
        only the old place installed it again.
        """,
      example: Passage(
        """
        The database was moved to the spare node and stayed there.
        """,
        fleet: """
          nodes:
            04-Databases:
              address: 172.16.168.23
              reserved: true
            06-Node-27:
              address: 172.16.168.27
              roles: [redis]
          """
      ),
      instead: Passage(
        """
        Its usual node, or a waiver that says why it is elsewhere.
        """,
        fleet: """
          nodes:
            04-Databases:
              address: 172.16.168.23
              reserved: true
            06-Node-27:
              address: 172.16.168.27
              roles: [redis]
              allow:
                - {rule: placement-unusual, because: "the disk of 04-Databases is being replaced"}
          """
      )
    )
  )
}
