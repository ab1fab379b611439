// Written by scripts/embed-roles.sh from roles/nginx; do not edit.
// swift-format-ignore-file

extension EmbeddedRoles {
  static let nginx: [File] = [
File(path: "nginx/files/baseline.conf", contents: #"""
# Managed by fleetctl.
map $http_upgrade $autobot_connection {
    default upgrade;
    ''      '';
}

"""#),
File(path: "nginx/files/proxy.conf", contents: #"""
# Managed by fleetctl. Included by every location that hands requests on.
proxy_http_version 1.1;
proxy_set_header Host $host;
proxy_set_header X-Real-IP $remote_addr;
proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
proxy_set_header X-Forwarded-Proto $scheme;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Connection $autobot_connection;

"""#),
File(path: "nginx/files/tls.conf", contents: #"""
# Managed by fleetctl. Included by every server that speaks TLS.
ssl_protocols TLSv1.2 TLSv1.3;
ssl_prefer_server_ciphers off;
ssl_session_cache shared:autobot:10m;
ssl_session_timeout 1d;
ssl_session_tickets off;
server_tokens off;

"""#),
File(path: "nginx/role.yaml", contents: #"""
name: nginx
kind: component
summary: The one nginx of a node; roles bring sites, nginx carries them.
notes:
  - A site listens on the addresses that its port is bound to, never on 0.0.0.0, so that an application on loopback may use the same number.
  - Debian's nginx.conf sets TLS protocols, gzip and server_tokens already; what differs stands in the snippets, inside each server.
packages: [nginx]
orphans:
  paths: [/etc/nginx/sites-enabled/default]
files:
  - path: /etc/nginx/conf.d/10-fleetctl.conf
    template: baseline.conf
    owner: root
    group: root
    mode: "0644"
    on_change: {reload: [nginx.service]}
    check: [nginx, -t]
  - path: /etc/nginx/snippets/autobot-proxy.conf
    template: proxy.conf
    owner: root
    group: root
    mode: "0644"
    on_change: {reload: [nginx.service]}
    check: [nginx, -t]
  - path: /etc/nginx/snippets/autobot-tls.conf
    template: tls.conf
    owner: root
    group: root
    mode: "0644"
    on_change: {reload: [nginx.service]}
    check: [nginx, -t]
drop_ins:
  - unit: nginx.service
    name: 50-fleetctl.conf
    sections:
      Unit:
        # Sites listen on the node's own address, which must be there first; some distributions only wait for network.target.
        Wants: network-online.target
        After: network-online.target
      Service:
        Restart: on-failure
        RestartSec: 5s
        LimitNOFILE: "65535"
services:
  - {name: nginx.service, enable: true, state: started}
startup: {typical: 1s, budget: 30s}
restart: {policy: auto, cost: "every site of the node answers nothing for about a second"}

"""#),
  ]
}
