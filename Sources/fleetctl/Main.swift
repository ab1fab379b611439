import FleetCommands

@main
struct Main {
  @MainActor
  static func main() async {
    await Fleetctl.start()
  }
}
