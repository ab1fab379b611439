#!/usr/bin/env bash
# Every host-key, login and jump case against real sshds on loopback: what `ssh` does, what fleetctl does.
# Usage: lab/logins.sh [FLEETCTL] prints the table of docs/logins.md; with --check it compares it with that page.
set -uo pipefail
cd "$(dirname "$0")/.."
check=
if [ "${1:-}" = --check ]; then check=1; shift; fi
fleetctl=$(readlink -f "${1:-.build/debug/fleetctl}")
for tool in /usr/sbin/sshd ssh ssh-keygen ssh-agent ssh-add python3; do
  command -v "$tool" >/dev/null || { echo "logins: SKIPPED: it needs openssh-server, openssh-client and python3"; exit 0; }
done
if [ "$(id -u)" -eq 0 ]; then mkdir -p -m 755 /run/sshd; fi
work=$(mktemp -d)
chmod 700 "$work"
pids=()
cleanup() { [ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null; rm -rf "$work"; }
trap cleanup EXIT
cd "$work" || exit 1
me=$(id -un)
unset SSH_AUTH_SOCK FLEETCTL_KEY_PASSPHRASE

make_key() { ssh-keygen -q -t "$2" -N "${3:-}" -C "$1" -f "$1"; }
public() { cut -d' ' -f1,2 "$1.pub"; }
for key in host_ed25519 host_rsa host_ecdsa other user_ed25519 user_ecdsa user_rsa stranger ca user_ca; do
  case $key in *rsa) make_key "$key" rsa ;; *ecdsa) make_key "$key" ecdsa ;; *) make_key "$key" ed25519 ;; esac
done
make_key locked ed25519 secret
make_key agent_ed25519 ed25519
make_key agent_rsa rsa
for type in ed25519 ecdsa; do
  make_key "cert_$type" "$type"
  ssh-keygen -q -s user_ca -I me -n "$me" "cert_$type"
done
cp host_ed25519 host_signed
cp host_ed25519.pub host_signed.pub
ssh-keygen -q -s ca -h -I host -n 127.0.0.1,localhost host_signed.pub
for kind in expired elsewhere; do cp host_ed25519 "host_$kind"; cp host_ed25519.pub "host_$kind.pub"; done
ssh-keygen -q -s ca -h -I host -n 127.0.0.1,localhost -V 20200101:20200102 host_expired.pub
ssh-keygen -q -s ca -h -I host -n elsewhere host_elsewhere.pub
# A FIDO key whose device is a small library of ours; without a compiler its row is left out.
fido=
if cc -shared -fPIC -o software-key.so "$OLDPWD/lab/software-key.c" -lcrypto 2>/dev/null &&
  ssh-keygen -q -t ed25519-sk -w "$work/software-key.so" -N '' -C fido -f fido </dev/null 2>/dev/null; then fido=1; fi
