#!/usr/bin/env bash
# Installs what is built into a prefix of its own, moves it elsewhere, and builds and runs this project against it: with
# find_package, and with pkg-config and one line of the compiler.
#
#   check.sh BUILD_FOLDER COMPILER FLAGS WITH_TESTING(ON|OFF)
#
# Everything is put below BUILD_FOLDER/consumer. FLAGS are those of the build (sanitizers must be the same).
set -euo pipefail
project=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$1 compiler=$2 flags=$3 with_testing=$4
work=$build/consumer
prefix=$work/moved
rm -rf "$work"
mkdir -p "$work"

say() { echo "consumer: $*"; }
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }; }

quietly cmake --install "$build" --prefix "$work/installed"
mv "$work/installed" "$prefix"
if grep -rlF -e "$work/installed" -e "$build/" "$prefix" --include='*.cmake' --include='*.pc'; then
  say "what is installed names the folder in which it was built, or first installed" >&2
  exit 1
fi

say "find_package"
quietly cmake -G Ninja -S "$project" -B "$work/build" -DCMAKE_PREFIX_PATH="$prefix" \
  -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_CXX_FLAGS="$flags" -DCONSUMER_TRIES_A_CACHE="$with_testing"
quietly cmake --build "$work/build" --parallel 1
"$work/build/service"
[[ $with_testing == OFF ]] || "$work/build/trial"

say "pkg-config"
pc=$(find "$prefix" -name trackside.pc)
export PKG_CONFIG_PATH=${pc%/*}
# shellcheck disable=SC2046,SC2086  # several words each
quietly "$compiler" -std=c++20 $flags "$project/main.cpp" $(pkg-config --cflags --libs trackside) -o "$work/service"
"$work/service"
