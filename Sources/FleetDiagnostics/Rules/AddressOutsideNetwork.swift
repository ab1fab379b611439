extension Rule {
  /// A node's address lies outside the fleet's network.
  package static let addressOutsideNetwork = Rule(
    "address-outside-network",
    "FLT3004",
    .warning,
    "An address is outside the fleet's network",
    waivable: true,
    explanation: Explanation(
      does: """
        Compares each node's address with `network`. Host names are not looked up: validation
        needs no network.
        """,
      matters: """
        `network` is what a port of scope `fleet` is opened to. A node outside of it cannot reach
        those ports through the firewall; and when the address is a typing error, fleetctl would
        log in to a stranger's machine.
        """,
      example: Passage(
        """
        Two digits have changed places.
        """,
        fleet: """
          nodes:
            06-Node-27:
              address: 172.16.186.27
              reserved: true
          """
      ),
      instead: Passage(
        """
        Correct the address, or widen `network`. A node that really is elsewhere may be allowed
        with the reason.
        """,
        fleet: """
          nodes:
            06-Node-27:
              address: 172.16.168.27
              reserved: true
          """
      )
    )
  )
}
