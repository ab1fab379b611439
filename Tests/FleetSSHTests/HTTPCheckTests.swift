import Testing

@testable import FleetTransport

struct HTTPCheckTests {
  private func parse(_ text: String) -> (status: Int, body: [UInt8])? {
    HTTPCheck.parse(Array(text.utf8))
  }

  @Test(arguments: [
    ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokrest", 200, "ok"),
    ("HTTP/1.0 404 Not Found\r\n\r\nall of it", 404, "all of it"),
    ("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", 204, ""),
    ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nCONTENT-LENGTH:0\r\n\r\n", 200, ""),
    ("HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 200, "abc"),
    ("HTTP/1.1 200 OK\nContent-Length: 1\n\nx", 200, "x"),
  ])
  func completeAnswersAreRead(text: String, status: Int, body: String) {
    let answer = parse(text)
    #expect(answer?.status == status)
    #expect(answer.map { String(decoding: $0.body, as: UTF8.self) } == body)
  }

  @Test(arguments: [
    "", "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 2 OK\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfour",
    "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc\r\n",
    "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
  ])
  func cutOrForeignAnswersAreNot(text: String) {
    #expect(parse(text) == nil)
  }

  @Test
  func hostileTextBecomesOnePlainLine() {
    let text = "a\u{1B}[31m\r\nb\u{202E}c\u{9B}d" + String(repeating: "é", count: 400)
    let line = PrintableText.line(text.utf8, limit: 20)
    #expect(line.hasPrefix("a [31m b c d"))
    #expect(line.unicodeScalars.count == 21)
    #expect(PrintableText.line([0xFF, 0x41]) == "\u{FFFD}A")
  }
}
