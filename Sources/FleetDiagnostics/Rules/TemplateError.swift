extension Rule {
  /// A template of a role cannot be rendered.
  package static let templateError = Rule(
    "template-error",
    "FLT3501",
    .error,
    "A template cannot be rendered",
    explanation: Explanation(
      does: """
        Checks the templates of every role once, not once a node: syntax, names, and the types of
        what they put together. The place is the line and column inside the template.
        """,
      matters: """
        Other template languages write an unknown name as nothing. `listen = ` is a valid line to
        many programs, with a meaning that nobody chose. Here nothing is ever empty by accident.
        """,
      example: Passage(
        """
        The parameter is `port`.
        """,
        fleet: """
          version: 1
          fleet: web
          registry: none
          role_paths: [roles]
          nodes:
            web-1: {address: 10.0.0.11, roles: [web]}
          """,
        files: [
          "roles/web/role.yaml": """
          name: web
          summary: A web server.
          layer: business
          params:
            port: {type: port, default: 8080, doc: "Where it listens."}
          ports: [{name: http, number: "{{ params.port }}", scope: fleet}]
          files:
            - {path: /etc/web.conf, template: web.conf, owner: root, group: root, mode: "0644"}
          """,
          "roles/web/files/web.conf": """
          listen = {{ params.prot }}
          """,
        ]
      ),
      instead: Passage(
        """
        A name that exists; the nearest one is suggested. docs/role-format.md lists what templates
        may use.
        """,
        fleet: """
          version: 1
          fleet: web
          registry: none
          role_paths: [roles]
          nodes:
            web-1: {address: 10.0.0.11, roles: [web]}
          """,
        files: [
          "roles/web/role.yaml": """
          name: web
          summary: A web server.
          layer: business
          params:
            port: {type: port, default: 8080, doc: "Where it listens."}
          ports: [{name: http, number: "{{ params.port }}", scope: fleet}]
          files:
            - {path: /etc/web.conf, template: web.conf, owner: root, group: root, mode: "0644"}
          """,
          "roles/web/files/web.conf": """
          listen = {{ params.port }}
          """,
        ]
      )
    )
  )
}
