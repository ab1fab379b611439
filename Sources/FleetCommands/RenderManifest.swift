import FleetDiagnostics
import FleetDigest
import FleetModel
import FleetResources

/// What `fleetctl render` says of what it wrote.
struct RenderManifest {
  /// Version of the JSON; the first number changes when a reader could break.
  static let formatVersion = "1.0"

  let node: String
  let fleet: String
  let image: NodeImage

  /// The table, then what only the node knows, for people.
  var text: String {
    let header = ["MODE", "OWNER", "GROUP", "SHA256", "PATH", "RESOURCE"]
    let rows = image.entries.map { entry in
      [
        entry.ownership?.modeText ?? "-", entry.ownership?.owner ?? "-",
        entry.ownership?.group ?? "-", Self.digest(entry) ?? "-", Self.path(entry),
        entry.addresses.map(\.description).joined(separator: " "),
      ].map { displayable($0) }
    }
    var text = Table.render([header] + rows)
    let partly = image.entries.filter { !$0.unknown.isEmpty }
    if !partly.isEmpty {
      text +=
        "\nKnown only on the node, with placeholders here (their digests are of what was written here):\n"
      for entry in partly {
        text += displayable("  \(entry.path): \(entry.unknown.joined(separator: "; "))") + "\n"
      }
    }
    if !image.remarks.isEmpty {
      text += "\nComes into being on the node, not written here:\n"
      for remark in image.remarks { text += displayable("  \(remark.path): \(remark.why)") + "\n" }
    }
    if !image.absent.isEmpty {
      text += "\nMust not be there:\n"
      for remark in image.absent { text += displayable("  \(remark.path)") + "\n" }
    }
    return text
  }

  /// The same for programs.
  var json: JSONValue {
    .object([
      ("format_version", .string(Self.formatVersion)), ("fleet", .string(fleet)),
      ("node", .string(node)), ("files", .array(image.entries.map(Self.file))),
      ("on_node_only", .array(image.remarks.map(Self.remark))),
      ("absent", .array(image.absent.map(Self.remark))),
    ])
  }

  private static func path(_ entry: NodeImage.Entry) -> String {
    switch entry.content {
    case .file: entry.path
    case .directory: entry.path + "/"
    case .link(let target): "\(entry.path) -> \(target)"
    }
  }

  private static func digest(_ entry: NodeImage.Entry) -> String? {
    guard case .file(let bytes) = entry.content else { return nil }
    return SHA256.hex(bytes)
  }

  private static func file(_ entry: NodeImage.Entry) -> JSONValue {
    let (type, target): (String, String?) =
      switch entry.content {
      case .file: ("file", nil)
      case .directory: ("directory", nil)
      case .link(let target): ("link", target)
      }
    return .object([
      ("path", .string(entry.path)), ("type", .string(type)),
      ("owner", JSONValue(entry.ownership?.owner)), ("group", JSONValue(entry.ownership?.group)),
      ("mode", JSONValue(entry.ownership?.modeText)), ("sha256", JSONValue(digest(entry))),
      ("target", JSONValue(target)), ("addresses", JSONValue(entry.addresses.map(\.description))),
      ("known_only_on_node", JSONValue(entry.unknown)),
    ])
  }

  private static func remark(_ remark: NodeImage.Remark) -> JSONValue {
    .object([
      ("path", .string(remark.path)), ("address", .string(remark.address.description)),
      ("why", JSONValue(remark.why.isEmpty ? nil : remark.why)),
    ])
  }
}
