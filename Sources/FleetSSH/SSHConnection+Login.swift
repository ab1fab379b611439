import CLibSSH2
import FleetTransport
import Glibc

extension SSHConnection {
  /// Logs in with the first credential that the server takes.
  ///
  /// The server is not asked for its methods: that costs a round trip and changes nothing.
  func logIn() async throws(TransportError) {
    let credentials = try Credentials(target, shared.configuration, shared.identities)
    let deadline = Deadline(in: target.connectTimeout)
    var refused: [String] = []
    var remarks = credentials.remarks
    for credential in credentials.usable {
      let code = try await offer(credential, deadline)
      switch code {
      case 0: return
      case LIBSSH2_ERROR_AUTHENTICATION_FAILED: refused.append(credential.text)
      case LIBSSH2_ERROR_FILE: throw unusable(credential)
      case LIBSSH2_ERROR_SOCKET_DISCONNECT, LIBSSH2_ERROR_SOCKET_RECV, LIBSSH2_ERROR_SOCKET_SEND:
        guard !refused.isEmpty else { throw lost("login", code: code) }
        throw refusal(refused + [credential.text], remarks + ["then the server hung up"])
      case _ where credential.isEncrypted: throw unusable(credential)
      default:
        remarks.append("\(credential.text): \(session?.lastError ?? "") (libssh2 error \(code))")
      }
    }
    throw refusal(refused, remarks)
  }

  private func offer(
    _ credential: Credential,
    _ deadline: Deadline
  ) async throws(TransportError) -> Int32 {
    let user = target.user
    switch credential {
    case .agent(let socket, let key, _):
      let request = SigningRequest(socket: socket, blob: key.blob)
      return try await settle("login", deadline) { session in
        var context: UnsafeMutableRawPointer? = Unmanaged.passUnretained(request).toOpaque()
        return libssh2_userauth_publickey(
          session,
          user,
          key.blob,
          key.blob.count,
          SigningRequest.callback,
          &context
        )
      }
    case .file(let identity):
      guard identity.isEncrypted else { return try await offer(identity, nil, deadline) }
      await shared.decryption.enter()
      defer { shared.decryption.leave() }
      let patience = Deadline(in: target.connectTimeout)
      return try await offer(identity, shared.configuration.passphrase, patience)
    }
  }

  private func offer(
    _ identity: Identity,
    _ passphrase: String?,
    _ deadline: Deadline
  ) async throws(TransportError) -> Int32 {
    let user = target.user
    // libssh2 measures the key with strlen(3) in spite of the length that it takes.
    let key = identity.contents + [0]
    return try await settle("login", deadline) { session in
      key.withUnsafeBytes { bytes in
        libssh2_userauth_publickey_frommemory(
          session,
          user,
          user.utf8.count,
          nil,
          0,
          bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
          bytes.count - 1,
          passphrase
        )
      }
    }
  }

  private func unusable(_ credential: Credential) -> TransportError {
    guard case .file(let identity) = credential, identity.isEncrypted else {
      return TransportError(
        .identityUnreadable,
        step: "login",
        "\(credential.text) cannot be used: \(session?.lastError ?? "")",
        remedy: "Write the key anew in OpenSSH format: `ssh-keygen -p -f KEY`."
      )
    }
    return TransportError(
      .identityUnreadable,
      step: "login",
      "the passphrase does not open the private key \(identity.path)",
      remedy: "Set FLEETCTL_KEY_PASSPHRASE to the right one, or add the key to your agent:\n"
        + "  ssh-add \(identity.path)"
    )
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
      ? "Name an Ed25519 or ECDSA key in `ssh.identity_file`, set FLEETCTL_KEY_PASSPHRASE for an"
        + " encrypted one, or add it to your agent with `ssh-add`."
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
  let socket: String
  let blob: [UInt8]

  init(socket: String, blob: [UInt8]) {
    self.socket = socket
    self.blob = blob
  }

  typealias Callback =
    @convention(c) (
      OpaquePointer?, UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?,
      UnsafeMutablePointer<Int>?, UnsafePointer<UInt8>?, Int,
      UnsafeMutablePointer<UnsafeMutableRawPointer?>?
    ) -> Int32

  /// Signs through the agent; libssh2 frees the signature, so it is allocated with `malloc`.
  static let callback: Callback = { _, signature, length, data, count, context in
    guard let data, let pointer = context?.pointee else { return -1 }
    let request = Unmanaged<SigningRequest>.fromOpaque(pointer).takeUnretainedValue()
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    guard let signed = Agent(path: request.socket)?.sign(bytes, with: request.blob),
      let memory = malloc(signed.count)?.assumingMemoryBound(to: UInt8.self)
    else { return -1 }
    memory.update(from: signed, count: signed.count)
    signature?.pointee = memory
    length?.pointee = signed.count
    return 0
  }
}
