internal import ArgumentParser

/// What is known of a guest's kernel beside its memory.
struct GuestKernelOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The kernel's own file, a vmlinuz or vmlinux: its code in memory is compared with it. Without it QEMU's -kernel, /boot and the guest's memory are searched.", valueName: "file"),
    completion: .file())
  var vmlinux: String?
}
