/// A unit's full name and what belongs to it (systemd.unit(5)).
struct UnitName {
  private let name: String

  init(_ name: String) {
    self.name = name
  }

  /// `postgresql@.service` of `postgresql@16-main.service`.
  private var template: String? {
    guard let at = name.firstIndex(of: "@"), let dot = name.lastIndex(of: "."), at < dot else {
      return nil
    }
    return String(name[...at]) + String(name[dot...])
  }

  /// Whether the file at `path` is its unit file or one of its drop-ins.
  func isDefined(by path: String) -> Bool {
    let parts = path.split(separator: "/")
    guard let last = parts.last else { return false }
    let folder = parts.dropLast().last ?? ""
    return [name, template].compactMap { $0 }.contains {
      last == $0 || folder == $0 + ".d" && last.hasSuffix(".conf")
    }
  }

  /// Whether both are of one service: equal, or instances of one template and its umbrella unit.
  func isRelated(to other: UnitName) -> Bool {
    !name.isEmpty && (name == other.name || stem == other.stem)
  }

  private var stem: Substring {
    name.prefix { $0 != "@" && $0 != "." }
  }
}
