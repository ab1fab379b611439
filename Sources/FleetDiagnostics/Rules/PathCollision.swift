extension Rule {
  /// Two roles of one node own the same path.
  package static let pathCollision = Rule(
    "path-collision",
    "FLT3103",
    .error,
    "Two roles on one node claim the same path",
    explanation: Explanation(
      does: """
        Compares files, directories, links and drop-ins of all roles on a node. A directory may be
        shared where both roles say so (`shared: true`) and want the same owner and mode.
        """,
      matters: """
        Two owners of one path undo each other's work. AutoBot's Redis ran as one user while two
        playbooks gave its directory to two others: every snapshot failed with "Permission denied"
        while the service looked healthy, and nothing was on disk.
        """,
      example: Passage(
        """
        Two roles of your own, one directory, two owners.
        """,
        fleet: """
          version: 1
          fleet: web
          registry: none
          role_paths: [roles]
          nodes:
            web-1: {address: 10.0.0.11, roles: [shop, backup]}
          """,
        files: [
          "roles/shop/role.yaml": """
          name: shop
          summary: The shop.
          layer: business
          users: [{name: shop}]
          directories:
            - {path: /srv/data, owner: shop, group: shop, mode: "0750"}
          """,
          "roles/backup/role.yaml": """
          name: backup
          summary: Nightly copies.
          layer: business
          directories:
            - {path: /srv/data, owner: root, group: root, mode: "0700"}
          """,
        ]
      ),
      instead: Passage(
        """
        One owner, or the same declaration in both.
        """,
        fleet: """
          version: 1
          fleet: web
          registry: none
          role_paths: [roles]
          nodes:
            web-1: {address: 10.0.0.11, roles: [shop, backup]}
          """,
        files: [
          "roles/shop/role.yaml": """
          name: shop
          summary: The shop.
          layer: business
          directories:
            - {path: /srv/data, owner: root, group: root, mode: "0755", shared: true}
          """,
          "roles/backup/role.yaml": """
          name: backup
          summary: Nightly copies.
          layer: business
          directories:
            - {path: /srv/data, owner: root, group: root, mode: "0755", shared: true}
          """,
        ]
      )
    )
  )
}
