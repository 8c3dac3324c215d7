# A test guest for measurements, sourced by its siblings: `prepare` makes its parts, `boot` starts it, and it ends with the script.
# Needs: program, the built ringwall.
support=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../Tests/Support/guest" && pwd)
scratch=$(mktemp -d)
pids=()
finish() {
  for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
  rm -rf "$scratch"
}
trap finish EXIT

prepare() {
  # 77 says that something is missing here.
  kernel=$("$support/fetch-kernel.sh" linux-image-cloud-amd64 "${RINGWALL_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ringwall/guests}") || exit 77
  "$support/make-initramfs.sh" "$scratch/initramfs.gz" "$kernel"
  truncate -s 256M "$scratch/disk.raw"
  mke2fs -q -t ext4 "$scratch/disk.raw"
}

# boot WORKLOAD [WORDS OF THE KERNEL'S COMMAND LINE]: sets guest to the pid of a QEMU whose guest is ready.
boot() {
  local folder=$scratch/${1//,/-}
  mkdir -p "$folder"
  qemu-system-x86_64 -name guest=measured -machine q35,memory-backend=ram -cpu max -smp 1 -m 512 -accel tcg \
    -object memory-backend-memfd,id=ram,size=512M,share=on -display none -nodefaults -no-user-config -no-reboot \
    -drive "if=none,id=disk0,file=$scratch/disk.raw,format=raw" -device virtio-blk-pci,drive=disk0 \
    -serial "file:$folder/console" -kernel "$kernel"/boot/vmlinuz-* -initrd "$scratch/initramfs.gz" \
    -append "console=ttyS0 panic=-1 ringwall.workload=$1 ${2:-}" \
    -qmp "unix:$folder/qmp,server=on,wait=off" -qmp "unix:$folder/qmp2,server=on,wait=off" >"$folder/log" 2>&1 &
  guest=$!
  pids+=("$guest")
  for _ in $(seq 600); do
    if grep -q RINGWALL-READY "$folder/console" 2>/dev/null; then return; fi
    kill -0 "$guest" || { cat "$folder/log" >&2; exit 1; }
    sleep 0.1
  done
  echo "the guest was not ready within 60 s" >&2
  exit 1
}

stop() {
  kill -9 "$guest"
  wait "$guest" 2>/dev/null || true
}
