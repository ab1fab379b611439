extension Rule {
  /// A file includes itself, by whatever way.
  package static let includeCycle = Rule(
    "include-cycle",
    "FLT2102",
    .error,
    "Files include each other in a circle",
    explanation: Explanation(
      does: """
        Follows `include` from the main file. A file that comes back to itself is an error; every
        line of the circle is shown. A file that several others include is read once and is no
        circle.
        """,
      matters: """
        A circle is a misunderstanding of which file is above which. The file that was meant to be
        read may be a third one.
        """,
      example: Passage(
        """
        The databases include the main file again, to use its network.
        """,
        fleet: """
          version: 1
          fleet: shop
          registry: none
          include: [databases.yaml]
          nodes:
            web-1: {address: 10.0.0.11}
          """,
        files: [
          "databases.yaml": """
          include: [fleet.yaml]
          nodes:
            db-1: {address: 10.0.0.21}
          """
        ]
      ),
      instead: Passage(
        """
        Let the main file include the parts, and put what several parts need into a file of its
        own.
        """,
        fleet: """
          version: 1
          fleet: shop
          registry: none
          include: [databases.yaml]
          nodes:
            web-1: {address: 10.0.0.11}
          """,
        files: [
          "databases.yaml": """
          nodes:
            db-1: {address: 10.0.0.21}
          """
        ]
      )
    )
  )
}
