extension Rule {
  /// The right kind of value, but not an allowed one: a wrong word, unit or range.
  package static let invalidValue = Rule(
    "invalid-value",
    "FLT2004",
    .error,
    "A value is not allowed here",
    explanation: Explanation(
      does: """
        Reads every value as what its key stands for (an address, a size, a duration, one of a few
        words, a name) and says what the key accepts. The same inside the parameters of a role is
        `parameter-invalid`.
        """,
      matters: """
        A value that nobody can read is often ignored further down. AutoBot's Redis unit had a
        memory limit of `6GB`; systemd knows `6G` only, said so in a line of its log, and ran the
        service without a limit. fleetctl reads the value once and writes it in each program's own
        dialect.
        """,
      example: Passage(
        """
        `gigs` is no unit.
        """,
        fleet: """
          nodes:
            06-Node-27:
              address: 172.16.168.27
              reserved: true
              hardware: {memory: 4 gigs}
          """
      ),
      instead: Passage(
        """
        Sizes are `6GiB`, `512MiB`, `8G`; durations `30s`, `6m`.
        """,
        fleet: """
          nodes:
            06-Node-27:
              address: 172.16.168.27
              reserved: true
              hardware: {memory: 4GiB}
          """
      )
    )
  )
}
