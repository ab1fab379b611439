extension Rule {
  /// Two roles of one node want a user, a kernel setting, a package source, a database or a secret of one name, and not the same.
  package static let resourceCollision = Rule(
    "resource-collision",
    "FLT3104",
    .error,
    "Two roles on one node want one thing differently",
    explanation: Explanation(
      does: """
        Compares users, groups, kernel settings, package sources, databases and secrets of all
        roles on a node by their name. Two roles may want the same thing; they must then want it
        alike.
        """,
      matters: """
        There is one of it on a machine. Each apply would give it to one role and take it from the
        other, and both would be reported as done.
        """,
      example: Passage(
        """
        One kernel setting, two values.
        """,
        fleet: """
          version: 1
          fleet: web
          registry: none
          role_paths: [roles]
          nodes:
            web-1: {address: 10.0.0.11, roles: [shop, search]}
          """,
        files: [
          "roles/shop/role.yaml": """
          name: shop
          summary: The shop.
          layer: business
          sysctl: [{key: vm.max_map_count, value: "65530"}]
          """,
          "roles/search/role.yaml": """
          name: search
          summary: The search.
          layer: business
          sysctl: [{key: vm.max_map_count, value: "262144"}]
          """,
        ]
      ),
      instead: Passage(
        """
        The same value in both (here the greater does for both), or another node for one of them.
        """,
        fleet: """
          version: 1
          fleet: web
          registry: none
          role_paths: [roles]
          nodes:
            web-1: {address: 10.0.0.11, roles: [shop, search]}
          """,
        files: [
          "roles/shop/role.yaml": """
          name: shop
          summary: The shop.
          layer: business
          sysctl: [{key: vm.max_map_count, value: "262144"}]
          """,
          "roles/search/role.yaml": """
          name: search
          summary: The search.
          layer: business
          sysctl: [{key: vm.max_map_count, value: "262144"}]
          """,
        ]
      )
    )
  )
}
