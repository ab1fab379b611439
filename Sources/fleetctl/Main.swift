import FleetCommands

@main
struct Main {
  static func main() async {
    await Fleetctl.start()
  }
}