make_key cert_late ed25519
ssh-keygen -q -s user_ca -I me -n "$me" -V 20200101:20200102 cert_late
for number in 1 2 3 4 5 6 7; do make_key "wrong_$number" ed25519; done
cat user_ed25519.pub user_ecdsa.pub user_rsa.pub locked.pub agent_ed25519.pub agent_rsa.pub >authorized
if [ -n "$fido" ]; then cat fido.pub >>authorized; fi

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
# server NAME LINE...: an sshd with these lines first; its port is in port_NAME.
server() {
  local name=$1 port
  shift
  port=$(free_port)
  printf -v "port_$name" %s "$port"
  {
    printf '%s\n' "$@"
    echo "ListenAddress 127.0.0.1:$port"
    printf '%s\n' 'UsePAM no' 'StrictModes no' 'PidFile none' "AuthorizedKeysFile $work/authorized" 'PermitRootLogin yes' \
      'MaxStartups 500' 'SetEnv SHLVL=3' "TrustedUserCAKeys $work/user_ca.pub"
  } >"sshd_$name"
  /usr/sbin/sshd -D -e -f "$work/sshd_$name" 2>"log_$name" &
  pids+=($!)
  for _ in $(seq 100); do (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return; sleep 0.1; done
  echo "logins: sshd $name does not listen: $(cat "log_$name")" >&2
  exit 1
}
no_passwords='PasswordAuthentication no'
server plain "HostKey $work/host_ed25519" "HostKey $work/host_ecdsa" "$no_passwords" 'KbdInteractiveAuthentication no'
server rsa "HostKey $work/host_rsa" "$no_passwords" 'KbdInteractiveAuthentication no'
server signed "HostKey $work/host_signed" "HostCertificate $work/host_signed-cert.pub" "$no_passwords" 'KbdInteractiveAuthentication no'
for kind in expired elsewhere; do
  server "$kind" "HostKey $work/host_$kind" "HostCertificate $work/host_$kind-cert.pub" "$no_passwords" 'KbdInteractiveAuthentication no'
done
server hardened "HostKey $work/host_ed25519" 'MACs hmac-sha2-256-etm@openssh.com' 'Ciphers aes256-gcm@openssh.com' "$no_passwords" 'KbdInteractiveAuthentication no'
server words "HostKey $work/host_ed25519" 'PubkeyAuthentication no' 'PasswordAuthentication yes' 'KbdInteractiveAuthentication no'
server hop "HostKey $work/host_ecdsa" "$no_passwords" 'KbdInteractiveAuthentication no'
server hop2 "HostKey $work/other" "$no_passwords" 'KbdInteractiveAuthentication no'
server closed "HostKey $work/host_ecdsa" 'PermitOpen none' "$no_passwords" 'KbdInteractiveAuthentication no'
# It takes connections and never says a word.
port_silent=$(free_port)
python3 -c "import socket, time
s = socket.create_server(('127.0.0.1', $port_silent)); time.sleep(3600)" &
pids+=($!)

# The words of `ssh`, and of fleetctl's error codes, in one language.
ssh_verdict() {
  case $1 in
    0) echo connects; return ;;
  esac
  case $(cat ssh.err) in
    *REVOKED* | *'revoked by file'*) echo 'refuses: revoked' ;;
    *'IDENTIFICATION HAS CHANGED'*) echo 'refuses: changed' ;;
    *'host key is known'* | *'Host key verification failed'*) echo 'refuses: unknown' ;;
    *'Too many authentication failures'*) echo 'login refused: too many keys' ;;
    *'Permission denied'*) echo 'login refused' ;;
    *'onnection timed out'* | *'timed out during'* | *'prohibited'* | *'onnection closed'* | *'recursion'* | *'too many'*) echo 'does not connect' ;;
    *) echo "fails: $(tail -n 1 ssh.err)" ;;
  esac
}
fleetctl_verdict() {
  python3 - "$1" <<'PY'
import json, sys
text = open("fleetctl.out").read()
if not text.strip():
    words = open("fleetctl.err").read()
    if "RevokedHostKeys" in words:
        print("refuses: not read")
        raise SystemExit
    print("fails: " + words.splitlines()[0] if words else "says nothing")
    raise SystemExit
node = json.loads(text)["nodes"][0]
names = [step["name"] for step in node["steps"]]
failure = node.get("failure")
if failure is None or failure["step"] in ("sudo", "identity", "programs"):
    print("connects, by `ssh`" if "ssh" in names else "connects")
else:
    step = failure["step"]
    words = {"hostKeyUnknown": "refuses: unknown", "hostKeyChanged": "refuses: changed", "hostKeyRevoked": "refuses: revoked",
             "hostKeyUnsupported": "refuses: not verifiable", "authenticationRefused": "login refused",
             "identityUnreadable": "login refused: no such key", "timedOut": "does not connect", "unreachable": "does not connect"}
    print(words.get(failure["code"], failure["code"]) + (", jump host" if step == "jump" else ""))
PY
}

