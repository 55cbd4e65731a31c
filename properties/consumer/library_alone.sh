#!/usr/bin/env bash
# Builds and installs the library as README says, by the preset `library`: without the testbed and what only tests need,
# and nothing of marks is in it.
#
#   library_alone.sh SOURCE BUILD_FOLDER COMPILER WITH_MARKS(ON|OFF)
#
# Everything is put below BUILD_FOLDER/library_alone. WITH_MARKS: whether BUILD_FOLDER itself has them.
set -euo pipefail
source=$1 build=$2 compiler=$3 with_marks=$4
work=$build/library_alone
mkdir -p "$work"
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }; }
has_marks() { grep -qaE 'note_mark|mark_counts|lease_expired_at_read' "$@"; }

launcher=$(command -v ccache || true)
quietly cmake --preset library -S "$source" -B "$work/build" -DCMAKE_CXX_COMPILER="$compiler" \
  -DCMAKE_CXX_COMPILER_LAUNCHER="$launcher" -DCMAKE_DISABLE_FIND_PACKAGE_GTest=ON \
  -DCMAKE_DISABLE_FIND_PACKAGE_rapidcheck=ON -DCMAKE_DISABLE_FIND_PACKAGE_fmt=ON \
  -DCMAKE_DISABLE_FIND_PACKAGE_CLI11=ON -DCMAKE_DISABLE_FIND_PACKAGE_PkgConfig=ON
quietly cmake --build "$work/build" --parallel 1
rm -rf "$work/installed"
quietly cmake --install "$work/build" --prefix "$work/installed"

mapfile -t libraries < <(find "$work/installed" -name '*.a')
((${#libraries[@]} == 2)) || { echo "library_alone: expected two libraries, found ${libraries[*]}" >&2; exit 1; }
if has_marks "${libraries[@]}"; then
  echo "library_alone: marks are in a library that is to have none" >&2
  exit 1
fi
# The search itself: it finds them where they are.
if [[ $with_marks == ON ]] && ! has_marks "$build"/impl/*.a; then
  echo "library_alone: marks are not found where they are counted" >&2
  exit 1
fi
echo "library_alone: ${#libraries[@]} libraries, no mark"
