extension Rule {
  /// A file that `include` names cannot be read.
  package static let includeUnreadable = Rule(
    "include-unreadable",
    "FLT2101",
    .error,
    "An included file cannot be read",
    explanation: Explanation(
      does: """
        Reads every file that `include` names, from the folder of the file that names it. What is
        missing, is no regular file or may not be read is reported at the line that names it, with
        the nearest name that is there.
        """,
      matters: """
        The nodes of that file would silently be no part of the fleet, and what runs on them would
        count as left over.
        """,
      example: Passage(
        """
        One letter is missing in the name.
        """,
        fleet: """
          version: 1
          fleet: shop
          registry: none
          include: [databses.yaml]
          nodes:
            web-1: {address: 10.0.0.11}
          """,
        files: [
          "databases.yaml": """
          nodes:
            db-1: {address: 10.0.0.21}
          """
        ]
      ),
      instead: Passage(
        """
        The path of the file, relative to the file that names it.
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
