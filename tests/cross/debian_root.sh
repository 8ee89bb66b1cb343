#!/bin/sh
# SPDX-License-Identifier: MIT
# Unpacks packages of another architecture, and what they need, for a compiler and an emulator:
#   debian_root.sh FOLDER ARCHITECTURE PACKAGE...
# FOLDER/root has them in the end. They come from where this system's packages do, but it has no part in it: its own
# packages and architectures stay as they are, and nobody has to be root.
set -eu

folder=$1
architecture=$2
shift 2
[ ! -e "$folder/root" ] || exit 0

# A system of that architecture on which nothing is installed.
rm -rf "$folder"
mkdir -p "$folder/lists/partial" "$folder/archives/partial" "$folder/unpacked"
: >"$folder/status"
get() {
  apt-get -qy -o APT::Architecture="$architecture" -o APT::Architectures="$architecture" -o APT::Sandbox::User= \
    -o Dir::State::Lists="$folder/lists" -o Dir::State::status="$folder/status" -o Dir::Cache="$folder" \
    -o Debug::NoLocking=1 "$@"
}
get update
get --download-only --no-install-recommends install "$@"
for package in "$folder"/archives/*.deb; do dpkg-deb -x "$package" "$folder/unpacked"; done

# Links from the root of a system lead to files of that system, which is this folder here.
find "$folder/unpacked" -type l -lname '/*' | while read -r link; do
  ln -sfn "$folder/root$(readlink "$link")" "$link"
done
rm -r "$folder/archives" "$folder/lists" "$folder/status"
mv "$folder/unpacked" "$folder/root"
