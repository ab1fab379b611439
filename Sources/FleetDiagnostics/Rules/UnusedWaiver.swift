extension Rule {
  /// An `allow` names a finding that does not occur.
  package static let unusedWaiver = Rule(
    "unused-waiver",
    "FLT3404",
    .warning,
    "A waiver silences nothing",
    explanation: Explanation(
      does: """
        Compares every waiver with the findings of this run. A waiver of a node counts for
        findings at that node, one of the fleet for findings anywhere. One that matched nothing is
        reported at its place.
        """,
      matters: """
        A waiver that is left behind hides the next finding of its rule, for which nobody wrote a
        reason. It is also a good sign: what it excused is gone.
        """,
      example: Passage(
        """
        No port of 02-Frontend is opened wider than the registry says.
        """,
        fleet: """
          nodes:
            02-Frontend:
              address: 172.16.168.21
              roles: [frontend]
              allow:
                - {rule: exposure-widened, because: "ChromaDB was here last year"}
          """
      ),
      instead: Passage(
        """
        Remove it.
        """,
        fleet: """
          nodes:
            02-Frontend:
              address: 172.16.168.21
              roles: [frontend]
          """
      )
    )
  )
}
