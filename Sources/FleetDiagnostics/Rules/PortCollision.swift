extension Rule {
  /// Two claims of one node have the same port and protocol.
  package static let portCollision = Rule(
    "port-collision",
    "FLT3101",
    .error,
    "Two roles on one node claim the same port",
    explanation: Explanation(
      does: """
        Compares number and protocol of every port of every role on a node, after parameters. Two
        roles collide whatever addresses they bind to. Only sites of one shared nginx may have one
        port, and one role may have a number twice on different addresses (its application on
        loopback, its own proxy in front).

        The four conflicts of the role registry come out of this and are listed nowhere:
        `slm-backend` and `chromadb` (8000), `slm-monitoring` and `browser-service` (3000), the
        two Ollamas (11434), `slm-database` and `redis` (5432). So does one that no document has:
        RedisInsight and the backend (8001).
        """,
      matters: """
        One port has one listener. The service that starts first gets it, the other fails, and
        which is first changes with the next reboot. In AutoBot three playbooks rendered the
        backend's unit with different ports; running the old one again made uvicorn and nginx
        fight for 8443, and each round cost six minutes of start-up.
        """,
      example: Passage(
        """
        The TTS worker was moved to the port of the NPU worker beside it.
        """,
        fleet: """
          nodes:
            npu-worker:
              address: 172.16.168.22
              roles: [npu-worker, {tts-worker: {port: 8081}}]
              hardware: {npus: [{id: npu0, vendor: intel}]}
          """
      ),
      instead: Passage(
        """
        Give one of them another port by its parameter (the message names it), or move it to
        another node. Consumers follow by themselves: no address is written down twice.
        """,
        fleet: """
          nodes:
            npu-worker:
              address: 172.16.168.22
              roles: [npu-worker, {tts-worker: {port: 8083}}]
              hardware: {npus: [{id: npu0, vendor: intel}]}
          """
      )
    )
  )
}
