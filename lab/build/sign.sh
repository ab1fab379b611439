# Read by content.sh: indexes and signatures. Two keys, as in life: the distribution's and the vendors'. The secret halves are thrown away.
# shellcheck shell=bash disable=SC2154 # work, target: set by content.sh

export GNUPGHOME=$work/gnupg
mkdir -m 0700 "$GNUPGHOME"
for who in lab-archive lab-vendor; do
  gpg --batch --quiet --passphrase '' --quick-gen-key "fleetctl $who key <$who@localhost>" ed25519 sign never 2>>"$work/gpg.log"
done
# sign FOLDER SUITE KEY: FOLDER/pool becomes an archive with one suite and the component main.
sign() {
  local folder=$1 suite=$2 key=$3
  (
    cd "$folder" || exit 1
    mkdir -p "dists/$suite/main/binary-amd64"
    apt-ftparchive packages pool >"dists/$suite/main/binary-amd64/Packages"
    gzip -kn "dists/$suite/main/binary-amd64/Packages"
    apt-ftparchive -o "APT::FTPArchive::Release::Suite=$suite" -o "APT::FTPArchive::Release::Codename=$suite" \
      -o APT::FTPArchive::Release::Components=main -o APT::FTPArchive::Release::Architectures=amd64 \
      -o "APT::FTPArchive::Release::Origin=${4:-fleetctl lab}" release "dists/$suite" >"$work/Release"
    mv "$work/Release" "dists/$suite/Release"
    gpg --batch --quiet --local-user "$key@localhost" --clearsign -o "dists/$suite/InRelease" "dists/$suite/Release"
  )
}
gpg --quiet --export lab-archive@localhost >"$target/apt/lab-archive-keyring.gpg"
gpg --quiet --export lab-vendor@localhost >"$target/vendor/keys/lab-vendor.gpg"
gpg --quiet --armor --export lab-vendor@localhost >"$target/vendor/keys/lab-vendor.asc"
sign "$target/apt" bookworm lab-archive
sign "$target/vendor/redis" bookworm lab-vendor 'redis stand-in'
sign "$target/vendor/grafana" stable lab-vendor 'grafana stand-in'
sign "$target/vendor/pgdg" bookworm-pgdg lab-vendor 'pgdg stand-in'
sign "$target/vendor/nodesource" nodistro lab-vendor 'nodesource stand-in'
gpgconf --kill all
unset GNUPGHOME
