import Testing

@testable import FleetModel

struct PasswordSourceTests {
  @Test(arguments: [
    "prompt", "env:A_1", "file:~/x y", "file:/run/secrets/sudo",
    "command:pass show web-1 | head -1",
  ])
  func isReadAndWrittenTheSame(text: String) {
    #expect(PasswordSource(text)?.description == text)
  }

  @Test(arguments: [
    "", "secret", "prompt:", "env:", "env:1A", "env:A-B", "env:A B", "file:", "file:  ", "command:",
    "pass:x", "file:a\nb", "Prompt",
  ])
  func anythingElseIsNone(text: String) {
    #expect(PasswordSource(text) == nil)
  }
}
