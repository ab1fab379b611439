import FleetModel
import Testing

@testable import FleetRender

@Suite struct Expressions {
  let scope: Scope = [
    "params": .map([
      "port": .int(6379), "maxmemory": .size(ByteCount(bytes: 6 << 30)), "tls": .bool(false),
      "hosts": .list([.string("b"), .string("a"), .string("b")]),
      "typical": .duration(.init(milliseconds: 90_000)),
      "name": .string("redis"),
    ]),
    "endpoints": .map([
      "slm-backend": .map([
        "api": .map(["available": .bool(false), "host": .absent("the fleet has no `slm-backend`")])
      ])
    ]),
    "secrets": .map(["password": .secret(.init(role: "redis", name: "password"), as: .plain)]),
    "node": .map(["memory": .size(ByteCount(bytes: 16 << 30)), "roles": .list([.string("redis")])]),
  ]

  @Test(arguments: [
    ("1 + 2 * 3", "int(7)"),
    ("(1 + 2) * 3", "int(9)"),
    ("7 / 2 - -1", "int(4)"),
    ("'a' + 'b'", #"string("ab")"#),
    ("not true or true", "bool(true)"),
    ("true or false and false", "bool(true)"),
    ("not 1 == 2", "bool(true)"),
    ("'a' in ['a', 'b'] and 'c' not in ['a']", "bool(true)"),
    ("'red' in params.name", "bool(true)"),
    ("'port' in params", "bool(true)"),
    ("params['port'] + 1", "int(6380)"),
    ("params.maxmemory|systemd_size", #"string("6G")"#),
    ("params.maxmemory|redis_size", #"string("6gb")"#),
    ("params.maxmemory|pg_size", #"string("6GB")"#),
    ("params.maxmemory|mib", "int(6144)"),
    ("(params.maxmemory * 5 / 4)|mib", "int(7680)"),
    ("node.memory - params.maxmemory >= 10GiB", "bool(true)"),
    ("node.memory / params.maxmemory", "int(2)"),
    ("params.typical|seconds", "int(90)"),
    ("params.typical < 2m", "bool(true)"),
    ("params.hosts|unique|sort|join(', ')", #"string("a, b")"#),
    ("params.hosts|first", #"string("b")"#),
    ("params.hosts[1]|upper", #"string("A")"#),
    ("params.hosts|length > 2", "bool(true)"),
    ("['x', 1, true]|json", #"string("[\"x\", 1, true]")"#),
    ("endpoints.slm-backend.api.available", "bool(false)"),
    ("endpoints['slm-backend'].api.available", "bool(false)"),
    ("'10.0.0.1'|cidr", #"string("10.0.0.1/32")"#),
    ("'fd00::1'|cidr", #"string("fd00::1/128")"#),
    ("'db.example'|cidr", #"string("db.example")"#),
    ("'p%s/w'|urlencode", #"string("p%25s%2Fw")"#),
    ("false and params.nothing", "bool(false)"),
    ("true or params.nothing", "bool(true)"),
    (#"'it\'s'"#, #"string("it\'s")"#),
  ])
  func `evaluate to a value of their own kind`(text: String, result: String) {
    #expect(evaluated(text, scope) == result)
  }

  @Test(arguments: [
    ("params.prt", "1:8 FLT3501 `params` has no `prt`. Did you mean `port`?"),
    ("parms.port", "1:1 FLT3501 Nothing here is called `parms`. Did you mean `params`?"),
    (
      "endpoints.slm-backend.api.host",
      "1:27 FLT3501 There is no value here: the fleet has no `slm-backend`."
    ),
    ("1 == 'a'", "1:1 FLT3501 `==` has no result for an int and a string."),
    ("1 / 0", "1:1 FLT3501 `/` has no result for an int and an int that is 0."),
    ("9223372036854775807 + 1", "1:1 FLT3501 `+` has no result for an int and an int."),
    (
      "not params.port",
      "1:12 FLT3501 A condition is true or false; this is an int. Compare it: `x != 0`."
    ),
    (
      "params.hosts and true",
      "1:8 FLT3501 A condition is true or false; this is a list. Compare its length: `x|length > 0`."
    ),
    ("params.port|systemd_size", "1:13 FLT3501 `|systemd_size` is for a size; this is an int."),
    (
      "params.port|sistemd_size",
      "1:13 FLT3501 There is no filter `sistemd_size`. Did you mean `systemd_size`?"
    ),
    ("params.port.x", "1:13 FLT3501 This is an int and has no `x`; only a map has names in it."),
    ("params.hosts[3]", "1:14 FLT3501 The list has 3 items; there is no item 3."),
    ("[]|first", "1:4 FLT3501 The list is empty and has no first item."),
    ("'a", "1:1 FLT3501 This text has no closing quote."),
    ("a = b", "1:3 FLT3501 `=` has no meaning in an expression. Compare with `==`."),
    ("1 +", "1:4 FLT3501 The expression ends too early."),
    ("1 2", "1:3 FLT3501 `2` is not expected here."),
    ("6GB", "1:1 FLT3501 `6GB` is no number, size (`6GiB`) or duration (`30s`)."),
    ("secrets.password|upper", "1:18 FLT3501 `|upper` is for a string; this is a secret."),
    ("secrets.password == 'x'", "1:9 FLT3501 `==` has no result for a secret and a string."),
    ("", "1:1 FLT3501 An expression is missing here."),
  ])
  func `that make no sense are findings at their column`(text: String, finding: String) {
    #expect(evaluated(text, scope) == finding)
  }

  @Test func `that nest without end are refused, not followed`() {
    let deep = String(repeating: "(", count: 50_000)
    #expect(evaluated(deep).contains("nested too deeply"))
    let long = "1" + String(repeating: "+1", count: 50_000)
    #expect(evaluated(long).contains("too long"))
    let indexed = "a" + String(repeating: "[a", count: 50_000)
    #expect(evaluated(indexed).contains("nested too deeply"))
  }

  @Test func `of a long chain of not are refused`() {
    #expect(
      evaluated(String(repeating: "not ", count: 50_000) + "true").contains("nested too deeply")
    )
  }
}
