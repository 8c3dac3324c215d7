#!/bin/sh
# make-initramfs.sh OUTPUT KERNEL-TREE [EXTRA-TREE]
# An initramfs of busybox, ./init and a few modules of the kernel below KERNEL-TREE, in the order in which they are inserted.
# What lies below EXTRA-TREE is laid over it.
set -eu
output=$1
kernel=$2
extra=${3:-}
here=$(cd "$(dirname "$0")" && pwd)
busybox=$(command -v busybox)
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
chmod 755 "$stage"
mkdir -p "$stage/bin" "$stage/lib/modules"
cp "$busybox" "$stage/bin/busybox"
cp "$here/init" "$stage/init"
chmod 755 "$stage/init" "$stage/bin/busybox"
mkdir -p "$stage/dev"

tree=$(echo "$kernel"/lib/modules/*/kernel)
seen=" "
# add NAME LIST: the module and, before it, those that it needs.
add() {
  case $seen in *" $1 "*) return ;; esac
  seen="$seen$1 "
  file=$(find "$tree" -name "$1.ko*" -o -name "$(echo "$1" | tr _ -).ko*" | head -n 1)
  [ -n "$file" ] || return 0
  case $file in
    *.xz) xz -dc "$file" >"$stage/lib/modules/$1.ko" ;;
    *) cp "$file" "$stage/lib/modules/$1.ko" ;;
  esac
  for need in $(tr '\0' '\n' <"$stage/lib/modules/$1.ko" | sed -n 's/^depends=//p' | tr ',' ' '); do add "$need" "$2"; done
  echo "$1.ko" >>"$stage/lib/modules/$2"
}
for name in virtio_pci virtio_blk crc32c_generic ext4; do add $name disk.list; done
for name in loop dummy tun veth bridge nf_tables xt_tcpudp overlay; do add $name more.list; done
for name in llc sch_tbf sch_prio; do add $name churn.list; done
for name in dummy tun; do echo "$name.ko" >>"$stage/lib/modules/churn.list"; done
for name in kvm kvm_intel nft_ct nft_nat nft_limit nft_log virtio_net vhost_net dm_mod sctp; do add $name others.list; done

[ -z "$extra" ] || cp -a "$extra/." "$stage/"
(cd "$stage" && find . | LC_ALL=C sort | "$busybox" cpio -o -H newc -R 0:0 2>/dev/null) | gzip -1 >"$output.$$"
mv "$output.$$" "$output"
