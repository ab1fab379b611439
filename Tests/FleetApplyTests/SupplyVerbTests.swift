import FleetDigest
import FleetResources
import Glibc
import Testing

@testable import FleetApply

@Suite struct SupplyVerbTests {
  let bench: Bench
  init() throws { bench = try Bench() }

  @Test func `a download is verified before it is in its place`() async throws {
    let source = bench.scratch.write("source", "content")
    let digest = SHA256.hex(Array("content".utf8))
    let session = try await bench.locked()
    let good = try await session.run(
      batch: [bench.operation(.fetch, "file://" + source, bench.path("etc/key"), digest, "0644")],
      transaction: "t",
      name: "good"
    )
    #expect(good.map(\.status) == [.done])
    #expect(bench.scratch.read("etc/key") == "content")
    let bad = try await session.run(
      batch: [
        bench.operation(
          .fetch,
          "file:" + source,
          bench.path("etc/other"),
          String(digest.reversed()),
          "0644"
        )
      ],
      transaction: "t",
      name: "bad"
    )
    #expect(bad.map(\.status) == [.failed])
    #expect(bad[0].text.contains(digest))
    #expect(!bench.exists("etc/other"))
    let odd = try await session.run(
      batch: [bench.operation(.fetch, "ftp://x/y", bench.path("etc/other"), "", "0644")],
      transaction: "t",
      name: "odd"
    )
    #expect(odd[0].text.contains("only https, http and file"))
  }

  @Test func `an archive replaces what it holds, keeps the rest, and is stamped last`() async throws
  {
    let made = Scratch.sh(
      "cd \"$1\" && mkdir -p p-1.0/bin && echo new > p-1.0/bin/p && echo r > p-1.0/README && tar -czf p.tgz p-1.0",
      bench.scratch.path
    )
    try #require(made == 0)
    mkdir(bench.path("opt"), 0o755)
    mkdir(bench.path("opt/p"), 0o755)
    mkdir(bench.path("opt/p/bin"), 0o755)
    bench.scratch.write("opt/p/bin/stale", "")
    bench.scratch.write("opt/p/data", "keep")
    let url = "file://" + bench.path("p.tgz")
    let stamp = "\(url) unpinned 1"
    let session = try await bench.locked()
    let results = try await session.run(
      batch: [
        bench.operation(
          .unpackArchive,
          url,
          "",
          bench.path("opt/p"),
          "1",
          bench.owner,
          bench.group,
          stamp + "\n"
        )
      ],
      transaction: "t",
      name: "b"
    )
    #expect(results.map(\.status) == [.done])
    #expect(bench.scratch.read("opt/p/bin/p") == "new\n")
    #expect(!bench.exists("opt/p/bin/stale"))
    #expect(bench.scratch.read("opt/p/data") == "keep")
    #expect(bench.scratch.read("opt/p/.fleetctl-archive") == stamp + "\n")
    #expect(bench.leftovers == 1)  // The stamp has a name of that kind.

    bench.scratch.write("p.tgz", "no archive")
    let bad = try await session.run(
      batch: [
        bench.operation(
          .unpackArchive,
          url,
          "",
          bench.path("opt/p"),
          "1",
          bench.owner,
          bench.group,
          "x"
        )
      ],
      transaction: "t",
      name: "bad"
    )
    #expect(bad.map(\.status) == [.failed])
    #expect(bench.scratch.read("opt/p/bin/p") == "new\n")
  }

  @Test func `the fleet's CA signs what a node requests, with the names that were asked for`()
    async throws
  {
    guard access("/usr/bin/openssl", X_OK) == 0 else { return }
    let session = try await bench.locked()
    let authority = try await session.run(
      batch: [bench.operation(.createAuthority, bench.path("ca"), "Test-CA")],
      transaction: "t",
      name: "ca"
    )
    #expect(authority.map(\.status) == [.done])
    #expect(authority[0].text == bench.scratch.read("ca/ca-cert.pem"))
    #expect(bench.mode("ca") == 0o700)
    #expect(bench.mode("ca/ca-key.pem") == 0o600)
    let request = NodeOperation(
      .requestCertificate,
      [
        bench.path("tls/key.pem"), "0600", bench.owner, bench.group, "01-Backend", "DNS:01-Backend",
        "IP:172.16.168.20",
      ],
      for: nil
    )
    let requested = try await session.run(batch: [request], transaction: "t", name: "request")
    #expect(requested.map(\.status) == [.done])
    let signed = try await session.run(
      batch: [
        bench.operation(
          .signCertificate,
          bench.path("ca"),
          "397",
          "DNS:other",
          "IP:10.0.0.1",
          blob: requested[0].output
        )
      ],
      transaction: "t",
      name: "sign"
    )
    #expect(signed.map(\.status) == [.done])
    bench.scratch.write("cert.pem", signed[0].text)
    let verified = Scratch.sh(
      """
      cd "$1" && exec >/dev/null && openssl verify -x509_strict -purpose sslserver -CAfile ca/ca-cert.pem cert.pem && \
      [ "$(openssl x509 -in cert.pem -noout -ext subjectAltName | tail -n 1 | tr -d ' ')" = DNS:other,IPAddress:10.0.0.1 ] && \
      [ "$(openssl x509 -in cert.pem -noout -pubkey)" = "$(openssl pkey -in tls/key.pem -pubout)" ]
      """,
      bench.scratch.path
    )
    #expect(verified == 0)
    // Again: the same key, the same CA.
    let key = bench.scratch.read("tls/key.pem")
    _ = try await session.run(batch: [request], transaction: "t", name: "request2")
    #expect(bench.scratch.read("tls/key.pem") == key)
    let kept = try await session.run(
      batch: [bench.operation(.createAuthority, bench.path("ca"), "Another")],
      transaction: "t",
      name: "ca2"
    )
    #expect(kept[0].output == authority[0].output)
    for (index, name) in ["DNS:a\\nb", "DNS:a,IP:1.2.3.4", "URI:x", "IP:$(x)"].enumerated() {
      let bad = try await session.run(
        batch: [
          bench.operation(
            .signCertificate,
            bench.path("ca"),
            "397",
            name,
            blob: requested[0].output
          )
        ],
        transaction: "t",
        name: "bad\(index)"
      )
      #expect(bad.map(\.status) == [.failed], "\(name)")
    }
  }

  @Test func `a command check waits for the answer it wants`() async throws {
    let user = getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "root"
    let session = try await bench.locked()
    let marker = bench.path("up")
    let results = try await session.run(
      batch: [
        bench.operation(
          .checkCommand,
          user,
          "5",
          "PONG",
          "sh",
          "-c",
          "test -e '\(marker)' && echo +PONG; touch '\(marker)'"
        ),
        bench.operation(.checkCommand, user, "0", "never", "echo", "something else"),
      ],
      transaction: "t",
      name: "b"
    )
    #expect(results.map(\.status) == [.done, .failed])
    #expect(results[1].text.contains("something else"))
    #expect(results[1].text.contains("printed no 'never'"))
  }
}
