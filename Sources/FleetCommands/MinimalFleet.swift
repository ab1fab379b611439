/// The fleet that `fleetctl init --minimal` writes.
///
/// One machine without roles: sound as it stands, and every next step is written beside its place.
enum MinimalFleet {
  static let text = """
    # A fleet of one machine. Check it with `fleetctl validate`: no network is needed for that.
    version: 1
    fleet: home

    # `none`: only roles of your own. Leave this line out to use the built-in AutoBot roles (`fleetctl roles`).
    registry: none

    # Folders with roles of your own, relative to this file: each role is a folder NAME with a role.yaml in it,
    # and the templates of its files in NAME/files/.
    # role_paths: [roles]

    # How to log in. sudo is used for what needs root; `become: none` where the login user is root.
    ssh: {user: admin, become: sudo}

    # What the whole fleet shares. With `firewall: ufw` only ports that a role declares are reachable.
    # network: 192.168.1.0/24
    # settings: {firewall: ufw}

    nodes:
      server:
        address: 192.168.1.10          # the machine's address or host name: change this first
        roles: []                      # for example [web], or [{web: {port: 8080}}] with a parameter of its own
        # hardware: {memory: 8GiB, gpus: [{id: gpu0, vendor: nvidia, vram: 24GiB}]}
        # labels: {room: attic}

    """
}
