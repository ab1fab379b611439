extension Rule {
  /// The stream has a second document.
  package static let yamlMultipleDocuments = Rule(
    "yaml-multiple-documents",
    "FLT1005",
    .error,
    "The file holds more than one YAML document",
    explanation: Explanation(
      does: """
        Reads one document a file and refuses a second, at the line that begins it.
        """,
      matters: """
        A reader that takes the first document only would forget every node of the second, and say
        that all is well.
        """,
      example: Passage(
        """
        Two fleets, joined as one would join manifests of Kubernetes.
        """,
        fleet: """
          version: 1
          fleet: web
          registry: none
          nodes:
            web-1: {address: 10.0.0.11}
          ---
          nodes:
            web-2: {address: 10.0.0.12}
          """
      ),
      instead: Passage(
        """
        One document. To keep parts in files of their own, name them under `include`.
        """,
        fleet: """
          version: 1
          fleet: web
          registry: none
          nodes:
            web-1: {address: 10.0.0.11}
            web-2: {address: 10.0.0.12}
          """
      )
    )
  )
}
