import CLibSSH2
import FleetTransport
import Glibc

extension SSHConnection {
  /// Logs in with the first credential that the server takes.
  ///
  /// The server is not asked for its methods: that costs a round trip and changes nothing.
  func logIn(_ credentials: Credentials) async throws(TransportError) {
    let deadline = Deadline(in: target.connectTimeout)
    var refused: [String] = []
    var remarks = credentials.remarks
    for credential in credentials.usable {
      let code = try await offer(credential, deadline)
      switch code {
      case 0:
        recorder?.mark("login", "\(target.user) with \(credential.text)")
        return
      case LIBSSH2_ERROR_AUTHENTICATION_FAILED: refused.append(credential.text)
      case LIBSSH2_ERROR_SOCKET_DISCONNECT, LIBSSH2_ERROR_SOCKET_RECV, LIBSSH2_ERROR_SOCKET_SEND,
        // The same, when the end of the stream was read before the server's farewell.
        LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED where noAnswerCame:
        guard !refused.isEmpty else { throw lost("login", code: code) }
        throw refusal(refused + [credential.text], remarks + ["then the server hung up"])
      default:
        remarks.append("\(credential.text): \(session?.lastError ?? "") (libssh2 error \(code))")
      }
    }
    if let methods = await methods(deadline), !methods.contains("publickey") {
      throw noKeysAllowed(methods)
    }
    if let spoiled = credentials.spoiled, refused.isEmpty { throw spoiled }
    throw refusal(refused, remarks)
  }

  /// Whether libssh2's -19 means that no answer came, and not that the key could not sign.
  private var noAnswerCame: Bool {
    session?.lastError.hasPrefix("Waiting for") == true
  }

  /// The methods that the server names once everything was refused; nil when it does not say.
  private func methods(_ deadline: Deadline) async -> [Substring]? {
    let user = target.user
    var names: String?
    do throws(TransportError) {
      _ = try await settle("login", deadline) { session in
        if let list = libssh2_userauth_list(session, user, UInt32(user.utf8.count)) {
          names = String(cString: list)
          return 0
        }
        return libssh2_session_last_errno(session)
      }
    } catch {
      // The refusal itself is what matters.
      return nil
    }
    return names?.split(separator: ",")
  }

  private func noKeysAllowed(_ methods: [Substring]) -> TransportError {
    let names = PrintableText.line(methods.joined(separator: ", ").utf8, limit: 80)
    return TransportError(
      .authenticationRefused,
      step: "login",
      "\(place) does not take keys, only: \(names)",
      remedy: "fleetctl never sends a login password. Set `PubkeyAuthentication yes` in the node's"
        + " sshd_config, then:\n"
        + "  ssh-copy-id -i KEY.pub -p \(target.port) \(target.user)@\(target.host)"
    )
  }

  private func offer(
    _ credential: Credential,
    _ deadline: Deadline
  ) async throws(TransportError) -> Int32 {
    let user = target.user
    let offer = credential.offer
    let request = SigningRequest(credential)
    return try await settle("login", deadline) { session in
      var context: UnsafeMutableRawPointer? = Unmanaged.passUnretained(request).toOpaque()
      return libssh2_userauth_publickey(
        session,
        user,
        offer,
        offer.count,
        SigningRequest.callback,
        &context
      )
    }
  }

  private func refusal(_ refused: [String], _ remarks: [String]) -> TransportError {
    var sentences: [String] = []
    sentences.append(
      refused.isEmpty
        ? "there is no key to log in to \(place) with"
        : "\(place) refused \(refused.joined(separator: ", "))"
    )
    sentences += remarks
    let cure =
      refused.isEmpty
      ? "Name a private key in `ssh.identity_file`, set FLEETCTL_KEY_PASSPHRASE for an encrypted"
        + " one, or add it to your agent with `ssh-add`."
      : "Let the node accept one of these keys:\n"
        + "  ssh-copy-id -i KEY.pub -p \(target.port) \(target.user)@\(target.host)"
    return TransportError(
      .authenticationRefused,
      step: "login",
      sentences.joined(separator: "; "),
      remedy: cure
    )
  }
}

/// What the signing callback of libssh2 needs.
private final class SigningRequest {
  let credential: Credential

  init(_ credential: Credential) {
    self.credential = credential
  }

  typealias Callback =
    @convention(c) (
      OpaquePointer?, UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?,
      UnsafeMutablePointer<Int>?, UnsafePointer<UInt8>?, Int,
      UnsafeMutablePointer<UnsafeMutableRawPointer?>?
    ) -> Int32

  /// Signs; libssh2 frees the signature, so it is allocated with `malloc`.
  static let callback: Callback = { _, signature, length, data, count, context in
    guard let data, let pointer = context?.pointee else { return -1 }
    let request = Unmanaged<SigningRequest>.fromOpaque(pointer).takeUnretainedValue()
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    guard let signed = request.credential.sign(bytes),
      let memory = malloc(signed.count)?.assumingMemoryBound(to: UInt8.self)
    else { return -1 }
    memory.update(from: signed, count: signed.count)
    signature?.pointee = memory
    length?.pointee = signed.count
    return 0
  }
}