rows=()
differ=0
# case_of NAME WHY: the case as the files `config` (ssh_config) and `pins` (known_hosts) have it; WHY explains a difference.
case_of() {
  local name=$1 why=${2:-} status=0 theirs ours same
  chmod 600 config pins
  ssh -F config -o BatchMode=yes -o StrictHostKeyChecking=yes -o LogLevel=ERROR ${patience--o ConnectTimeout=10} node true >ssh.out 2>ssh.err </dev/null || status=$?
  theirs=$(ssh_verdict "$status")
  printf 'version: 1\nfleet: a\nregistry: none\nssh: {config: %s/%s, host: "%%n", become: none%s%s}\nnodes: {node: {address: 127.0.0.1}}\n' \
    "$work" "${reads:-config}" "${patience-, connect_timeout: 10s}" "${extra:-}" >fleet.yaml
  HOME=$work "$fleetctl" ping --format json >fleetctl.out 2>fleetctl.err </dev/null
  ours=$(fleetctl_verdict "$name")
  same=
  case $ours in "$theirs" | "$theirs, "*) ;; *) same=${why:-UNEXPLAINED}; if [ -z "$why" ]; then differ=$((differ + 1)); fi ;; esac
  rows+=("| $name | $theirs | $ours | $same |")
  rm -f fleet.lock
}
# node PORT LINE...: ssh_config for the node; lines with a blank before them belong to it.
node() {
  local port=$1
  shift
  { printf 'Host node\n  HostName 127.0.0.1\n  Port %s\n  User %s\n  UserKnownHostsFile %s/pins\n  GlobalKnownHostsFile none\n' "$port" "$me" "$work"
    printf '%s\n' "$@"
  } >config
}
# said NAME YAML LINE...: `ssh` reads the node's lines; fleetctl reads LINE... in their place, and YAML in fleet.yaml.
said() {
  local name=$1 yaml=$2
  shift 2
  mv config config.ssh
  node "$port_plain" "$@"
  # The jump hosts are the same to both.
  sed -n '/^Host hop$/,$p' config.ssh >>config
  mv config config.ours
  mv config.ssh config
  reads=config.ours
  extra=", $yaml"; case_of "$name"
  extra=", $yaml, transport: openssh"; case_of "$name, by \`ssh\`"
  extra= reads=
}
key() { echo "  IdentityFile $work/$1"; }
only='  IdentitiesOnly yes'
at() { echo "[127.0.0.1]:$1"; }

