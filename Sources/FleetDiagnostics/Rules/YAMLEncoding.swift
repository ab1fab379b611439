extension Rule {
  /// The bytes are not UTF-8 text, or hold characters that YAML forbids or reads ambiguously.
  package static let yamlEncoding = Rule(
    "yaml-encoding",
    "FLT1004",
    .error,
    "The file is not plain UTF-8 text",
    explanation: Explanation(
      does: """
        Looks at the bytes before anything else: they must be UTF-8, and free of NUL and other
        control characters. Characters that some tools take for the end of a line and others do
        not (NEL, U+2028, U+2029) are refused too, and named.
        """,
      matters: """
        What one tool shows as one line is two for another, and a name that looks right is not the
        name that the machine gets. A control character in a value has become a second line of a
        unit file elsewhere, and that line ran as root.
        """,
      example: Passage(
        """
        The file was saved by an editor as Latin-1 or UTF-16, or a value was pasted from a web
        page together with an invisible character. No text can show it; the message gives the byte
        and its offset.
        """
      ),
      instead: Passage(
        """
        Save the file as UTF-8, and type the value again instead of pasting it. These commands
        convert a file and show what is odd in it:
        """,
        commands: """
          iconv -f LATIN1 -t UTF-8 fleet.yaml > fleet.new && mv fleet.new fleet.yaml
          grep -nP '[^[:print:][:space:]]' fleet.yaml
          """
      )
    )
  )
}
