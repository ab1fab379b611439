import CLibSSH2
import FleetTransport
import Glibc
import Synchronization

/// Looks names up in ssh_config: through `ssh -G` where OpenSSH is installed, else by our own reader.
///
/// Every query is asked once; further look-ups cost nothing.
package final class ConfigResolver: Sendable {
  /// Whether `ssh` was found; without it no jump host can be used.
  package var hasOpenSSH: Bool { program != nil }

  private let account: LocalAccount
  private let program: String?
  private let known = Mutex<[ConfigQuery: Result<ClientConfig, ConfigFailure>]>([:])
  private let defaults = Mutex<[OpenSSHConfig.Line]?>(nil)

  /// Makes a resolver for `account`; `usesOpenSSH` false leaves `ssh` aside, for tests.
  package init(account: LocalAccount, usesOpenSSH: Bool = true) {
    self.account = account
    program = usesOpenSSH ? Programs.find("ssh") : nil
  }

  /// Answers `queries`, all of them side by side; blocks for about 2 ms a query on a core.
  package func resolve(
    _ queries: [ConfigQuery]
  ) -> [ConfigQuery: Result<ClientConfig, ConfigFailure>] {
    let missing = known.withLock { known in
      Set(queries).filter { known[$0] == nil }.sorted { $0.name < $1.name }
    }
    // Without a file there is nothing to ask ssh about.
    let bare = missing.filter { $0.source == .none }
    let asked = missing.filter { $0.source != .none }
    let answers =
      bare.map(file.look(up:)) + (program.map { ask($0, asked) } ?? asked.map(file.look(up:)))
    return known.withLock { known in
      for (query, answer) in zip(bare + asked, answers) { known[query] = answer }
      return known
    }
  }

  /// Answers one query.
  package func resolve(_ query: ConfigQuery) throws(ConfigFailure) -> ClientConfig {
    guard let answer = resolve([query])[query] else {
      throw ConfigFailure(
        message: "ssh_config was not read for \(query.name)",
        remedy: "Try again."
      )
    }
    return try answer.get()
  }

  /// The agent's socket that a text means as `IdentityAgent` of ssh_config(5) would.
  ///
  /// nil for that of `SSH_AUTH_SOCK`, empty for none.
  package func identityAgent(
    _ text: String,
    of query: ConfigQuery,
    _ config: ClientConfig
  ) throws(ConfigFailure) -> String? {
    do {
      return try OpenSSHConfig.agent(text, tokens(of: query, config))
    } catch {
      throw ConfigFailure(
        message:
          "`identity_agent` uses `\(error.token)`, which is no token of a path in ssh_config(5) and no"
          + " variable that is set",
        remedy: "Write the path itself, or set the variable; a percent sign is written `%%`."
      )
    }
  }

  /// Expands the tokens of a `ProxyCommand` that does not come from ssh_config.
  package func proxyCommand(
    _ text: String,
    of query: ConfigQuery,
    _ config: ClientConfig
  ) throws(ConfigFailure) -> String {
    do {
      return try tokens(of: query, config).proxy(text)
    } catch {
      throw ConfigFailure(
        message: "`proxy_command` uses `\(error.token)`, which is none of %h, %n, %p, %r and %%",
        remedy: "Write the value itself; a percent sign is written `%%`."
      )
    }
  }

  private func tokens(of query: ConfigQuery, _ config: ClientConfig) -> ConfigTokens {
    ConfigTokens(
      account: account,
      name: query.name,
      host: config.hostName,
      port: config.port,
      user: config.user ?? account.name,
      hostKeyAlias: config.hostKeyAlias
    )
  }

  // MARK: ssh -G

  private func ask(
    _ program: String,
    _ queries: [ConfigQuery]
  ) -> [Result<ClientConfig, ConfigFailure>] {
    guard !queries.isEmpty else { return [] }
    let openSSH = OpenSSHConfig(program: program, account: account)
    // What ssh tries when no file says anything; asked along with the first queries.
    let bare = ConfigQuery(name: "localhost", source: .none)
    let old = defaults.withLock { $0 }
    let asked = old == nil ? [bare] + queries : queries
    let width = max(4, 2 * get_nprocs())
    let outcomes = ChildBatch.run(
      asked.map(openSSH.command),
      width: Int(width),
      patience: .seconds(10)
    )
    let plain = old ?? OpenSSHConfig.lines(outcomes[0].output)
    defaults.withLock { $0 = plain }
    return zip(queries, outcomes.suffix(queries.count)).map {
      openSSH.read($1, to: $0, defaults: plain)
    }
  }

  // MARK: Own reader

  private var file: ConfigFile {
    ConfigFile(account: account) { path in
      try? LocalFile.read(path, limit: 1 << 20).get()
    } glob: { pattern in
      var found = glob_t()
      defer { globfree(&found) }
      guard Glibc.glob(pattern, 0, nil, &found) == 0 else { return [] }
      return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
    }
  }
}
