import Glibc

/// Reading and atomic replacing of small files on the operator's side.
enum LocalFile {
  /// The contents of the file at `path`, at most `limit` bytes (`EFBIG` beyond them).
  static func read(_ path: String, limit: Int) -> Result<[UInt8], Errno> {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return .failure(Errno(code: errno)) }
    defer { close(descriptor) }
    var contents: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return .failure(Errno(code: errno)) }
      if count == 0 { return .success(contents) }
      contents += buffer[..<count]
      guard contents.count <= limit else { return .failure(Errno(code: EFBIG)) }
    }
  }

  /// Replaces the file at `path` so that a crash leaves the old or the new contents.
  ///
  /// A new file beside it (mode 0600), flushed, renamed over it, and the directory flushed.
  static func replace(_ path: String, with contents: [UInt8]) -> Errno? {
    // Through a symlink the target is replaced, not the link: dotfiles are often linked.
    let target = realpath(path, nil).map { pointer in
      defer { free(pointer) }
      return String(cString: pointer)
    }
    let path = target ?? path
    let temporary = path + ".\(getpid()).\(UInt32.random(in: 0...UInt32.max))"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return Errno(code: errno) }
    var failure = write(contents, to: descriptor)
    if failure == nil, fsync(descriptor) != 0 { failure = Errno(code: errno) }
    close(descriptor)
    if failure == nil, rename(temporary, path) != 0 { failure = Errno(code: errno) }
    if let failure {
      unlink(temporary)
      return failure
    }
    let slash = path.lastIndex(of: "/")
    let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { return Errno(code: errno) }
    defer { close(folder) }
    return fsync(folder) == 0 ? nil : Errno(code: errno)
  }

  private static func write(_ contents: [UInt8], to descriptor: Int32) -> Errno? {
    var offset = 0
    while offset < contents.count {
      let count = contents[offset...].withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return Errno(code: errno) }
      offset += count
    }
    return nil
  }
}
