#!/bin/sh
# SPDX-License-Identifier: MIT
# Formats all sources, or with --check only tells which are not formatted.
set -eu

# Other versions differ in details.
if ! command -v clang-format-14 >/dev/null; then
  echo 'skipped: there is no clang-format-14'
  exit 77  # what meson takes for skipped
fi
case ${1:-} in
  '') mode=-i ;;
  --check) mode='--dry-run --Werror' ;;
  *) echo "usage: $0 [--check]" >&2; exit 2 ;;
esac
cd "$(dirname -- "$0")/.."
# shellcheck disable=SC2086 # words
find docs examples include lib models tests \( -name '*.cpp' -o -name '*.hpp' \) -print0 |
  xargs -0 clang-format-14 $mode
