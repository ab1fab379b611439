import FleetProbe
package import FleetTransport

/// Talks to a machine that knows nothing of fleetctl yet; constant scripts, values only in frames.
package enum FirstContactScript {
  /// Reads what is there, as root, in one round trip.
  ///
  /// - Parameters:
  ///   - wanted: Whose accounts to look at.
  ///   - connection: The machine.
  ///   - nonce: 32 random hexadecimal digits, new for every call.
  /// - Returns: What is there.
  /// - Throws: `TransportError`; an answer without its trailer is `.connectionLost`.
  package static func look(
    for wanted: FirstContact,
    over connection: any RemoteConnection,
    nonce: String
  ) async throws(TransportError) -> FirstContactPlan.Seen {
    let lines = ["look"] + wanted.accounts.map(\.user)
    let answer = try await converse(lines, [], over: connection, nonce: nonce)
    var seen = FirstContactPlan.Seen()
    let facts = Set((answer.first("facts")?.lines ?? []).map(String.init))
    seen.hasSudo = facts.contains("sudo")
    seen.hasApt = facts.contains("apt")
    seen.readsFolder = facts.contains("includedir")
    for index in wanted.accounts.indices {
      seen.accounts.append(answer.first("account:\(index)")?.lines.first.map(String.init))
      seen.keys.append(answer.first("keys:\(index)")?.text ?? "")
    }
    seen.sudoers = answer.first("sudoers")?.text
    seen.observer = answer.first("observer")?.text
    return seen
  }

  /// What became of one step.
  package struct Outcome: Sendable {
    /// Whether it succeeded.
    package let isDone: Bool
    /// What the machine said about it.
    package let words: String
  }

  /// Does the steps of `plan` in order, up to the first that fails.
  ///
  /// A sudoers file is checked by visudo(8) as a staged copy, renamed, and checked again together with
  /// all others; then the old one comes back where that fails.
  /// - Parameters:
  ///   - plan: What to do.
  ///   - connection: The machine.
  ///   - nonce: 32 random hexadecimal digits, new for every call.
  /// - Returns: The outcomes of the steps that were begun, of those that do something.
  /// - Throws: `TransportError`; an answer without its trailer is `.connectionLost`.
  package static func perform(
    _ plan: FirstContactPlan,
    over connection: any RemoteConnection,
    nonce: String
  ) async throws(TransportError) -> [Outcome] {
    let steps = plan.pending
    let lines = ["do"] + steps.compactMap(\.command)
    let frames = steps.map { Array(($0.input ?? "").utf8) }
    let answer = try await converse(lines, frames, over: connection, nonce: nonce)
    return answer.all.filter { $0.name.hasPrefix("step:") }.map {
      Outcome(isDone: $0.status == 0, words: PrintableText.line($0.payload.suffix(2000)))
    }
  }

  /// Runs the observer as `user`, through sudo, and reads the digest of the script that it holds.
  ///
  /// - Returns: the digest, or what sudo or the observer said instead.
  /// - Throws: `TransportError`; an answer without its trailer is `.connectionLost`.
  package static func tryObserver(
    _ user: String,
    over connection: any RemoteConnection,
    nonce: String
  ) async throws(TransportError) -> String {
    let answer = try await converse(["try", user], [], over: connection, nonce: nonce)
    let said = answer.first("observer")?.text ?? ""
    guard let range = said.firstRange(of: Observer.complaint) else {
      return PrintableText.line(said.utf8)
    }
    return PrintableText.line(said[range.upperBound...].utf8)
  }

  private static func converse(
    _ lines: [String],
    _ frames: [[UInt8]],
    over connection: any RemoteConnection,
    nonce: String
  ) async throws(TransportError) -> AnswerSections {
    let header = Array((([nonce] + lines).joined(separator: "\n") + "\n").utf8)
    let result = try await connection.run(
      RemoteCommand(
        program: RemoteScript.program,
        stdin: RemoteScript.input(script: text, frames: [header] + frames),
        asRoot: true,
        deadline: .seconds(300)
      )
    )
    do {
      return try AnswerSections(result.stdout, nonce: nonce)
    } catch {
      let said = PrintableText.line(result.stderr.suffix(400))
      let message = error.message + (said.isEmpty ? "" : "; it said: " + said)
      throw TransportError(.connectionLost, step: "run", message)
    }
  }

  // Files in a home are read and written as their owner: whatever links lie there lead no further.
  private static let text = #"""
    mark() { printf '\n@@%s %s %s\n' "$nonce" "$1" "$2"; sections=$((sections + 1)); }
    home() { getent passwd -- "$1" | cut -d: -f6; }
    look() {
      ! command -v sudo >/dev/null || ! command -v visudo >/dev/null || echo sudo
      ! command -v apt-get >/dev/null || echo apt
      ! grep -Eqs '^[#@]includedir[[:space:]]+/etc/sudoers\.d/?[[:space:]]*$' /etc/sudoers || echo includedir
      mark facts 0
      index=0
      for user in $names; do
        if getent passwd -- "$user"; then
          mark "account:$index" 0
          runuser -u "$user" -- head -c 262144 -- "$(home "$user")/.ssh/authorized_keys" 2>/dev/null </dev/null
          mark "keys:$index" 0
        fi
        index=$((index + 1))
      done
      file=/etc/sudoers.d/fleetctl
      [ ! -f "$file" ] || [ -L "$file" ] || { cat "$file"; mark sudoers 0; }
      file=/usr/local/sbin/fleetctl-observe
      [ -L "$file" ] || [ "$(stat -c '%a %u %g' "$file" 2>/dev/null)" != '755 0 0' ] || { cat "$file"; mark observer 0; }
    }
    put() {
      rm -f "$1.new" && head -c "$length" >"$1.new" && [ "$(stat -c %s "$1.new")" = "$length" ] &&
        chown 0:0 "$1.new" && chmod "$2" "$1.new" && sync "$1.new"
    }
    rules() {
      stage=/etc/sudoers.d/.fleetctl file=/etc/sudoers.d/fleetctl
      umask 077
      put "$stage" 440 && visudo -cf "$stage.new" || { rm -f "$stage.new"; return 1; }
      rm -f "$stage.old"
      [ ! -e "$file" ] || cp -p "$file" "$stage.old" || return 1
      mv -f "$stage.new" "$file" || return 1
      visudo -c && { rm -f "$stage.old"; sync; return 0; }
      if [ -e "$stage.old" ]; then mv -f "$stage.old" "$file"; else rm -f "$file"; fi
      echo "all rules together are not sound; the old ones are back"
      return 1
    }
    step() {
      case $1 in
      package) DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends sudo </dev/null ;;
      user) useradd --create-home --shell /bin/bash --password '*' -- "$2" </dev/null ;;
      key)
        key=$(head -c "$length") && place=$(home "$2") && [ -n "$place" ] || return 1
        printf '%s\n' "$key" | runuser -u "$2" -- sh -c '
          umask 077; cd / && mkdir -p "$1/.ssh" && cd "$1/.ssh" || exit 1
          file=authorized_keys
          [ ! -s "$file" ] || [ -z "$(tail -c 1 "$file")" ] || echo >>"$file" || exit 1
          cat >>"$file" && chmod 600 "$file" && sync "$file"' sh "$place" ;;
      observer) umask 022; put /usr/local/sbin/fleetctl-observe 755 && mv -f /usr/local/sbin/fleetctl-observe.new /usr/local/sbin/fleetctl-observe ;;
      sudoers) rules ;;
      *) return 1 ;;
      esac
    }
    contact() {
      PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
      export PATH LC_ALL
      cd /
      NL='
    '
      set -f
      sections=0
      IFS= read -r length || return 1
      request=$(head -c "$length")
      IFS=$NL
      set -- $request
      nonce=$1 verb=$2
      shift 2
      names=$*
      mark begin 0
      case $verb in
      look) look ;;
      try)
        printf 'x\n' | runuser -u "$1" -- env LC_ALL=C sudo -n /usr/local/sbin/fleetctl-observe 2>&1
        mark observer 0 ;;
      do)
        number=0
        for line; do
          IFS= read -r length || return 1
          IFS=' '
          step $line 2>&1 && status=0 || status=$?
          IFS=$NL
          mark "step:$number" "$status"
          [ "$status" = 0 ] || break
          number=$((number + 1))
        done ;;
      esac
      printf '\n@@%s end %s\n' "$nonce" "$sections"
    }
    contact
    """#
}
