// Written by scripts/embed-roles.sh from roles/ai-stack-venv; do not edit.
// swift-format-ignore-file

extension EmbeddedRoles {
  static let aiStackVenv: [File] = [
File(path: "ai-stack-venv/role.yaml", contents: #"""
name: ai-stack-venv
kind: component
summary: Account, folder and virtual environment that ai-stack and chromadb share.
notes:
  - chromadb on a node of its own gets the same environment at the same path, without ai-stack's code.
packages: [python3, python3-pip, python3-venv]
groups:
  - {name: autobot-ai, system: true}
users:
  - {name: autobot-ai, system: true, group: autobot-ai, home: /var/lib/autobot/ai, shell: /usr/sbin/nologin, create_home: false}
directories:
  - {path: /opt/autobot/autobot-ai-stack, owner: autobot, group: autobot, mode: "0755"}
  - {path: /var/lib/autobot/ai, owner: autobot-ai, group: autobot-ai, mode: "0750", data: true}
steps:
  - name: venv
    creates: "{{ with.venv }}/bin/python"
    user: autobot
    directory: /opt/autobot/autobot-ai-stack
    commands:
      - ["python{{ with.python_version }}", -m, venv, "{{ with.venv }}"]
    environment: {HOME: /home/autobot}
    inputs: ["value:{{ with.python_version }}"]
    timeout: 5m

"""#),
  ]
}
