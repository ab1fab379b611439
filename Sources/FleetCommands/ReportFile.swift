import Glibc

/// Files that reports are written to.
enum ReportFile {
  /// Writes a report so that a reader finds the old or the new one, never a part.
  ///
  /// A link is followed, since it is the target that was meant. What is no regular file (`/dev/null`,
  /// a pipe) is written to and not replaced.
  ///
  /// - Throws: `FileError`; a folder that is missing is named.
  static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      try requireFolder(of: path)
      return try Files.write(bytes, to: target(of: path), mode: 0o666)
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: try Files.write(bytes, to: target(of: path), mode: 0o666)
    case S_IFDIR: throw FileError(path: path, action: "write", number: EISDIR)
    default: try append(bytes, to: path)
    }
  }

  private static func requireFolder(of path: String) throws(FileError) {
    let folder = Files.folder(of: path)
    var status = stat()
    guard stat(folder, &status) == 0 else {
      throw FileError(path: folder, action: "write into the folder", number: errno)
    }
  }

  /// The file that a chain of links ends at; `path` itself where there is none yet.
  private static func target(of path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private static func append(_ bytes: [UInt8], to path: String) throws(FileError) {
    let descriptor = open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(path: path, action: "write", number: errno) }
    defer { close(descriptor) }
    var offset = 0
    while offset < bytes.count {
      let written = bytes[offset...].withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw FileError(path: path, action: "write", number: errno) }
      offset += written
    }
  }
}
