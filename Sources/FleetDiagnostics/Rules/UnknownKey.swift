extension Rule {
  /// A key that the schema does not know.
  package static let unknownKey = Rule(
    "unknown-key",
    "FLT2001",
    .error,
    "A key is not known here",
    explanation: Explanation(
      does: """
        Compares every key of the fleet file and of role files with those that may stand at that
        place, and names the nearest one.
        """,
      matters: """
        A key that is ignored is a wish that is ignored. With the typing error below the spare
        machine is not reserved any more, and nothing else in the file would tell.
        """,
      example: Passage(
        """
        One letter is missing, and the node kept in reserve may be given roles.
        """,
        fleet: """
          nodes:
            06-Node-27:
              address: 172.16.168.27
              reservd: true
          """
      ),
      instead: Passage(
        """
        The key that was meant. An editor that knows the schema completes keys and marks wrong
        ones while you type.
        """,
        fleet: """
          nodes:
            06-Node-27:
              address: 172.16.168.27
              reserved: true
          """
      )
    )
  )
}
