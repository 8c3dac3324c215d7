internal import ArgumentParser

/// Disks of guests, read without mounting them.
struct DiskCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "disk",
    abstract: "Read a guest's disk without mounting it: list, hash, compare, scan.",
    discussion: """
      A disk is an image (raw, qcow2, vmdk, vhdx, vhd, vdi) or a drive of a running guest.

        ringwall disk ls vm.qcow2 /etc                    volumes and names
        ringwall disk manifest vm.qcow2 -o before         SHA-256, mode and owner of every file
        ringwall disk diff before vm.qcow2                what changed since
        ringwall disk scan vm.qcow2 --rules rules.yar     YARA on every file

      Nothing is written to the disk and nothing is mounted. What the disk holds is read by a process that can open no file and no socket.
      """,
    subcommands: [DiskLsCommand.self, DiskManifestCommand.self, DiskDiffCommand.self, DiskScanCommand.self])
}
