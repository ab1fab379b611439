import FleetModel
import FleetResources

/// What is wanted on every node in one version.
package struct SimFleet: Sendable {
  /// Apps by node name.
  var apps: [String: [SimApp]]

  /// Draws a fleet.
  static func draw(_ dice: inout Dice) -> SimFleet {
    var apps: [String: [SimApp]] = [:]
    for number in 1...dice.pick([1, 1, 1, 2, 2, 3, 4, 6]) {
      let count = dice.pick([1, 1, 1, 2, 2, 3])
      apps["n\(number)"] = (1...count).map { app($0, &dice) }
    }
    return SimFleet(apps: apps)
  }

  private static func app(_ number: Int, _ dice: inout Dice) -> SimApp {
    var app = SimApp(name: "app\(number)")
    app.wave = dice.below(3)
    app.budget = dice.pick([5, 10, 20, 60])
    app.reloads = dice.chance(25)
    app.hasUser = dice.chance(30)
    app.package = dice.chance(30) ? "pkg\(number)" : nil
    app.link = dice.chance(25) ? "/etc/app\(number)" : nil
    app.sysctl = number == 1 && dice.chance(20) ? "1" : nil
    app.hasSecret = dice.chance(20)
    app.hasStep = dice.chance(20)
    app.extras = (0..<dice.below(3)).map { "extra \($0)\n" }
    if dice.chance(50) {
      app.port = 8000 + number
      app.words.append("port=\(app.port)")
      app.checksHTTP = dice.chance(50)
    }
    if dice.chance(40) { app.unitWords = ["Type=notify"] }
    if app.budget >= 10, dice.chance(20) {
      app.unitWords.append("slow=\(dice.within(1...4))")
    }
    return app
  }

  /// The next version: changed, new and removed apps, perhaps one that does not work.
  func next(_ dice: inout Dice) -> SimFleet {
    var fleet = self
    for node in apps.keys.sorted() {
      var list: [SimApp] = []
      for old in apps[node] ?? [] {
        var app = old
        switch dice.below(10) {
        case 0: continue
        case 1: break
        case 2: app.mode = app.mode == 0o644 ? 0o640 : 0o644
        case 3: app.unitWords.append("Nice=\(dice.within(1...9))")
        case 4: app.extras.append("more\n")
        case 5 where app.link != nil: app.link = "/opt"
        case 6 where app.sysctl != nil: app.sysctl = "2"
        default: app.words[0] = "value=\(dice.within(2...9))"
        }
        // A reload reads what only the next start would break on.
        if !app.reloads, dice.chance(15) {
          app.words.append("behave=" + dice.pick(["fail", "crash", "hang", "deaf", "lockout"]))
        }
        list.append(app)
      }
      if dice.chance(25) { list.append(Self.app(7, &dice)) }
      fleet.apps[node] = list
    }
    return fleet
  }

  /// The same without what does not work.
  var mended: SimFleet {
    var fleet = self
    for (node, list) in apps {
      fleet.apps[node] = list.map { app in
        var app = app
        app.words.removeAll { $0.hasPrefix("behave=") }
        return app
      }
    }
    return fleet
  }

  /// What is wanted, by node.
  var resources: [NodeID: [Resource]] {
    var made: [NodeID: [Resource]] = [:]
    for (node, list) in apps {
      if let id = NodeID(node) { made[id] = list.flatMap { $0.resources(on: id) } }
    }
    return made
  }

  /// Everything that any of `fleets` manages on a node.
  static func managed(_ fleets: [SimFleet], _ node: String) -> (paths: [String], units: [String]) {
    let lists = fleets.flatMap { $0.apps[node] ?? [] }.map(\.managed)
    return (Set(lists.flatMap(\.paths)).sorted(), Set(lists.flatMap(\.units)).sorted())
  }

  /// How a node looks where all of `fleets` is managed: one line a thing.
  static func look(_ node: SimNode, _ fleets: [SimFleet], services: Bool) -> String {
    let managed = managed(fleets, node.name)
    var lines = managed.paths.map { "\($0): \(node.disk[$0]?.state ?? "absent")" }
    for name in managed.units {
      let unit = node.units[name] ?? SimUnit()
      var line = node.isEnabled(name) ? "enabled" : "-"
      if services {
        line += unit.state == .active ? " active \(SimApp.loaded(unit.loaded))" : " - -"
      }
      lines.append("\(name): \(line)")
    }
    return lines.joined(separator: "\n")
  }

  /// How it would look when it is as wanted.
  func wanted(_ node: String, _ fleets: [SimFleet], services: Bool) -> String {
    let managed = Self.managed(fleets, node)
    var facts: [String: String] = [:]
    for app in apps[node] ?? [] { facts.merge(app.facts) { $1 } }
    var lines = managed.paths.map { "\($0): \(facts[$0] ?? "absent")" }
    for name in managed.units {
      let words = (facts[name] ?? "- - -").split(separator: " ").map(String.init)
      lines.append("\(name): " + (services ? words.joined(separator: " ") : words[0]))
    }
    return lines.joined(separator: "\n")
  }
}