# Host keys.
node "$port_plain" "$(key user_ed25519)" "$only"
echo "$(at "$port_plain") $(public host_ed25519)" >pins; case_of 'Ed25519 key, pinned'
echo "$(at "$port_plain") $(public host_ecdsa)" >pins; case_of 'ECDSA key, pinned, the server has both'
ssh-keygen -q -H -f pins >/dev/null 2>&1; case_of 'hashed name'
echo "[127.0.0.*]:$port_plain $(public host_ed25519)" >pins; case_of 'pattern'
echo "$(at "$port_plain"),!$(at "$port_plain") $(public host_ed25519)" >pins; case_of 'pattern, negated'
echo "127.0.0.1 $(public host_ed25519)" >pins; case_of 'name without the port'
printf 'damaged\n%s %s\n' "$(at "$port_plain")" "$(public host_ed25519)" >pins; case_of 'a damaged line before it'
: >pins; case_of 'unknown'
echo "$(at "$port_plain") $(public other)" >pins; case_of 'another key is pinned'
echo "$(at "$port_plain") $(public host_rsa)" >pins; case_of 'only a key of another type is pinned' 'the same refusal: the type that is pinned is not offered'
printf '%s %s\n@revoked * %s\n' "$(at "$port_plain")" "$(public host_ed25519)" "$(public host_ed25519)" >pins; case_of '`@revoked`, and pinned'
printf '%s %s\n@revoked 127.0.0.1 %s\n' "$(at "$port_plain")" "$(public host_ed25519)" "$(public host_ed25519)" >pins
case_of '`@revoked` for the host, without the port' 'stricter: a revoked key is so at all ports'
echo "@cert-authority * $(public ca)" >pins; case_of '`@cert-authority`, the server has no certificate' 'the same refusal: no pin can be verified'
node "$port_signed" "$(key user_ed25519)" "$only"; case_of '`@cert-authority`, and a certificate of it'
echo "@cert-authority * $(public ca)" >pins
extra=', transport: libssh2'; case_of '`@cert-authority`, a certificate of it, `transport: libssh2`' 'libssh2 verifies no certificates: refused with the line that pins the key'
extra=
printf '@cert-authority * %s\n@revoked * %s\n' "$(public ca)" "$(public ca)" >pins; case_of '`@cert-authority`, and the authority is `@revoked`'
echo "@cert-authority elsewhere $(public ca)" >pins; case_of '`@cert-authority` for another host'
echo "@cert-authority * $(public ca)" >pins
node "$port_expired" "$(key user_ed25519)" "$only"; case_of '`@cert-authority`, the certificate has expired'
node "$port_elsewhere" "$(key user_ed25519)" "$only"; case_of '`@cert-authority`, the certificate names another host'
node "$port_plain" "$(key user_ed25519)" "$only" '  HostKeyAlias alias'
echo "alias $(public host_ed25519)" >pins; case_of '`HostKeyAlias`'
node "$port_plain" "$(key user_ed25519)" "$only" "  RevokedHostKeys $work/gone"
public host_ed25519 >gone; echo "$(at "$port_plain") $(public host_ed25519)" >pins; case_of '`RevokedHostKeys`' 'refused with the cure before anybody is contacted'
node "$port_rsa" "$(key user_ed25519)" "$only"
echo "$(at "$port_rsa") $(public host_rsa)" >pins; case_of 'RSA key, pinned'
node "$port_hardened" "$(key user_ed25519)" "$only"
echo "$(at "$port_hardened") $(public host_ed25519)" >pins; case_of 'hardened server: GCM and etm alone'
node "$port_plain" "$(key user_ed25519)" "$only"
sed -i "s|UserKnownHostsFile .*|UserKnownHostsFile $work/empty $work/pins|" config
: >empty; echo "$(at "$port_plain") $(public host_ed25519)" >pins; case_of 'several known_hosts files, the second has it (pyinfra 1095)'
node "$port_signed" "$(key user_ed25519)" "$only"
printf '@cert-authority [127.0.0.1]:%s %s\n' "$port_signed" "$(public ca)" >pins; case_of 'host CA for this host and port (pyinfra 838)'

# fleet.lock, which `ssh` does not know.
lock() { printf 'version: 1\nnodes:\n  node:\n    host_keys:\n      - %s\n' "$1" >fleet.lock; }
node "$port_plain" "$(key user_ed25519)" "$only"
: >pins; lock "$(public host_ed25519)"; case_of 'fleet.lock pins the key, known_hosts knows nothing' 'fleet.lock is enough'
echo "$(at "$port_plain") $(public host_ed25519)" >pins; lock "$(public other)"
case_of 'known_hosts pins the key, fleet.lock another' 'stricter: what was reviewed counts'
printf 'version: 1\nnodes: {}\n' >fleet.lock; case_of 'known_hosts pins the key, fleet.lock does not name the node' 'stricter: what was reviewed counts'

