import FleetResources
import Glibc

/// Why a rendered tree was refused or could not be written.
struct TreeError: Error, Equatable, CustomStringConvertible {
  /// The sentence for people.
  let description: String
}

/// Writes the paths of a node beneath one folder and nowhere else.
///
/// No link is ever followed below that folder: every part of a path is opened on its own, relative to
/// the folder before it. Nothing is deleted; owners are not set, they are the manifest's to tell.
final class TreeWriter {
  private let root: Int32
  private let name: String

  /// Opens `folder`, making it where it is missing; its parent must be there.
  ///
  /// - Throws: `TreeError` when it cannot be opened, or is not empty and `force` is not given.
  init(_ folder: String, force: Bool) throws(TreeError) {
    name = folder
    if mkdir(folder, 0o755) != 0, errno != EEXIST {
      throw TreeError(description: "cannot make `\(folder)`: \(Self.reason(errno))")
    }
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw TreeError(description: "cannot open the folder `\(folder)`: \(Self.reason(errno))")
    }
    root = descriptor
    if !force, try !Self.isEmpty(root, folder) {
      throw TreeError(
        description:
          "`\(folder)` is not empty. Name another folder, or write over what is in it with "
          + "--force; nothing is deleted."
      )
    }
  }

  deinit { close(root) }

  private static func reason(_ number: Int32) -> String { String(cString: strerror(number)) }

  private static func isEmpty(_ descriptor: Int32, _ folder: String) throws(TreeError) -> Bool {
    // fdopendir takes the descriptor over.
    guard let stream = fdopendir(dup(descriptor)) else {
      throw TreeError(description: "cannot list `\(folder)`: \(reason(errno))")
    }
    defer { closedir(stream) }
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { return false }
    }
    return true
  }

  // MARK: Checking

  /// Looks whether all of `entries` can be written, before any is.
  func check(_ entries: [NodeImage.Entry]) throws(TreeError) {
    for entry in entries {
      let parts = try Self.parts(entry.path)
      guard let folder = try existing(parts.dropLast(), entry.path) else { continue }
      defer { close(folder) }
      guard let last = parts.last else { continue }
      var status = stat()
      guard fstatat(folder, last, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
      let found = status.st_mode & S_IFMT
      let wanted =
        switch entry.content {
        case .file: S_IFREG
        case .directory: S_IFDIR
        case .link: S_IFLNK
        }
      if found != wanted {
        throw TreeError(
          description:
            "`\(name)\(entry.path)` is \(Self.word(found)) where \(Self.word(wanted)) goes. "
            + "Move it away, or name another folder."
        )
      }
    }
  }

  private static func word(_ type: mode_t) -> String {
    switch type {
    case S_IFREG: "a file"
    case S_IFDIR: "a folder"
    case S_IFLNK: "a symbolic link"
    default: "a special file"
    }
  }

  /// The parts of an absolute path without any that would lead elsewhere.
  static func parts(_ path: String) throws(TreeError) -> [String] {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    let isClean = parts.dropFirst().allSatisfy {
      !$0.isEmpty && $0 != "." && $0 != ".." && !$0.utf8.contains(0)
    }
    guard parts.first == "", parts.count > 1, isClean else {
      throw TreeError(
        description: "`\(path)` is no absolute path, or has an empty, `.` or `..` part: it is not "
          + "written. Correct the role that declares it."
      )
    }
    return Array(parts.dropFirst())
  }

  /// The folder at `parts`, or nil when it is not there yet.
  private func existing(_ parts: some Sequence<String>, _ path: String) throws(TreeError) -> Int32?
  {
    var folder = dup(root)
    for part in parts {
      let next = openat(folder, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      let number = errno
      close(folder)
      if next < 0, number == ENOENT { return nil }
      guard next >= 0 else { throw blocked(part, path, number) }
      folder = next
    }
    return folder
  }

  private func blocked(_ part: String, _ path: String, _ number: Int32) -> TreeError {
    // open(2): O_NOFOLLOW with O_DIRECTORY says ENOTDIR for a link as for a file.
    let isOther = number == ENOTDIR || number == ELOOP
    let why =
      isOther
      ? "`\(part)` is a symbolic link or a file there, and render writes through no link. Move it "
        + "away, or name another folder."
      : Self.reason(number)
    return TreeError(description: "cannot write `\(name)\(path)`: \(why)")
  }

  // MARK: Writing

  /// Writes all of `entries`; `check` has passed.
  func write(_ entries: [NodeImage.Entry]) throws(TreeError) {
    for entry in entries { try write(entry) }
    // Modes of folders come last and from below: one without write permission takes no more files.
    for entry in entries.reversed() {
      guard case .directory = entry.content, let mode = entry.ownership?.mode else { continue }
      guard let folder = try existing(Self.parts(entry.path), entry.path) else { continue }
      let status = fchmod(folder, mode_t(mode))
      let number = errno
      close(folder)
      guard status == 0 else { throw failure(entry.path, number) }
    }
  }

  private func failure(_ path: String, _ number: Int32) -> TreeError {
    TreeError(description: "cannot write `\(name)\(path)`: \(Self.reason(number))")
  }

  private func write(_ entry: NodeImage.Entry) throws(TreeError) {
    let parts = try Self.parts(entry.path)
    guard let last = parts.last else { return }
    let folder = try made(parts.dropLast(), entry.path)
    defer { close(folder) }
    switch entry.content {
    case .directory:
      if mkdirat(folder, last, 0o755) != 0, errno != EEXIST { throw failure(entry.path, errno) }
    case .link(let target):
      try replace(last, in: folder, entry.path) { temporary in
        symlinkat(target, folder, temporary) == 0 ? 0 : errno
      }
    case .file(let bytes):
      let mode = mode_t(entry.ownership?.mode ?? 0o644)
      try replace(last, in: folder, entry.path) { temporary in
        Self.writeFile(bytes, mode, folder, temporary)
      }
    }
  }

  /// Makes something beside the path and renames it there: what is there is replaced, not written to.
  private func replace(
    _ last: String,
    in folder: Int32,
    _ path: String,
    _ make: (String) -> Int32
  ) throws(TreeError) {
    let temporary = ".fleetctl-\(getpid())"
    var number = make(temporary)
    if number == 0, renameat(folder, temporary, folder, last) != 0 { number = errno }
    guard number != 0 else { return }
    unlinkat(folder, temporary, 0)
    throw failure(path, number)
  }

  private static func writeFile(
    _ bytes: [UInt8],
    _ mode: mode_t,
    _ folder: Int32,
    _ name: String
  ) -> Int32 {
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    let descriptor = openat(folder, name, flags, 0o600)
    guard descriptor >= 0 else { return errno }
    defer { close(descriptor) }
    let number = Files.write(bytes, to: descriptor)
    if number != 0 { return number }
    return fchmod(descriptor, mode) == 0 ? 0 : errno
  }

  /// The folder at `parts`, made where it is missing.
  private func made(_ parts: some Sequence<String>, _ path: String) throws(TreeError) -> Int32 {
    var folder = dup(root)
    for part in parts {
      if mkdirat(folder, part, 0o755) != 0, errno != EEXIST {
        let number = errno
        close(folder)
        throw failure(path, number)
      }
      let next = openat(folder, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      let number = errno
      close(folder)
      guard next >= 0 else { throw blocked(part, path, number) }
      folder = next
    }
    return folder
  }
}
