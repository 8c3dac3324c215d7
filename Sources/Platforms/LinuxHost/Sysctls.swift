internal import Domain

extension HostFacts {
  /// Settings below /proc/sys with the folder that shows whether the kernel was asked: a missing one is absent only beside others.
  private static let sysctls: [(name: String, path: String, folder: String)] = [
    ("kernel.kexec_load_disabled", "/proc/sys/kernel/kexec_load_disabled", "/proc/sys/kernel"),
    ("kernel.unprivileged_bpf_disabled", "/proc/sys/kernel/unprivileged_bpf_disabled", "/proc/sys/kernel"),
    ("kernel.kptr_restrict", "/proc/sys/kernel/kptr_restrict", "/proc/sys/kernel"),
    ("kernel.dmesg_restrict", "/proc/sys/kernel/dmesg_restrict", "/proc/sys/kernel"),
    ("kernel.perf_event_paranoid", "/proc/sys/kernel/perf_event_paranoid", "/proc/sys/kernel"),
    ("kernel.yama.ptrace_scope", "/proc/sys/kernel/yama/ptrace_scope", "/proc/sys/kernel"),
    ("net.core.bpf_jit_harden", "/proc/sys/net/core/bpf_jit_harden", "/proc/sys/net/core"),
    ("net.bridge.bridge-nf-call-iptables", "/proc/sys/net/bridge/bridge-nf-call-iptables", "/proc/sys/net"),
  ]

  /// Facts `sysctl.NAME`: a number where the text is one.
  mutating func readSysctls() {
    for setting in Self.sysctls { readNumber("sysctl." + setting.name, setting.path, within: setting.folder) }
  }
}
