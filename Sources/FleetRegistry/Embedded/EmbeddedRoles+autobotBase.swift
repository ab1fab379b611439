// Written by scripts/embed-roles.sh from roles/autobot-base; do not edit.
// swift-format-ignore-file

extension EmbeddedRoles {
  static let autobotBase: [File] = [
File(path: "autobot-base/role.yaml", contents: #"""
name: autobot-base
kind: component
summary: The account and the folders that every AutoBot role stands on.
notes:
  - The account is the login account of the fleet; it is never created here.
  - Service data lives in folders of its own below /var/lib/autobot, so that no role changes the owner of another's.
groups:
  - {name: autobot}
users:
  - {name: autobot, group: autobot, home: /home/autobot, shell: /bin/bash, manage: false}
directories:
  - {path: /etc/autobot, owner: root, group: root, mode: "0755"}
  - {path: /opt/autobot, owner: autobot, group: autobot, mode: "0755"}
  # The backend makes its documented autobot.db right in here; every other service has a folder of its own below.
  - {path: /var/lib/autobot, owner: root, group: autobot, mode: "0775", data: true}
  # systemd opens log files as root; the set-group-id bit keeps them readable for the operators.
  - {path: /var/log/autobot, owner: root, group: autobot, mode: "2775", data: true}
  - {path: /usr/local/lib/autobot, owner: root, group: root, mode: "0755"}

"""#),
  ]
}
