extension Rule {
  /// Roles need each other in a circle.
  package static let dependencyCycle = Rule(
    "dependency-cycle",
    "FLT3203",
    .error,
    "Roles need each other in a circle",
    explanation: Explanation(
      does: """
        Sorts all roles of all nodes by their needs. What cannot be sorted is a circle; every edge
        of it is shown at its place.
        """,
      matters: """
        The order of start comes from the needs, and a circle has no first. After a power cut none
        of these services would be started, each waiting for the next.
        """,
      example: Passage(
        """
        The shop needs the search, the search reads from the shop.
        """,
        fleet: """
          version: 1
          fleet: shop
          registry: none
          role_paths: [roles]
          nodes:
            shop-1: {address: 10.0.0.11, roles: [shop, search]}
          """,
        files: [
          "roles/shop/role.yaml": """
          name: shop
          summary: The shop.
          layer: business
          needs: [{role: search, hard: true}]
          """,
          "roles/search/role.yaml": """
          name: search
          summary: The search.
          layer: business
          needs: [{role: shop, hard: true}]
          """,
        ]
      ),
      instead: Passage(
        """
        Say which one can start without the other: `order: false` keeps the need and drops the
        waiting.
        """,
        fleet: """
          version: 1
          fleet: shop
          registry: none
          role_paths: [roles]
          nodes:
            shop-1: {address: 10.0.0.11, roles: [shop, search]}
          """,
        files: [
          "roles/shop/role.yaml": """
          name: shop
          summary: The shop.
          layer: business
          needs: [{role: search, hard: true}]
          """,
          "roles/search/role.yaml": """
          name: search
          summary: The search.
          layer: business
          needs: [{role: shop, hard: true, order: false}]
          """,
        ]
      )
    )
  )
}
