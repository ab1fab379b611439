import Glibc

extension Files {
  /// Gives the existing file at `path` new content, whole or not at all, with its mode and owner.
  ///
  /// A link is followed and stays. The new file takes the place of the old one by rename(2), so other
  /// hard links keep the old content; extended attributes are not copied.
  package static func replace(_ path: String, with bytes: [UInt8]) throws(FileError) {
    guard let resolved = realpath(path, nil) else {
      throw FileError(path: path, action: "write", number: errno)
    }
    let target = String(cString: resolved)
    free(resolved)
    var status = stat()
    // rename(2) asks the folder only: without this a read-only file would be replaced.
    guard stat(target, &status) == 0, access(target, W_OK) == 0 else {
      throw FileError(path: path, action: "write", number: errno)
    }
    let temporary = target + ".fleetctl-\(getpid())"
    do throws(FileError) {
      try write(bytes, to: temporary)
      try dress(temporary, as: status, instead: path)
      guard rename(temporary, target) == 0 else {
        throw FileError(path: path, action: "write", number: errno)
      }
    } catch {
      unlink(temporary)
      throw FileError(path: path, action: error.action, number: error.number)
    }
    syncFolder(of: target)
  }

  /// Gives the new file the owner, then the mode of the old one: chown(2) clears set-id bits.
  private static func dress(
    _ temporary: String,
    as status: stat,
    instead path: String
  ) throws(FileError) {
    var own = stat()
    guard stat(temporary, &own) == 0 else {
      throw FileError(path: path, action: "write", number: errno)
    }
    if own.st_uid != status.st_uid || own.st_gid != status.st_gid {
      guard chown(temporary, status.st_uid, status.st_gid) == 0 else {
        throw FileError(path: path, action: "keep the owner of", number: errno)
      }
    }
    guard chmod(temporary, status.st_mode & 0o7777) == 0 else {
      throw FileError(path: path, action: "keep the mode of", number: errno)
    }
  }
}
