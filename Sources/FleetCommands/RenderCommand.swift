import ArgumentParser
import FleetCompile
import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetResources

/// `fleetctl render NODE --to DIR`.
struct RenderCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "render",
    abstract: "Write the files that an apply would install on a node into a folder.",
    discussion: """
      The files, folders and links of the node at their paths beneath DIR, with
      the bytes and modes that an apply installs; who owns them is in the table
      that is printed. A secret's value and the CA's certificate are known on the
      node only: placeholders such as __SECRET_redis.redis_password__ stand for
      them, and the table names them. Needs no network and changes no machine.

      DIR is made if it is missing. One that is not empty is refused; with --force
      what is in it is written over, and nothing is deleted. No symbolic link
      below DIR is followed. Exits 0; 1 when the fleet is not sound, there is no
      such node, or something cannot be written.

      EXAMPLES
        fleetctl render 04-Databases --to out
        fleetctl render 04-Databases --to out --format json | jq -r '.files[].path'
        fleetctl render web-1 --to new && diff -r old new
            what a change to a role does to a node
      """
  )

  @Argument(help: "The node.")
  var node: String

  @Option(help: ArgumentHelp("The folder to write into.", valueName: "dir"))
  var to: String

  @OptionGroup var options: FleetOptions

  @Flag(help: "Write over what is in the folder; nothing is deleted.")
  var force = false

  @Option(help: ArgumentHelp("Format of the table: human or json.", valueName: "format"))
  var format = TextOrJSON.human

  func run() throws {
    let (resolved, nodes) = try LoadedFleet.load(options).compiled(colour: options.colour)
    guard let found = nodes.first(where: { $0.node.id.name == node }) else {
      throw failed(Self.unknown(node, nodes.map(\.node.id.name), file: options.file))
    }
    let image = NodeImage(found.resources)
    do {
      try Self.write(image, to: to, force: force)
    } catch {
      throw failed(displayable(error.description))
    }
    let manifest = RenderManifest(node: node, fleet: resolved.fleet.name, image: image)
    switch format {
    case .human: try Terminal.result(manifest.text)
    case .json: try Terminal.result(manifest.json.rendered(pretty: true) + "\n")
    }
  }

  /// Writes a node's paths beneath `folder`, all or, when something stands in the way, none.
  static func write(_ image: NodeImage, to folder: String, force: Bool) throws(TreeError) {
    for entry in image.entries { _ = try TreeWriter.parts(entry.path) }
    let writer = try TreeWriter(folder, force: force)
    try writer.check(image.entries)
    try writer.write(image.entries)
  }

  /// Says that there is no such node, and which was meant.
  static func unknown(_ node: String, _ names: [String], file: String) -> String {
    let near = NearestName.question(node, in: names).map { " " + $0 } ?? ""
    return "\(displayable(file)) has no node \(quoted(displayable(node))).\(near)"
  }

  private func failed(_ why: String) -> ExitCode {
    Terminal.note("error: \(why)\n")
    return ExitStatus.failure.error
  }
}