# Logins.
pin_plain() { echo "$(at "$port_plain") $(public host_ed25519)" >pins; }
pin_plain
for type in ed25519 ecdsa rsa; do node "$port_plain" "$(key "user_$type")" "$only"; case_of "$type key"; done
node "$port_plain" "$(key locked)" "$only"; case_of 'encrypted key, nobody to ask'
node "$port_plain" "$(key stranger)" "$only"; case_of 'a key that the node does not know'
node "$port_plain" "$(key missing)" "$only"; case_of 'a key file that is not there'
node "$port_plain" "$(key cert_ed25519)" "$only"; case_of 'Ed25519 certificate'
node "$port_plain" "$(key cert_ecdsa)" "$only"; case_of 'ECDSA certificate'
node "$port_plain" "$(key cert_late)" "$only"; case_of 'Ed25519 certificate that has expired'
printf '#!/bin/sh\necho secret\n' >askpass
chmod 700 askpass
eval "$(ssh-agent -s -a "$work/agent" -P "$work/*" 2>/dev/null)" >/dev/null
pids+=("$SSH_AGENT_PID")
ssh-add -q agent_ed25519 2>/dev/null
node "$port_plain" '  IdentityFile none'; case_of 'Ed25519 key of the agent'
ssh-add -q -D 2>/dev/null; ssh-add -q agent_rsa 2>/dev/null
case_of 'RSA key of the agent'
if [ -n "$fido" ]; then
  ssh-add -q -D 2>/dev/null; ssh-add -q -S "$work/software-key.so" fido 2>/dev/null
  case_of 'FIDO key of the agent, its device a library'
  ssh-add -q -D 2>/dev/null
fi
ssh-add -q agent_ed25519 2>/dev/null
node "$port_plain" "$(key stranger)" "$only"; case_of '`IdentitiesOnly`, the right key is in the agent alone'
mv agent_ed25519 agent_ed25519.away
node "$port_plain" "$(key agent_ed25519.pub)" "$only"; case_of '`IdentitiesOnly`, a `.pub` file names the key of the agent'
mv agent_ed25519.away agent_ed25519
SSH_ASKPASS=$work/askpass SSH_ASKPASS_REQUIRE=force DISPLAY=none ssh-add -q locked 2>/dev/null </dev/null
node "$port_plain" "$(key locked)" "$only"; case_of 'encrypted key, the agent has it'
node "$port_plain" '  IdentityAgent none' "$(key stranger)"; case_of '`IdentityAgent none`'
socket=$SSH_AUTH_SOCK
unset SSH_AUTH_SOCK
node "$port_plain" '  IdentityFile none' "  IdentityAgent $socket"; case_of '`IdentityAgent` names the socket'
node "$port_plain" '  IdentityFile none' '  IdentityAgent $LOGINS_AGENT'
case_of '`IdentityAgent $NAME`, not set'
export LOGINS_AGENT=$socket
case_of '`IdentityAgent $NAME`'
mkdir -p .ssh && cp user_ed25519 .ssh/id_ed25519
node "$port_plain" '  IdentityFile none'; case_of '`IdentityFile none`, and the default key would do'
rm -r .ssh

# What fleet.yaml says, over an ssh_config that says otherwise.
node "$port_plain" '  IdentityFile none' "  IdentityAgent $socket"
said '`identity_agent` names the socket' "identity_file: none, identity_agent: $socket" '  IdentityAgent none' "$(key stranger)"
node "$port_plain" '  IdentityFile none' '  IdentityAgent $LOGINS_AGENT'
said '`identity_agent: $NAME`' "identity_agent: \$LOGINS_AGENT" '  IdentityAgent none' '  IdentityFile none'
node "$port_plain" "$(key stranger)" '  IdentityAgent none'
said '`identity_agent: none`' 'identity_agent: none' "  IdentityAgent $socket" "$(key stranger)"
export SSH_AUTH_SOCK=$socket
node "$port_plain" '  IdentityFile none' '  IdentityAgent SSH_AUTH_SOCK'
said '`identity_agent: SSH_AUTH_SOCK`' 'identity_agent: SSH_AUTH_SOCK' '  IdentityAgent none' '  IdentityFile none'
node "$port_plain" "$(key stranger)" "$only"
said '`identities_only: true`, the right key is in the agent alone' 'identities_only: true' "$(key stranger)"
node "$port_plain" "$(key stranger)" '  IdentitiesOnly no'
said '`identities_only: false`' 'identities_only: false' "$(key stranger)" "$only"
unset SSH_AUTH_SOCK LOGINS_AGENT
node "$port_plain" "$(key stranger)" "$(key user_ecdsa)" "$only"
said '`identity_file`, the second of two is right' "identity_file: [$work/stranger, $work/user_ecdsa]" "$(key stranger)" "$only"
node "$port_plain" "$(key user_ed25519)" "$only" '  HostKeyAlias Alias'
echo "alias $(public host_ed25519)" >pins
said '`host_key_alias`' 'host_key_alias: Alias' "$(key user_ed25519)" "$only" '  HostKeyAlias another'
node "$port_plain" "$(key user_ed25519)" "$only" '  HostKeyAlias alias'
sed -i "s|UserKnownHostsFile .*/pins$|UserKnownHostsFile $work/empty $work/pins|" config
said '`known_hosts`, the second of two has the alias' "known_hosts: [$work/empty, $work/pins], host_key_alias: alias" "$(key user_ed25519)" "$only"
pin_plain
node "$port_plain" "$only" "$(for n in 1 2 3 4 5; do key "wrong_$n"; done)" "$(key user_ed25519)"; case_of 'the sixth of six keys is right'
node "$port_plain" "$only" "$(for n in 1 2 3 4 5 6 7; do key "wrong_$n"; done)" "$(key user_ed25519)"
case_of 'the eighth of eight keys is right' 'the same refusal: fleetctl stops before the server hangs up, and names the keys left out'
node "$port_words" "$(key user_ed25519)" "$only"
echo "$(at "$port_words") $(public host_ed25519)" >pins; case_of 'the server takes passwords alone'

