extension Rule {
  /// Size, nesting, number of events or expansion of aliases is beyond `YAMLLimits`.
  package static let yamlLimit = Rule(
    "yaml-limit",
    "FLT1003",
    .error,
    "The file is beyond a limit of the YAML reader",
    explanation: Explanation(
      does: """
        Counts while it reads: 4 MiB of text, 1,000,000 values (an alias counts all that it stands
        for), 64 lists and mappings inside each other. Beyond any of these the file is refused at
        the place where the limit was reached.
        """,
      matters: """
        A few lines of YAML can stand for thousands of millions of values. A check that runs on
        every push must not take the machine down with it, whoever wrote the file; so a file of
        any content is answered within a bounded time and memory.
        """,
      example: Passage(
        """
        Seven short lines, each ten times the one before: ten million values. (Real fleets come
        here by far simpler means: one file for many thousand nodes.)
        """,
        fleet: """
          version: 1
          fleet: web
          registry: none
          a: &a [x, x, x, x, x, x, x, x, x, x]
          b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
          c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]
          d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]
          e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]
          f: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]
          g: [*f, *f, *f, *f, *f, *f, *f, *f, *f, *f]
          """
      ),
      instead: Passage(
        """
        Write what nodes have in common once, under `groups`, and split a large fleet into files
        with `include`. Each file has limits of its own.
        """
      )
    )
  )
}
