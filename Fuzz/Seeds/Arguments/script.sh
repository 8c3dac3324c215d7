#!/bin/bash
DISK=/srv/one.img
ARGS=(-m 512 -nographic)
exec qemu-system-x86_64 "${ARGS[@]}" -drive file=$DISK,if=virtio -net nic,model=rtl8139 -s "$@" # debug
