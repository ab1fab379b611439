import FleetCommands

@main
struct Main {
  static func main() {}
}
