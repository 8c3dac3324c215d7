#!/bin/sh
# extract-kernel.sh VMLINUZ OUTPUT
# Takes the kernel's ELF file out of a bzImage: the boot protocol's header says where it lies (Documentation/arch/x86/boot.rst), its first bytes how it is
# compressed. Four bytes behind it hold its size.
set -eu
number() { od -An -t "u$3" -j "$2" -N "$3" "$1" | tr -d ' '; }
start=$((($(number "$1" 497 1) + 1) * 512 + $(number "$1" 584 4) + 1))
length=$(($(number "$1" 588 4) - 4))
case $(tail -c "+$start" "$1" | head -c 4 | od -An -tx1 | tr -d ' ') in
  02214c18) program="lz4 -dc -" ;;
  28b52ffd) program="zstd -dcq" ;;
  fd377a58) program="xz -dc" ;;
  1f8b*) program="gzip -dc" ;;
  *) echo "$1: compressed in a way that is not known" >&2; exit 1 ;;
esac
tail -c "+$start" "$1" | head -c "$length" | $program >"$2.$$"
mv "$2.$$" "$2"