# Ways.
pin_ways() {
  { echo "$(at "$port_plain") $(public host_ed25519)"; echo "$(at "$port_hop") $(public host_ecdsa)"; echo "$(at "$port_hop2") $(public other)"; } >pins
}
hops() {
  for name in hop hop2; do
    port=port_$name
    printf 'Host %s\n  HostName 127.0.0.1\n  Port %s\n  User %s\n  UserKnownHostsFile %s/pins\n  GlobalKnownHostsFile none\n%s\n%s\n' \
      "$name" "${!port}" "$me" "$work" "$(key user_ed25519)" "$only"
  done >>config
}
pin_ways
node "$port_plain" "$(key user_ed25519)" "$only" '  ProxyJump hop'; hops; case_of '`ProxyJump`'
node "$port_plain" '  IdentityFile none' "  IdentityAgent $socket" '  ProxyJump hop'; hops
said '`ProxyJump`, and `identity_agent` for the node alone' "identity_file: none, identity_agent: $socket" '  ProxyJump hop' '  IdentityAgent none'
node "$port_plain" "$(key user_ed25519)" "$only" '  ProxyJump hop,hop2'; hops; case_of 'a chain of two'
node "$port_plain" "$(key user_ed25519)" "$only" '  ProxyJump hop2'; hops; sed -i '/^Host hop2/a\  ProxyJump hop' config
case_of 'a jump host behind a jump host (pyinfra 1963)'
node "$port_plain" "$(key user_ed25519)" "$only" '  ProxyJump hop2'; hops; sed -i "/^Host hop2/a\\  ProxyJump shut" config
printf 'Host shut\n  HostName 127.0.0.1\n  Port %s\n  User %s\n  UserKnownHostsFile %s/pins\n%s\n' "$port_closed" "$me" "$work" "$(key user_ed25519)" >>config
echo "$(at "$port_closed") $(public host_ecdsa)" >>pins
case_of 'the same, and the first forwards nothing: nobody goes beside it (pyinfra 1963)'
pin_ways
node "$port_plain" "$(key user_ed25519)" "$only" '  ProxyJump hop2'; hops
sed -i -e '/^Host hop$/,/^Host hop2/s/user_ed25519/user_ecdsa/' -e '/^Host hop2/,$s/user_ed25519/user_rsa/' -e '/^Host hop2/a\  ProxyJump hop' config
case_of 'two jump hosts, each with a port and a key of its own (pyinfra 1223)'
node "$port_plain" "$(key user_ed25519)" "$only" '  ProxyJump none'; hops; printf 'Host *\n  ProxyJump hop\n' >>config
case_of '`ProxyJump none` before a general one (pyinfra 1445)'
node "$port_plain" "$(key user_ed25519)" "$only"; hops; sed -i '/^Host hop$/a\  ProxyJump none' config; printf 'Host *\n  ProxyJump hop\n' >>config
case_of '`Host *` jumps, the jump host itself not (pyinfra 728)'
echo "$(at "$port_plain") $(public host_ed25519)" >pins
node "$port_plain" "$(key user_ed25519)" "$only" '  ProxyJump hop'; hops; case_of 'the jump host is not pinned'
{ echo "$(at "$port_hop") $(public stranger)"; cat pins; } >pins.new; mv pins.new pins; case_of 'the jump host shows another key'
rm -f fleet.lock
pin_ways
node "$port_plain" "$(key user_ed25519)" "$only" '  ProxyJump hop'; hops
# The lock with the node's own key, and for the jump host this one.
lock_hop() {
  printf 'version: 1\njump_hosts:\n  "%s":\n    host_keys: ["%s"]\nnodes: {node: {host_keys: ["%s"]}}\n' "$(at "$port_hop")" "$1" "$(public host_ed25519)" >fleet.lock
}
: >pins; lock_hop "$(public host_ecdsa)"; case_of 'fleet.lock pins node and jump host, known_hosts knows nothing' 'fleet.lock is enough'
pin_ways; lock_hop "$(public stranger)"; case_of 'known_hosts pins the jump host, fleet.lock another key' 'stricter: what was reviewed counts'
sed -i "s|^\(\[127.0.0.1\]:$port_plain\) .*|\1 $(public stranger)|" pins; case_of 'behind a jump host another key than the pinned one'
pin_ways
node "$port_plain" "$(key user_ed25519)" "$only" "  ProxyCommand python3 $work/pipe.py %h %p"
cat >pipe.py <<'PY'
import os, select, socket, sys
peer = socket.create_connection((sys.argv[1], int(sys.argv[2])))
while True:
    for ready in select.select([0, peer], [], [])[0]:
        data = os.read(0, 65536) if ready == 0 else peer.recv(65536)
        if not data:
            raise SystemExit
        peer.sendall(data) if ready == 0 else os.write(1, data)
