internal import ArgumentParser

/// What is known of a guest's kernel beside its memory.
struct GuestKernelOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The kernel's own ELF file: its code in memory is compared with it. extract-vmlinux takes it out of a vmlinuz.", valueName: "file"),
    completion: .file())
  var vmlinux: String?
}
