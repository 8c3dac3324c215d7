#!/bin/sh
# fetch-kernel.sh META-PACKAGE CACHE
# Unpacks the kernel that META-PACKAGE stands for below CACHE, without installing it, and prints the folder (boot/vmlinuz-*, lib/modules/*).
# What the cache already has of that meta package is taken as it is, so that the network is asked once.
set -eu
meta=$1
cache=$2
mkdir -p "$cache"
exec 9>"$cache/.lock-$meta"
flock 9
for folder in "$cache/$meta"/*; do
  if [ -e "$folder/.complete" ]; then
    echo "$folder"
    exit 0
  fi
done
package=$(apt-cache depends "$meta" | awk '$1 == "Depends:" && $2 ~ /^linux-image-[0-9]/ { print $2; exit }')
[ -n "$package" ] || { echo "apt knows no kernel package for $meta" >&2; exit 1; }
scratch=$(mktemp -d "$cache/.new-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
chmod 755 "$scratch"
(cd "$scratch" && timeout 300 apt-get download -q "$package" >/dev/null 2>"$scratch/error") || { cat "$scratch/error" >&2; exit 1; }
mkdir "$scratch/tree"
dpkg-deb -x "$scratch"/*.deb "$scratch/tree"
touch "$scratch/tree/.complete"
mkdir -p "$cache/$meta"
mv "$scratch/tree" "$cache/$meta/$package"
echo "$cache/$meta/$package"
