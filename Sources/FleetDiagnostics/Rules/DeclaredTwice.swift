extension Rule {
  /// Two files declare a node, a group, a source or a parameter of the same name.
  package static let declaredTwice = Rule(
    "declared-twice",
    "FLT2103",
    .error,
    "Two files declare the same thing",
    explanation: Explanation(
      does: """
        Compares the nodes, groups, sources and parameters of roles of all files of the fleet.
        Both places are shown.
        """,
      matters: """
        One declaration would hide the other, and which one that is would depend on the order of
        reading. After a merge of two branches nobody would notice.
        """,
      example: Passage(
        """
        The node was moved to a file of its own and left behind in the main file too.
        """,
        fleet: """
          version: 1
          fleet: shop
          registry: none
          include: [web.yaml]
          nodes:
            web-1: {address: 10.0.0.11}
          """,
        files: [
          "web.yaml": """
          nodes:
            web-1: {address: 10.0.0.12}
          """
        ]
      ),
      instead: Passage(
        """
        One declaration, in one of the files.
        """,
        fleet: """
          version: 1
          fleet: shop
          registry: none
          include: [web.yaml]
          nodes:
            web-1: {address: 10.0.0.11}
          """,
        files: [
          "web.yaml": """
          nodes:
            web-2: {address: 10.0.0.12}
          """
        ]
      )
    )
  )
}
