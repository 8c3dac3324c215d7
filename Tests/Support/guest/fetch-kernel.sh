#!/bin/sh
# fetch-kernel.sh KERNEL CACHE
# Unpacks a kernel of Debian below CACHE, without installing it, and prints the folder (boot/vmlinuz-*, lib/modules/*). KERNEL is a package that stands
# for the newest of a series, as this machine's apt knows it, or VERSION-FLAVOUR@SUITE, the newest of that version in a suite of the same mirror.
# What the cache already has of it is taken as it is, so that the network is asked once.
set -eu
kernel=$1
cache=$2
mkdir -p "$cache"
exec 9>"$cache/.lock-$kernel"
flock 9
for folder in "$cache/$kernel"/*; do
  if [ -e "$folder/.complete" ]; then
    echo "$folder"
    exit 0
  fi
done
scratch=$(mktemp -d "$cache/.new-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
chmod 755 "$scratch"
fail() { cat "$scratch/error" >&2; exit 1; }

# known: whether apt knows a package.
known() { apt-cache show --no-all-versions "$1" >/dev/null 2>&1; }

case $kernel in
  *@*)
    # Lists of their own, signed as the machine's, so that nothing of the machine changes.
    suite=${kernel#*@}
    name=${kernel%@*}
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | head -n 1)
    keys=/usr/share/keyrings/debian-archive-keyring.gpg
    mkdir -p "$scratch/lists/partial" "$scratch/archives/partial"
    echo "deb [signed-by=$keys] ${mirror:-http://deb.debian.org/debian/} $suite main" >"$scratch/sources.list"
    cat >"$scratch/apt.conf" <<END
Dir::State::Lists "$scratch/lists";
Dir::State::status "/dev/null";
Dir::Cache "$scratch";
Dir::Etc::SourceList "$scratch/sources.list";
Dir::Etc::SourceParts "/dev/null";
APT::Architecture "amd64";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
END
    export APT_CONFIG="$scratch/apt.conf"
    timeout 300 apt-get -q update >"$scratch/error" 2>&1 || fail
    # Since 6.19 linux-image is an empty package, with the image in linux-binary and the modules in linux-modules.
    form="$(echo "${name%-*}" | sed 's/[.]/[.]/g')[.][^-]*(-[0-9]+)?-${name##*-}-amd64\$"
    for part in linux-binary linux-image; do
      package=$(apt-cache pkgnames "$part-" | grep -E "^$part-$form" | sort -V | tail -n 1)
      [ -z "$package" ] || break
    done
    [ -n "$package" ] || { echo "$suite of the mirror has no kernel $name" >&2; exit 1; }
    modules=linux-modules-${package#linux-binary-}
    packages=$package
    ! known "$modules" || packages="$package $modules"
    ;;
  *)
    package=$(apt-cache depends "$kernel" | awk '$1 == "Depends:" && $2 ~ /^linux-image-[0-9]/ { print $2; exit }')
    [ -n "$package" ] || { echo "apt knows no kernel package for $kernel" >&2; exit 1; }
    packages=$package
    ;;
esac
mkdir "$scratch/tree" "$scratch/packages"
# shellcheck disable=SC2086
(cd "$scratch/packages" && timeout 300 apt-get download -q $packages >/dev/null 2>"$scratch/error") || fail
for file in "$scratch/packages"/*.deb; do dpkg-deb -x "$file" "$scratch/tree"; done
# Packages of a merged /usr have it all below usr/lib/modules.
[ -e "$scratch/tree/lib" ] || mv "$scratch/tree/usr/lib" "$scratch/tree/lib"
mkdir -p "$scratch/tree/boot"
for image in "$scratch/tree/lib/modules"/*/vmlinuz; do
  [ ! -e "$image" ] || mv "$image" "$scratch/tree/boot/vmlinuz-$(basename "$(dirname "$image")")"
done
touch "$scratch/tree/.complete"
mkdir -p "$cache/$kernel"
mv "$scratch/tree" "$cache/$kernel/$package"
echo "$cache/$kernel/$package"
