import Glibc

extension Files {
  /// Writes a file that others may read, as umask(2) allows.
  ///
  /// Without `replacing` nothing that is there is touched, not even a dangling link: the error then
  /// has EEXIST. With it the path holds the old or the new content, never a part.
  package static func create(
    _ bytes: [UInt8],
    at path: String,
    replacing: Bool
  ) throws(FileError) {
    guard replacing else { return try writeNew(bytes, to: path) }
    let temporary = path + ".fleetctl-\(getpid())"
    try writeNew(bytes, to: temporary)
    guard rename(temporary, path) == 0 else {
      let number = errno
      unlink(temporary)
      throw FileError(path: path, action: "write", number: number)
    }
  }

  private static func writeNew(_ bytes: [UInt8], to path: String) throws(FileError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw FileError(path: path, action: "write", number: errno) }
    var failure = write(bytes, to: descriptor)
    if failure == 0, fsync(descriptor) != 0 { failure = errno }
    close(descriptor)
    guard failure == 0 else {
      unlink(path)
      throw FileError(path: path, action: "write", number: failure)
    }
  }

  /// Writes all of `bytes`; returns 0 or errno.
  static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
    var offset = 0
    while offset < bytes.count {
      let written = bytes[offset...].withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { return errno }
      offset += written
    }
    return 0
  }
}
