#!/usr/bin/env bash
# Puts what a plugin is built against under PREFIX: the header, its pkg-config file and the linker's export list.
set -euo pipefail
cd "$(dirname "$0")/.."
prefix=${1:?usage: install-sdk.sh PREFIX}

mkdir -p "$prefix/include/kcm" "$prefix/lib/pkgconfig" "$prefix/lib/kcm"
install -m 644 plugin-sdk/include/kcm/*.h "$prefix/include/kcm/"
install -m 644 plugin-sdk/pkgconfig/kcm-plugin.pc "$prefix/lib/pkgconfig/"
install -m 644 plugin-sdk/pkgconfig/kcm-plugin.map "$prefix/lib/kcm/"
