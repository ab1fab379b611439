import FleetModel
import Testing

@Suite struct ByteCountTests {
  @Test(arguments: [
    ("6GiB", "6G", "6gb", "6GB"), ("256MiB", "256M", "256mb", "256MB"), ("8G", "8G", "8gb", "8GB"),
    ("1536MiB", "1536M", "1536mb", "1536MB"), ("1000", "1000", "1000b", "1000B"),
  ])
  func eachReaderGetsItsOwnDialect(
    text: String,
    systemd: String,
    redis: String,
    postgres: String
  )
    throws
  {
    let size = try #require(ByteCount(text))
    #expect(size.systemd == systemd)
    #expect(size.redis == redis)
    #expect(size.postgres == postgres)
  }

  @Test(arguments: ["", "GiB", "6 GiB", "6gigs", "-1", "99999999999999999999", "9999999999TiB"])
  func whatIsNoSizeIsRefused(text: String) {
    #expect(ByteCount(text) == nil)
  }

  @Test(arguments: [("30s", 30_000), ("6m", 360_000), ("500ms", 500), ("2h", 7_200_000)])
  func durationsAreRead(text: String, milliseconds: Int) throws {
    #expect(try #require(TimeSpan(text)).milliseconds == milliseconds)
  }

  @Test(arguments: ["30", "s", "1 s", "1w", ""])
  func whatIsNoDurationIsRefused(text: String) {
    #expect(TimeSpan(text) == nil)
  }
}