PY
case_of '`ProxyCommand`'
node "$port_silent" "$(key user_ed25519)" "$only" '  ConnectTimeout 2'; patience=; case_of '`ConnectTimeout 2`, and the server says nothing'
unset patience
node "$port_plain" "  IdentityFile $work/user_%n" "$only"
sed -i "s|UserKnownHostsFile .*|UserKnownHostsFile $work/pins_%n_%p|" config
cp user_ed25519 user_node; cp user_ed25519.pub user_node.pub; cp pins "pins_node_$port_plain"; case_of 'tokens in `IdentityFile` and `UserKnownHostsFile`'
node 1 "$(key user_ed25519)" "$only"
{ printf 'Match originalhost node exec "true"\n  Port %s\n' "$port_plain"; cat config; } >config.new; mv config.new config; case_of '`Match exec`'
{ printf 'Include %s/more\n' "$work"; } >config
printf 'Host node\n  HostName 127.0.0.1\n  Port %s\n  User %s\n  UserKnownHostsFile %s/pins\n%s\n' "$port_plain" "$me" "$work" "$(key user_ed25519)" >more
chmod 600 more; case_of '`Include`'

# What `hosts trust` pins of jump hosts, and `--rotate` replaces: two real hops.
must() { # must STATUS WORDS ARGUMENT...: fleetctl ends so and says so.
  local wanted=$1 words=$2 status=0
  shift 2
  HOME=$work "$fleetctl" "$@" >trust.out 2>&1 </dev/null || status=$?
  if [ "$status" != "$wanted" ] || ! grep -qF -- "$words" trust.out; then
    echo "logins: fleetctl $*: exit $status, not $wanted, or without \"$words\":" >&2
    cat trust.out >&2
    exit 1
  fi
}
node "$port_plain" "$(key user_ed25519)" "$only" '  ProxyJump hop2'; hops; sed -i '/^Host hop2/a\  ProxyJump hop' config
: >pins
rm -f fleet.lock
must 0 "Pinned 1 keys in fleet.lock" hosts trust --host-keys-only -auto-approve
for line in "\"$(at "$port_hop")\":" "$(public host_ecdsa)" "\"$(at "$port_hop2")\":" "$(public other)"; do
  grep -qF -- "$line" fleet.lock || { echo "logins: fleet.lock lacks $line" >&2; exit 1; }
