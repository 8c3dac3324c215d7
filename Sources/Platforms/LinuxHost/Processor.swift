internal import Domain

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

extension HostFacts {
  /// Facts `cpu.vendor` (intel, amd, hygon, zhaoxin, arm, ibm, or the text itself), `cpu.architecture` (x86, arm, s390, power, riscv),
  /// `cpu.flags`, `kernel.release`, `smt.control`, `smt.active`.
  mutating func readProcessor() {
    readProcessorInformation()
    read("kernel.release", "/proc/sys/kernel/osrelease", within: "/proc/sys/kernel")
    readFeatureControl()
    for name in ["control", "active"] {
      read("smt.\(name)", "/sys/devices/system/cpu/smt/\(name)", within: "/sys/devices/system/cpu")
      if !tree.isLive, self["smt.\(name)"]?.state == .absent, !tree.exists("/sys/devices/system/cpu/smt") {
        self["smt.\(name)"] = .notCollected("not-given", .path("/sys/devices/system/cpu/smt/\(name)"))
      }
    }
  }

  private mutating func readProcessorInformation() {
    let path = "/proc/cpuinfo"
    let names = ["cpu.vendor", "cpu.architecture", "cpu.flags"]
    let text: String
    do throws(Tree.Failure) {
      text = String(decoding: try tree.bytes(path), as: UTF8.self)
    } catch {
      let failed = error == .notFound || error == .notGiven ? missingInstance(.path(path)) : Fact.unreadable(error.why, .path(path))
      for name in names { self[name] = failed }
      return
    }
    for name in names { self[name] = .absent(.path(path)) }
    for (number, line) in NumberedLines(text) {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let key = line[..<colon].trimmed
      let value = line[line.index(after: colon)...].trimmed
      let source = FactSource.path(path, line: number, column: 1)
      if let (architecture, vendor) = Self.identity(key, value) {
        if self["cpu.architecture"]?.state == .absent, let architecture {
          self["cpu.architecture"] = .present(.string(architecture), source)
        }
        if self["cpu.vendor"]?.state == .absent, let vendor { self["cpu.vendor"] = .present(.string(vendor), source) }
      }
      if ["flags", "Features", "features", "isa"].contains(key), self["cpu.flags"]?.state == .absent {
        if key == "flags" && self["cpu.architecture"]?.state == .absent { self["cpu.architecture"] = .present("x86", source) }
        self["cpu.flags"] = .present(.array(value.words.map { .string($0) }), source)
      }
    }
  }

  /// What a line of /proc/cpuinfo says about architecture and vendor.
  private static func identity(_ key: String, _ value: String) -> (architecture: String?, vendor: String?)? {
    switch key {
    case "vendor_id":
      switch value {
      case "GenuineIntel": ("x86", "intel")
      case "AuthenticAMD": ("x86", "amd")
      case "HygonGenuine": ("x86", "hygon")
      case "CentaurHauls", "Shanghai": ("x86", "zhaoxin")
      case "IBM/S390": ("s390", "ibm")
      default: ("x86", value.lowercased())
      }
    case "CPU implementer": ("arm", "arm")
    case "cpu" where value.uppercased().hasPrefix("POWER"): ("power", "ibm")
    case "hart", "mvendorid": ("riscv", "riscv")
    default: nil
    }
  }

  /// Fact `msr.feature_control`: IA32_FEATURE_CONTROL of the first processor, where the msr driver is loaded and the user may read it.
  /// Bit 0 locks the register, bit 2 enables VMX outside SMX. Source: Intel SDM volume 4, table 2-2, address 3AH.
  private mutating func readFeatureControl() {
    let path = "/dev/cpu/0/msr"
    let source = FactSource.property("\(path) 0x3a")
    guard tree.isLive else {
      self["msr.feature_control"] = .notCollected("not-given", source)
      return
    }
    let descriptor = openDevice(path)
    guard descriptor >= 0 else {
      self["msr.feature_control"] = errno == EACCES || errno == EPERM ? .unreadable("permission", source) : .absent(source)
      return
    }
    defer { _ = close(descriptor) }
    var value: UInt64 = 0
    // SAFETY: pread(2) writes at most the eight bytes of the value.
    let n = unsafe withUnsafeMutableBytes(of: &value) { unsafe pread(descriptor, $0.baseAddress, 8, 0x3A) }
    self["msr.feature_control"] = n == 8 ? .present(.int(Int64(bitPattern: value)), source) : .absent(source)
  }
}

/// open(2) without its variadic form.
private func openDevice(_ path: String) -> Int32 {
  unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
}
