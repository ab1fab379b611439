import Glibc

/// Why a file of the operator could not be read or written.
package struct FileError: Error, CustomStringConvertible {
  /// Path as named by the user.
  package let path: String
  /// What was tried.
  package let action: String
  /// errno.
  package let number: Int32

  /// `cannot read fleet.yaml: No such file or directory`.
  package var description: String { "cannot \(action) `\(path)`: \(reason)" }

  /// `No such file or directory`.
  package var reason: String {
    number == ENODEV ? "Not a regular file" : String(cString: strerror(number))
  }
}

/// The operator's file system.
package enum Files {
  /// Reads the whole of `path`; `-` is standard input.
  ///
  /// At most `limit` bytes plus one are read, so that an over-long file is noticed and not
  /// swallowed.
  package static func read(_ path: String, limit: Int = 64 << 20) throws(FileError) -> [UInt8] {
    let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(path: path, action: "read", number: errno) }
    defer { if path != "-" { close(descriptor) } }
    return try drain(descriptor, path, limit)
  }

  private static func drain(
    _ descriptor: Int32,
    _ path: String,
    _ limit: Int
  ) throws(FileError) -> [UInt8] {
    var bytes: [UInt8] = []
    // A regular file says how much comes; one byte more, to see its end in the same call.
    var status = stat()
    let known = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    var size = known ? min(max(Int(status.st_size), 0), limit) + 1 : 1 << 16
    while bytes.count <= limit {
      var count = 0
      let chunk = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
        repeat {
          count = Glibc.read(descriptor, buffer.baseAddress, size)
        } while count < 0 && errno == EINTR
        filled = max(count, 0)
      }
      guard count >= 0 else { throw FileError(path: path, action: "read", number: errno) }
      if count == 0 { break }
      if bytes.isEmpty { bytes = chunk } else { bytes += chunk }
      if known, count < size, bytes.count >= Int(status.st_size) { break }
      size = 1 << 16
    }
    return bytes
  }

  /// Reads a file that must be a regular one: a device or a pipe could keep us waiting for ever.
  ///
  /// At most `limit` bytes plus some are read, as by `read(_:limit:)`.
  package static func readRegular(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
    // O_NONBLOCK, because opening a pipe waits for a writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FileError(path: path, action: "read", number: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw FileError(path: path, action: "read", number: errno)
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return try drain(descriptor, path, limit)
    case S_IFDIR: throw FileError(path: path, action: "read", number: EISDIR)
    default: throw FileError(path: path, action: "read", number: ENODEV)
    }
  }

  /// The absolute path of an existing file with every link followed (realpath(3)); nil for none.
  package static func realPath(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// Names of what is in `folder`, sorted; empty where it cannot be listed.
  package static func names(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      names.append(name(of: entry))
    }
    return names.filter { !$0.hasPrefix(".") }.sorted()
  }

  private static func name(of entry: UnsafeMutablePointer<dirent>) -> String {
    withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
  }

  /// Writes `bytes` to `path` so that it holds the old or the new content, never a part: a
  /// temporary file beside it, fsync, rename(2), fsync of the folder.
  ///
  /// The file is its owner's only (0600) unless `mode` says otherwise; the umask applies.
  package static func write(
    _ bytes: [UInt8],
    to path: String,
    mode: UInt32 = 0o600
  ) throws(FileError) {
    let temporary = path + ".fleetctl-\(getpid())"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw FileError(path: path, action: "write", number: errno) }
    var offset = 0
    while offset < bytes.count {
      let written = bytes[offset...].withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else {
        let number = errno
        close(descriptor)
        unlink(temporary)
        throw FileError(path: path, action: "write", number: number)
      }
      offset += written
    }
    let failed = fsync(descriptor) != 0
    close(descriptor)
    guard !failed, rename(temporary, path) == 0 else {
      let number = errno
      unlink(temporary)
      throw FileError(path: path, action: "write", number: number)
    }
    syncFolder(of: path)
  }

  static func syncFolder(of path: String) {
    let folder = folder(of: path)
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    // The rename has happened; a file system that cannot sync a folder loses at most its durability.
    fsync(descriptor)
    close(descriptor)
  }

  /// The folder that holds `path`, `.` for a bare name.
  package static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Whether anything is at `path`.
  package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// `path` itself when absolute, else below `folder`.
  package static func resolve(_ path: String, in folder: String) -> String {
    let expanded = Environment.expanded(path)
    if expanded.hasPrefix("/") || folder == "." { return expanded }
    return folder + "/" + expanded
  }

  /// The regular files below `root`, as paths relative to it, sorted; links are not followed.
  ///
  /// - Parameters:
  ///   - root: The folder.
  ///   - skip: Says whether to leave out a relative path (a folder's ends in `/`).
  /// - Returns: The files.
  /// - Throws: `FileError` for what cannot be listed.
  package static func tree(_ root: String, skip: (String) -> Bool) throws(FileError) -> [TreeFile] {
    var found: [TreeFile] = []
    var pending = [""]
    while let folder = pending.popLast() {
      guard let stream = opendir(folder.isEmpty ? root : root + "/" + folder) else {
        throw FileError(path: root + "/" + folder, action: "list", number: errno)
      }
      defer { closedir(stream) }
      while let entry = readdir(stream) {
        let name = name(of: entry)
        if name == "." || name == ".." { continue }
        let relative = folder.isEmpty ? name : folder + "/" + name
        var status = stat()
        guard lstat(root + "/" + relative, &status) == 0 else {
          throw FileError(path: root + "/" + relative, action: "look at", number: errno)
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR where !skip(relative + "/"): pending.append(relative)
        case S_IFREG where !skip(relative):
          found.append(TreeFile(path: relative, executable: status.st_mode & 0o100 != 0))
        default: continue
        }
      }
    }
    return found.sorted { $0.path < $1.path }
  }
}

/// A file of a tree on the operator's machine.
package struct TreeFile: Sendable, Hashable {
  /// Relative path.
  package let path: String
  /// Whether its owner may execute it.
  package let executable: Bool
}
