package import FleetTransport
import Glibc
import Synchronization

/// Keeps the parsed known_hosts files of the connections of one run.
final class KnownHostsStore: Sendable {
  private struct Stamp: Equatable {
    var device: UInt64 = 0
    var inode: UInt64 = 0
    var size: Int = 0
    var seconds: Int = 0
    var nanoseconds: Int = 0
  }

  private let cache = Mutex<[[String]: (stamps: [Stamp], hosts: KnownHosts)]>([:])

  /// What `paths` say together; a file that is missing says nothing.
  ///
  /// Files are read again only after they changed, so `hosts trust` takes effect in a running process.
  /// - Throws: `.hostKeyUnknown` when a file exists and cannot be read: nothing is then known.
  func knownHosts(in paths: [String]) throws(TransportError) -> KnownHosts {
    let stamps = paths.map(Self.stamp)
    if let cached = cache.withLock({ $0[paths] }), cached.stamps == stamps { return cached.hosts }
    var files: [[UInt8]] = []
    for path in paths {
      switch LocalFile.read(path, limit: 64 << 20) {
      case .success(let contents): files.append(contents)
      case .failure(let failure):
        guard failure.code == ENOENT else { throw Self.unreadable(path, failure) }
        files.append([])
      }
    }
    let hosts = KnownHosts(files)
    cache.withLock { $0[paths] = (stamps, hosts) }
    return hosts
  }

  private static func stamp(_ path: String) -> Stamp {
    var status = stat()
    guard stat(path, &status) == 0 else { return Stamp() }
    return Stamp(
      device: UInt64(status.st_dev),
      inode: UInt64(status.st_ino),
      size: Int(status.st_size),
      seconds: status.st_mtim.tv_sec,
      nanoseconds: status.st_mtim.tv_nsec
    )
  }

  private static func unreadable(_ path: String, _ failure: Errno) -> TransportError {
    TransportError(
      .hostKeyUnknown,
      step: "host key",
      "cannot read the known_hosts file \(path): \(failure.text)",
      remedy: "Make the file readable, or name another in `ssh.known_hosts`."
    )
  }
}

extension KnownHosts {
  /// Adds `lines` to the known_hosts file at `path` and keeps every line that is there.
  ///
  /// The file is replaced atomically (mode 0600) and flushed; folders are not made. Lines that the
  /// file already holds are not repeated.
  /// - Throws: `.internalFailure` with the system's reason; the file is then as it was.
  package static func append(_ lines: [String], to path: String) throws(TransportError) {
    var contents: [UInt8] = []
    switch LocalFile.read(path, limit: 64 << 20) {
    case .success(let bytes): contents = bytes
    case .failure(let failure): if failure.code != ENOENT { throw unwritable(path, failure) }
    }
    if let last = contents.last, last != UInt8(ascii: "\n") { contents.append(UInt8(ascii: "\n")) }
    let present = Set(contents.split(separator: UInt8(ascii: "\n")).map(Array.init))
    for line in lines where !present.contains(Array(line.utf8)) {
      contents += Array(line.utf8) + [UInt8(ascii: "\n")]
    }
    if let failure = LocalFile.replace(path, with: contents) { throw unwritable(path, failure) }
  }

  /// Replaces what the files pin for `target` by `key`.
  ///
  /// In each of `target.knownHostsFiles` that pins other keys for exactly this host and port, a line
  /// that names nothing else goes and a line with more names loses this one; `key` is added to the
  /// first file, with a hashed name where there is a `salt`. Lines with marks, patterns that cover it
  /// and comments stay.
  /// - Returns: places of lines that still pin another key, `FILE:LINE`, because a pattern covers more.
  /// - Throws: `.internalFailure` with the system's reason; that file is then as it was.
  package static func rotate(
    _ target: SSHTarget,
    to key: HostKey,
    salt: [UInt8]? = nil
  ) throws(TransportError) -> [String] {
    let name = Array(name(of: target).utf8)
    var left: [String] = []
    for (index, path) in target.knownHostsFiles.enumerated() {
      var contents: [UInt8] = []
      switch LocalFile.read(path, limit: 64 << 20) {
      case .success(let bytes): contents = bytes
      case .failure(let failure):
        guard failure.code == ENOENT else { throw unwritable(path, failure) }
      }
      var edited = KnownHostsEdit(contents)
      edited.forget(name, except: key)
      left += edited.left.map { "\(path):\($0)" }
      let isThere = KnownHosts([edited.contents]).lines(
        about: String(decoding: name, as: UTF8.self)
      )
      .contains { $0.marker == .none && $0.key == key }
      if index == 0, !isThere { edited.add(line(target, key, salt: salt)) }
      guard edited.contents != contents else { continue }
      if let failure = LocalFile.replace(path, with: edited.contents) {
        throw unwritable(path, failure)
      }
    }
    return left
  }

  private static func unwritable(_ path: String, _ failure: Errno) -> TransportError {
    TransportError(
      .internalFailure,
      step: "host key",
      "cannot write the known_hosts file \(path): \(failure.text)",
      remedy: "Make its folder exist and writable, or name another file in `ssh.known_hosts`."
    )
  }
}
