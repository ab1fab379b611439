extension Rule {
  /// The roles of a node need more memory than it has.
  package static let memoryExceeded = Rule(
    "memory-exceeded",
    "FLT4004",
    .warning,
    "A node has less memory than its roles need",
    waivable: true,
    explanation: Explanation(
      does: """
        Adds up what the roles of a node are told to keep in memory (caches, models, database
        buffers) and compares the sum with the node's declared `memory`. Nodes that declare none
        are not checked.
        """,
      matters: """
        Linux lends more memory than there is and takes it back by killing the largest process. On
        a database node that is the database. AutoBot had a process of 23.8 GB killed that way,
        and the limit that was added afterwards went into a template that nobody installs.
        """,
      example: Passage(
        """
        Redis may grow to 6 GiB on a machine of 4.
        """,
        fleet: """
          nodes:
            04-Databases:
              address: 172.16.168.23
              roles: [{redis: {maxmemory: 6GiB}}]
              hardware: {memory: 4GiB}
          """
      ),
      instead: Passage(
        """
        A smaller cache, a larger machine, or another node for one of the roles.
        """,
        fleet: """
          nodes:
            04-Databases:
              address: 172.16.168.23
              roles: [{redis: {maxmemory: 6GiB}}]
              hardware: {memory: 16GiB}
          """
      )
    )
  )
}
