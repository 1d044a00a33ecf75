#!/usr/bin/env bash
# Says which Debian packages are missing for the demo or the tests, and why
# each is needed, and installs them. Does nothing when all are there.
set -euo pipefail

want_demo=(
  "ca-certificates|the Go module proxy is reached over TLS"
  "gcc|PKCS#11 modules and SQLite are C: cgo compiles against them"
  "libc6-dev|the C headers that cgo needs"
  "softhsm2|the tokens of the demo and the tests, through the same code as a vendor's module"
)
want_test=(
  "${want_demo[@]}"
  "openssl|the independent verifier of every seal"
  "mariadb-server|the production database: the store's tests run on it"
  "chromium|the browser that walks the main job"
  "fonts-noto-cjk|Chinese letters in the browser's pages"
  "libnss3|a second, independent PKCS#11 module"
  "libnss3-tools|makes that module's key database"
  "gcc-mingw-w64-x86-64|builds the keyagent for Windows"
  "wine64|starts that program"
  "curl|a client of the TLS road, with OpenSSL's PKCS#11 engine"
  "libengine-pkcs11-openssl|that engine"
  "gnutls-bin|a second, independent client of the TLS road"
  "xvfb|a display for Chromium's own PIN dialog"
  "xdotool|the keyboard before that display"
  "python3|the program of another user that takes the agent's port first"
  "opensc|pkcs11-tool and pkcs11-spy, for looking at tokens from outside"
)

case "${1:-}" in
demo) want=("${want_demo[@]}") ;;
test) want=("${want_test[@]}") ;;
*) echo "usage: packages.sh demo|test" >&2; exit 2 ;;
esac

if ! command -v "${GO:-go}" >/dev/null; then
  echo "Go 1.26 or later is needed and not on the PATH: https://go.dev/dl/" >&2
  exit 1
fi

missing=()
for line in "${want[@]}"; do
  name=${line%%|*}
  if ! dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed'; then
    echo "missing package $name: ${line#*|}"
    missing+=("$name")
  fi
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "please install as root: apt-get install ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
echo "installing: ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
