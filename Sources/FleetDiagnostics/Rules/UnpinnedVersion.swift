extension Rule {
  /// Software is installed at whatever version is newest on the day.
  package static let unpinnedVersion = Rule(
    "unpinned-version",
    "FLT3403",
    .warning,
    "A version is not pinned",
    waivable: true,
    explanation: Explanation(
      does: """
        Looks for parameters with the value `latest`, and for downloads without a checksum (an
        empty `sha256`). A `file:` address is the operator's own and needs none.
        """,
      matters: """
        Two nodes that are installed a week apart differ though nobody changed anything, and a
        download that is replaced at its source is installed as if nothing had happened. AutoBot's
        backend had five Python changes in four days, four of them within one hour, each found
        only when it failed.
        """,
      example: Passage(
        """
        Ollama is fetched without a sum.
        """,
        fleet: """
          nodes:
            05-LLM-CPU:
              address: 172.16.168.26
              roles: [autobot-llm-cpu]
          """
      ),
      instead: Passage(
        """
        The sum that the vendor publishes beside the archive (the digits here are an example), or
        a waiver with the reason.
        """,
        fleet: """
          nodes:
            05-LLM-CPU:
              address: 172.16.168.26
              roles:
                - autobot-llm-cpu:
                    sha256: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
          """
      )
    )
  )
}
