import Testing

@testable import FleetCommands

@Suite("What an apply tells while it waits")
struct ApplyProgressTests {
  private let loading = Told(status: "loading part 1", seconds: 10)

  @Test("The first word of a unit is news")
  func first() {
    #expect(loading.isNews(after: nil))
  }

  @Test("An unchanged status is told again after half a minute only")
  func unchanged() {
    #expect(!Told(status: "loading part 1", seconds: 39.9).isNews(after: loading))
    #expect(Told(status: "loading part 1", seconds: 40).isNews(after: loading))
  }

  @Test("A changed status is told, at most about every ten seconds")
  func changed() {
    #expect(!Told(status: "loading part 2", seconds: 12).isNews(after: loading))
    #expect(Told(status: "loading part 2", seconds: 20).isNews(after: loading))
  }
}
