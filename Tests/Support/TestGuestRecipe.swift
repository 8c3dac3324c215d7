/// What a test guest is made of. Two tests that ask for equal recipes may share one guest (`GuestTrait`).
public struct GuestRecipe: Sendable, Hashable {
  /// Kernels of Debian: of its release 12 by the package that stands for the newest of each, of others by version, flavour and suite.
  public enum Kernel: String, Sendable, Hashable, CaseIterable {
    /// 6.1: kallsyms as up to 6.3.
    case cloud = "linux-image-cloud-amd64"
    /// 6.12: kallsyms as from 6.4 on.
    case backportCloud = "linux-image-6.12-cloud-amd64"
    /// 6.12 with PREEMPT_RT and every driver.
    case backportRealTime = "linux-image-6.12-rt-amd64"
    /// 5.10: no kallsyms in VMCOREINFO, lists of mappings, programs of BPF in pages of their own.
    case oldCloud = "5.10-cloud@bullseye"
    /// 6.18: kallsyms without absolute addresses, mounts in chains, another compiler.
    case laterCloud = "6.18-cloud@trixie-backports"
    /// 7.2: kallsyms without a base, warnings as traps.
    case newestCloud = "7.2-cloud@trixie-backports"
  }

  public enum Machine: String, Sendable, Hashable {
    case pc
    case q35
  }

  /// Where the guest's RAM lies on the host.
  public enum Backing: Sendable, Hashable {
    /// A memfd that others can map.
    case memfd
    /// A file in /dev/shm that others can map.
    case file
    /// Anonymous memory of QEMU alone.
    case anonymous
  }

  /// Loops and processes of guest/init.
  public enum Workload: String, Sendable, Hashable, CaseIterable {
    /// A process is started and ends every 5 ms or slower.
    case fork
    /// Random bytes are written to a tmpfs without end.
    case tmpfs
    /// /mnt/disk/counter counts up, 512 KiB are written and flushed each time. Needs `disk`.
    case disk
    /// Modules are loaded and unloaded, namespaces with mounts come and go, programs start and end, all without a pause.
    case churn
    /// One processor is never idle.
    case busy
    /// httpd listens on 127.0.0.1:8080, a connection to port 7777 is open, syslogd holds /dev/log and a datagram socket.
    case network
    /// Processes of the users 1000 and 65534, one in namespaces of its own and one in another pid namespace.
    case people
  }

  /// Nil starts no kernel: the machine stays at its first instruction.
  public var kernel: Kernel? = .cloud
  /// MiB.
  public var memory = 256
  public var processors = 1
  public var machine = Machine.q35
  /// As for -cpu; `max` has 5-level paging.
  public var processor = "max"
  public var backing = Backing.memfd
  /// MiB of each NUMA node, which add up to `memory`; one back end each. Empty for a machine without nodes.
  public var nodes: [Int] = []
  public var workload: Set<Workload> = []
  /// Inserts loop, dummy, tun, veth, bridge, nf_tables, xt_tcpudp and overlay with what they need.
  public var hasModules = false
  /// Path of a raw or qcow2 image that becomes /dev/vda; one with ext4 is mounted on /mnt/disk.
  public var disk: String?
  /// Words of the kernel's command line, as nokaslr or no5lvl.
  public var kernelArguments: [String] = []
  /// A folder that is laid over the initramfs.
  public var overlay: String?
  /// Further arguments of QEMU.
  public var arguments: [String] = []

  public init(_ change: (inout GuestRecipe) -> Void = { _ in }) { change(&self) }
}
