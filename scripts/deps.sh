#!/usr/bin/env bash
# Installs what is missing to build and test on Debian 12; does nothing where all is there. Arguments are further packages.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { printf 'deps: %s\n' "$*" >&2; exit 1; }

packages=(
    libssl-dev libsqlite3-dev liblmdb-dev libp11-dev libp11-kit-dev libexpat1-dev libjansson-dev pkg-config openssl python3 python3-venv
    # Tests build plugins as a third party would, check them for stray memory, and use a token in software.
    gcc g++ make valgrind gdb softhsm2 opensc
    # What the Swift toolchain itself needs to link and to fetch packages.
    binutils libc6-dev libgcc-12-dev libstdc++-12-dev libcurl4 libxml2 zlib1g-dev git ca-certificates
    "$@"
)
missing=()
for package in "${packages[@]}"; do
    dpkg -s "$package" 2>/dev/null | grep -q '^Status: install ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
    sudo=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "missing packages and no sudo to install them: apt-get install ${missing[*]}"
        sudo=(sudo)
    fi
    echo "deps: installing ${missing[*]}"
    "${sudo[@]}" apt-get update -qq
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
fi

command -v swift >/dev/null || fail "swift is not on the PATH; install Swift 6.2 or later for Debian 12 from https://www.swift.org/install/linux/"
version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -1)
case "$version" in
    6.[2-9] | 6.[1-9][0-9] | [7-9].*) ;;
    *) fail "Swift ${version:-of an unknown version} is too old; 6.2 or later is needed" ;;
esac

# The tests' Python packages, installed again only when the list changes.
requirements=Tests/EndToEnd/requirements.txt
stamp=.venv/.requirements
if ! cmp -s "$requirements" "$stamp" || [ ! -x .venv/bin/python ]; then
    echo "deps: making .venv"
    rm -rf .venv
    python3 -m venv .venv
    .venv/bin/pip install --quiet --disable-pip-version-check --requirement "$requirements"
    cp "$requirements" "$stamp"
fi
