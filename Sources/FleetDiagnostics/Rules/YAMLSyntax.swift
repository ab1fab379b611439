extension Rule {
  /// The text does not follow the grammar of YAML.
  package static let yamlSyntax = Rule(
    "yaml-syntax",
    "FLT1001",
    .error,
    "The file is not valid YAML",
    explanation: Explanation(
      does: """
        Reads the file with libyaml, the parser that most tools use, and reports the first place
        where it cannot go on. The message says what stands there and, where it helps, where the
        list, the mapping or the quote began that is not finished.

        Tabs as indentation, an unquoted `: ` or ` #` inside a text, and a bracket that is never
        closed are nearly all of them.
        """,
      matters: """
        Nothing behind that place was read, so nothing in it was checked. fleetctl stops here
        rather than guess: a file that is half understood is a fleet that is half planned.
        """,
      example: Passage(
        """
        The reason holds `: `, which begins a mapping unless it is quoted.
        """,
        fleet: """
          nodes:
            04-Databases:
              address: 172.16.168.23
              roles: [redis]
              allow:
                - rule: unpinned-version
                  because: redis_exporter: its sum is not pinned yet
          """
      ),
      instead: Passage(
        """
        Put text that people wrote in quotes. Look at the line before the place too: what is
        missing is often missing there.
        """,
        fleet: """
          nodes:
            04-Databases:
              address: 172.16.168.23
              roles: [redis]
              allow:
                - rule: unpinned-version
                  because: "redis_exporter: its sum is not pinned yet"
          """
      )
    )
  )
}
