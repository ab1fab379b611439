/// A minimal HTTP/1.1 client for health checks, spoken through a node's connection.
package struct HTTPCheck {
  /// What to ask for.
  package struct Request: Sendable {
    /// Host as the node sees it; also the `Host` header unless `name` is given.
    package var host: String
    /// TCP port.
    package var port: Int
    /// Path and query, beginning with `/`.
    package var path: String
    /// Name for the `Host` header where it differs from `host`.
    package var name: String?
    /// TLS, or plain HTTP when absent.
    package var tls: StreamRequest.TLS?
    /// How long the whole check may take.
    package var deadline: Duration
    /// The most bytes accepted.
    package var outputCap: Int

    /// Makes a request; plain, 10 s and 1 MiB unless said otherwise.
    package init(
      host: String,
      port: Int,
      path: String = "/",
      name: String? = nil,
      tls: StreamRequest.TLS? = nil,
      deadline: Duration = .seconds(10),
      outputCap: Int = 1 << 20
    ) {
      self.host = host
      self.port = port
      self.path = path
      self.name = name
      self.tls = tls
      self.deadline = deadline
      self.outputCap = outputCap
    }
  }

  /// Sends a GET (RFC 9112) over `connection` and returns status and body.
  ///
  /// Redirects are not followed. The body is complete: it has the announced length or its last chunk
  /// came; without either it is what came before the peer closed.
  /// - Throws: `TransportError` of the exchange; `.connectionLost` when the answer is no HTTP or cut.
  package static func get(
    _ request: Request,
    over connection: any RemoteConnection
  ) async throws(TransportError) -> (status: Int, body: [UInt8]) {
    let answer = try await connection.exchange(
      StreamRequest(
        host: request.host,
        port: request.port,
        request: Array(text(of: request).utf8),
        tls: request.tls,
        deadline: request.deadline,
        outputCap: request.outputCap
      )
    )
    guard let parsed = parse(answer) else {
      throw TransportError(
        .connectionLost,
        step: "exchange",
        "\(request.host):\(request.port) did not answer in complete HTTP:"
          + " “\(PrintableText.line(answer, limit: 80))”"
      )
    }
    return parsed
  }

  private static func text(of request: Request) -> String {
    // A line break in a value would make two headers of one.
    func clean(_ value: String) -> String {
      String(String.UnicodeScalarView(value.unicodeScalars.filter { $0.value > 0x20 }))
    }
    let host = request.host.contains(":") ? "[\(request.host)]" : request.host
    let name = request.name ?? (request.port == 80 ? host : "\(host):\(request.port)")
    return "GET \(clean(request.path)) HTTP/1.1\r\nHost: \(clean(name))\r\n"
      + "User-Agent: fleetctl\r\nAccept: */*\r\nConnection: close\r\n\r\n"
  }

  // MARK: Parsing

  /// Reads a whole response; nil when it is malformed or cut.
  static func parse(_ bytes: [UInt8]) -> (status: Int, body: [UInt8])? {
    var rest = bytes[...]
    while true {
      guard let response = head(&rest) else { return nil }
      // Interim responses (RFC 9110 section 15.2) come before the real one.
      if (100..<200).contains(response.status), response.status != 101 { continue }
      return body(rest, response).map { (response.status, $0) }
    }
  }

  private struct Head {
    let status: Int
    var length: Int?
    var isChunked = false
    var isEmpty: Bool { status == 204 || status == 304 }
  }

  private static func head(_ rest: inout ArraySlice<UInt8>) -> Head? {
    guard let first = line(&rest) else { return nil }
    let words = first.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    guard words.count >= 2, words[0].hasPrefix("HTTP/1."), words[1].utf8.count == 3,
      let status = Int(words[1])
    else { return nil }
    var head = Head(status: status)
    while let next = line(&rest) {
      if next.isEmpty { return head }
      guard let colon = next.firstIndex(of: ":") else { return nil }
      let name = next[..<colon].lowercased()
      let value = next[next.index(after: colon)...].filter { $0 != " " && $0 != "\t" }
      if name == "transfer-encoding" { head.isChunked = value.lowercased().hasSuffix("chunked") }
      if name == "content-length" {
        guard let length = Int(value), length >= 0 else { return nil }
        head.length = length
      }
    }
    return nil
  }

  private static func line(_ rest: inout ArraySlice<UInt8>) -> String? {
    guard let end = rest.firstIndex(of: 0x0A) else { return nil }
    var line = rest[..<end]
    if line.last == 0x0D { line.removeLast() }
    rest = rest[(end + 1)...]
    return String(decoding: line, as: UTF8.self)
  }

  private static func body(_ rest: ArraySlice<UInt8>, _ head: Head) -> [UInt8]? {
    if head.isEmpty { return [] }
    if head.isChunked { return chunks(rest) }
    guard let length = head.length else { return Array(rest) }
    return rest.count >= length ? Array(rest.prefix(length)) : nil
  }

  private static func chunks(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
    var rest = bytes
    var body: [UInt8] = []
    while let size = line(&rest) {
      let digits = size.prefix { $0 != ";" && $0 != " " }
      guard let length = Int(digits, radix: 16), length >= 0 else { return nil }
      if length == 0 { return body }
      guard rest.count > length else { return nil }
      body += rest.prefix(length)
      rest = rest.dropFirst(length)
      guard line(&rest)?.isEmpty == true else { return nil }
    }
    return nil
  }
}
