extension Rule {
  /// A role stands where the registry forbids it.
  package static let placementForbidden = Rule(
    "placement-forbidden",
    "FLT3302",
    .error,
    "A role may not be placed on this node",
    waivable: true,
    explanation: Explanation(
      does: """
        Applies `placement: apart_from` of every role: the frontend stays off the backend's node,
        the browser service stays off nodes with sensitive data (`redis`, `slm-database`,
        `backend`). The registry's reason is printed.
        """,
      matters: """
        The browser service opens whatever page it is told to; a page that breaks out of the
        browser must not find the sessions in Redis on the same machine. And the first critical
        rule of the architecture is that the main machine never serves the frontend.
        """,
      example: Passage(
        """
        The frontend's own machine was given up.
        """,
        fleet: """
          nodes:
            01-Backend:
              address: 172.16.168.20
              wsl2: true
              health_via: 00-SLM-Manager
              roles: [backend, celery, frontend, autobot-llm-gpu]
              hardware: {gpus: [{id: gpu0, vendor: nvidia}]}
            02-Frontend:
              address: 172.16.168.21
          """
      ),
      instead: Passage(
        """
        Another node for one of them. A machine that has to carry both may waive the rule with the
        reason.
        """,
        fleet: """
          nodes:
            01-Backend:
              address: 172.16.168.20
              wsl2: true
              health_via: 00-SLM-Manager
              roles: [backend, celery, autobot-llm-gpu]
              hardware: {gpus: [{id: gpu0, vendor: nvidia}]}
            02-Frontend:
              address: 172.16.168.21
              roles: [frontend]
          """
      )
    )
  )
}