done
[ "$(wc -l <pins)" = 3 ] || { echo "logins: known_hosts has not the three machines" >&2; exit 1; }
must 0 'Everything is pinned already.' hosts trust --host-keys-only -auto-approve
: >pins
must 0 'Everything is pinned already.' hosts trust --host-keys-only -auto-approve hop
sed -i "s|$(public other)|$(public stranger)|" fleet.lock
must 11 'fleetctl hosts trust --rotate hop2' ping
must 11 'not SHA256:AAAA' hosts trust --rotate --fingerprint SHA256:AAAA hop2
must 0 'Replaced the key of hop2' hosts trust --host-keys-only --rotate --fingerprint "$(ssh-keygen -lf other.pub | cut -d' ' -f2)" hop2
grep -qF -- "$(public other)" fleet.lock && ! grep -qF -- "$(public stranger)" fleet.lock || { echo "logins: fleet.lock keeps the old key" >&2; exit 1; }
: >pins
HOME=$work "$fleetctl" ping --format json >fleetctl.out 2>fleetctl.err </dev/null
[ "$(fleetctl_verdict rotated)" = connects ] || { echo "logins: fleet.lock alone does not lead there" >&2; exit 1; }
# What is written to known_hosts, hashed or not as fleet.yaml says, whatever ssh_config says.
for hashed in true false; do
  node "$port_plain" "$(key user_ed25519)" "$only" "  HashKnownHosts $([ $hashed = true ] && echo no || echo yes)"
  printf 'version: 1\nfleet: a\nregistry: none\nssh: {config: %s/config, host: "%%n", become: none, hash_known_hosts: %s, host_key_alias: "%%n.Pin"}\nnodes: {node: {address: 127.0.0.1}}\n' \
    "$work" "$hashed" >fleet.yaml
  rm -f fleet.lock
  : >pins
  must 0 "Pinned 1 keys in $work/pins" hosts trust --host-keys-only -auto-approve
  rm -f fleet.lock
  case $(cat pins) in '|1|'*) found=true ;; "node.pin $(public host_ed25519)") found=false ;; *) found=$(cat pins) ;; esac
  [ "$found" = "$hashed" ] || { echo "logins: hash_known_hosts: $hashed wrote $(cat pins)" >&2; exit 1; }
  ssh-keygen -F node.pin -f pins >/dev/null || { echo "logins: ssh-keygen does not find node.pin" >&2; exit 1; }
  HOME=$work "$fleetctl" ping --format json >fleetctl.out 2>fleetctl.err </dev/null
  [ "$(fleetctl_verdict hashed)" = connects ] || { echo "logins: what hosts trust wrote does not lead there" >&2; exit 1; }
done
printf 'version: 1\nfleet: a\nregistry: none\nssh: {config: %s/config, host: "%%n", become: none}\nnodes: {node: {address: 127.0.0.1}}\n' "$work" >fleet.yaml
must 1 'fleet.yaml has no node `hop3`' hosts trust --host-keys-only -auto-approve hop3

{
  echo '| case | `ssh` | fleetctl | where they differ |'
  echo '|---|---|---|---|'
  printf '%s\n' "${rows[@]}"
} >table
if [ "$differ" -gt 0 ]; then
  cat table
  echo "logins: $differ verdicts differ from ssh's and nobody said why" >&2
  exit 1
fi
if [ -n "$check" ]; then
  sed -n '/<!-- lab\/logins.sh -->/,/<!-- end -->/p' "$OLDPWD/docs/logins.md" | grep '^|' >page
  if [ -z "$fido" ]; then echo "logins: no FIDO key: it needs cc and libcrypto's headers"; sed -i '/FIDO key/d' page; fi
  if ! diff page table; then echo "logins: docs/logins.md shows another table; run lab/logins.sh" >&2; exit 1; fi
  echo "${#rows[@]} cases: the verdicts are those of docs/logins.md"
else
  cat table
fi
