import FleetApply
import Glibc
import Testing

@Suite struct TarWriterTests {
  @Test func tarReadsBackWhatWasWritten() throws {
    var tar = TarWriter()
    let long = String(repeating: "deep/", count: 30) + "file.txt"
    tar.add("a.sh", Array("#!/bin/sh\n".utf8), executable: true)
    tar.add(long, [UInt8](repeating: 7, count: 513), executable: false)
    tar.add("empty", [], executable: false)
    let listed = try list(tar.finished())
    #expect(listed == ["-rwxr-xr-x a.sh 10", "-rw-r--r-- \(long) 513", "-rw-r--r-- empty 0"])
  }

  @Test func equalFilesGiveEqualBytes() {
    func archive() -> [UInt8] {
      var tar = TarWriter()
      tar.add("x", [1, 2, 3], executable: false)
      return tar.finished()
    }
    #expect(archive() == archive())
    #expect(archive().count % 512 == 0)
  }

  /// What tar(1) of this machine makes of it.
  private func list(_ bytes: [UInt8]) throws -> [String] {
    var name = Array("/tmp/fleetctl-tar-XXXXXX".utf8CString)
    let descriptor = mkstemp(&name)
    try #require(descriptor >= 0)
    let path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { unlink(path) }
    let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    close(descriptor)
    try #require(written == bytes.count)
    let pipe = try #require(popen("tar -tvf \(path)", "r"))
    defer { pclose(pipe) }
    var lines: [String] = []
    var buffer = [CChar](repeating: 0, count: 4096)
    while fgets(&buffer, Int32(buffer.count), pipe) != nil {
      let length = buffer.firstIndex(of: 0) ?? buffer.count
      let line = String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let words = line.split(separator: " ").map { $0.trimmingNewline() }
      lines.append("\(words[0]) \(words.last ?? "") \(words[2])")
    }
    return lines
  }
}

extension Substring {
  fileprivate func trimmingNewline() -> String {
    last == "\n" ? String(dropLast()) : String(self)
  }
}
