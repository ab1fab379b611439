// Written by scripts/embed-roles.sh from roles/nodejs; do not edit.
// swift-format-ignore-file

extension EmbeddedRoles {
  static let nodejs: [File] = [
File(path: "nodejs/role.yaml", contents: #"""
name: nodejs
kind: component
summary: Node.js of one major version, from NodeSource.
notes:
  - NodeSource's package brings npm; Debian's npm package must not be installed beside it.
apt_sources:
  - name: nodesource
    uris: "{{ with.apt_uri }}"
    suites: "{{ with.apt_suite }}"
    components: "{{ with.apt_components }}"
    key: "{{ with.apt_key }}"
    pin: {packages: nodejs, priority: 700}
    when: with.apt_uri != ''
packages: [nodejs]

"""#),
  ]
}
