extension Rule {
  /// Tags, merge keys and keys that are not text: valid YAML that fleetctl refuses.
  package static let yamlUnsupported = Rule(
    "yaml-unsupported",
    "FLT1007",
    .error,
    "A feature of YAML that fleetctl does not read",
    explanation: Explanation(
      does: """
        Refuses what is valid YAML but has no meaning here: tags (`!!int`, `!vault`), the merge
        key `<<`, and keys that are lists or mappings. Anchors and aliases are read.
        """,
      matters: """
        A tag asks the reader to change a value's type or to run code, and a merge key is YAML 1.1
        only: some tools merge, some make a key with the name `<<`. In both cases two readers of
        one file would see two fleets.
        """,
      example: Passage(
        """
        `web-2` would like to be as `web-1`.
        """,
        fleet: """
          version: 1
          fleet: web
          registry: none
          nodes:
            web-1: &web
              address: 10.0.0.11
              labels: {zone: a}
            web-2:
              <<: *web
              address: 10.0.0.12
          """
      ),
      instead: Passage(
        """
        Write the entries out, give them an alias one by one, or put what the nodes have in common
        under `groups`.
        """,
        fleet: """
          version: 1
          fleet: web
          registry: none
          nodes:
            web-1:
              address: 10.0.0.11
              labels: &web {zone: a}
            web-2:
              address: 10.0.0.12
              labels: *web
          """
      )
    )
  )
}
