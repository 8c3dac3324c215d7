public import Domain

/// What a file holds, by its content first and its name second.
public enum FileKind: Sendable, Hashable {
  /// A libvirt domain's definition.
  case domain
  /// libvirt's record of a running domain.
  case domainStatus
  /// XML of another kind that libvirt knows, with its words: "libvirt network".
  case libvirtXML(String)
  /// XML with another top element; nil when none is found before the text breaks off.
  case xml(root: String?)
  case libvirtConfiguration(ConfigurationFileKind)
  /// Settings of some other program.
  case configuration
  case commandLine
  /// VMware's description of a virtual machine.
  case vmx
  /// JSON that describes containers, images, an OCI bundle or a container engine.
  case containers
  /// containerd's configuration, or flags of gVisor for its shim.
  case containerConfiguration
  /// VMware's list of a virtual machine's snapshots.
  case vmsd
  /// A virtual machine in the Open Virtualization Format.
  case ovf
  /// Settings of VMware Tools, or what its command-line tool says of them.
  case guestTools
  /// Settings of Hyper-V and Windows as JSON: the collector's document or what one cmdlet gave.
  case hyperV
  /// A registry export.
  case registryExport
  /// What bcdedit printed.
  case bootConfiguration
  /// A report of Windows' System Information.
  case systemInformation
  /// Facts that this program wrote, one document or an array of them.
  case facts
  /// A vSphere inventory (`ringwall.vsphere/1`).
  case inventory
  /// Advanced settings of hosts or vCenters, as PowerCLI's objects are written.
  case vmwareSettings
  case json
  /// Text in another encoding than UTF-8, by its name.
  case wideText(String)
  case binary
  case empty
  case text

  /// Bytes looked at to tell kinds apart; what is told by a first line or element stands far before it.
  private static let prefix = 1 << 20

  /// Never fails; looks at the first MiB, for facts at the whole text. Linear.
  public static func recognise(_ bytes: [UInt8], path: String) -> FileKind {
    let name = CommandLine.baseName(path).lowercased()
    if let encoding = TextForm.wideEncoding(bytes) {
      return encoding == "UTF-16" ? wide(bytes, name: name) ?? .wideText(encoding) : .wideText(encoding)
    }
    let text = start(of: bytes)
    guard let first = text.first else {
      // An empty configuration file is one of defaults.
      if name.hasSuffix(".conf"), let kind = ConfigurationFileKind.recognise(bytes, path: path) { return .libvirtConfiguration(kind) }
      return .empty
    }
    // XML in a .vmx is a mistake that its reader names.
    if name.hasSuffix(".vmx") && !isBinary(text) { return .vmx }
    if first == UInt8(ascii: "<"), let kind = xml(text) { return kind }
    // Told by its first line: an answer of "config get", or the version.
    if name == "tools.conf" || (first == UInt8(ascii: "[") || (0x30...0x39).contains(first)) && GuestToolsCollector.isOutput(bytes) {
      return .guestTools
    }
    if isJSON(text) { return json(text, whole: bytes, name: name) }
    if text.contains(0) {
      if let line = try? CommandLine.all(in: Array(text), path: path), !line.isEmpty { return .commandLine }
      return .binary
    }
    if isBinary(text) { return .binary }
    if name.hasSuffix(".toml"), ContainerMarks.areIn(toml: text) { return .containerConfiguration }
    if name.hasSuffix(".vmsd") { return .vmsd }
    if let kind = windowsText(text.prefix(windowsPrefix), name: name) { return kind }
    if isVMX(text) { return .vmx }
    if name.contains(".conf"), let kind = ConfigurationFileKind.recognise(bytes, path: path) { return .libvirtConfiguration(kind) }
    if isCommandLine(text, name: name, path: path) { return .commandLine }
    if !isCodeOrProse(name), let kind = ConfigurationFileKind.recognise(bytes, path: path) { return .libvirtConfiguration(kind) }
    return name.hasSuffix(".conf") || name.hasSuffix(".ini") || name.hasSuffix(".cfg") ? .configuration : .text
  }

  /// Why a text of the kind `json` is none after all: the place where it breaks off or goes wrong. nil where it is well-formed. Linear.
  public static func jsonFault(_ bytes: [UInt8], path: String) -> Refusal? {
    var tokens = JSONTokens(bytes, at: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0)
    do throws(JSONFault) {
      try tokens.skip(depth: 0)
      return nil
    } catch {
      return error.refusal(bytes, path: path, target: path)
    }
  }

  /// In English, as part of "PATH: NAME; ...".
  public var name: String {
    switch self {
    case .domain: "a libvirt domain"
    case .domainStatus: "a libvirt domain's status"
    case .libvirtXML(let what): what
    case .xml(let root?): "XML with the top element <\(root)>"
    case .xml(nil): "XML without a top element"
    case .libvirtConfiguration(.daemon(let name)): "configuration of \(name)"
    case .libvirtConfiguration(.driver): "configuration of libvirt's QEMU driver"
    case .libvirtConfiguration(.other(let what)): what
    case .configuration: "configuration of another program"
    case .commandLine: "a QEMU command line"
    case .vmx: "a VMware virtual machine (.vmx)"
    case .containers: "a description of containers or of their engine"
    case .containerConfiguration: "configuration of containerd or gVisor"
    case .vmsd: "a list of a VMware virtual machine's snapshots"
    case .ovf: "an OVF descriptor"
    case .guestTools: "settings of VMware Tools"
    case .hyperV: "settings of Hyper-V and Windows"
    case .registryExport: "a registry export"
    case .bootConfiguration: "a boot configuration that bcdedit printed"
    case .systemInformation: "a report of System Information"
    case .facts: "facts"
    case .inventory: "a vSphere inventory"
    case .vmwareSettings: "advanced settings of vSphere"
    case .json: "JSON of no kind that is known here"
    case .wideText(let encoding): "\(encoding) text"
    case .binary: "binary data"
    case .empty: "an empty file"
    case .text: "text of no kind that is known here"
    }
  }

  // MARK: -

  /// The prefix without byte order mark and leading space.
  private static func start(of bytes: [UInt8]) -> ArraySlice<UInt8> {
    let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
    return text.prefix(prefix).drop { isSpace($0) }
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

  private static let libvirtRoots: [String: String] = [
    "network": "a libvirt network", "networkstatus": "a libvirt network's status", "filter": "a libvirt network filter",
    "filterbinding": "a libvirt network filter binding", "filterbindingb": "a libvirt network filter binding",
    "capabilities": "libvirt's capabilities",
    "domainCapabilities": "libvirt's domain capabilities", "storagepoolCapabilities": "libvirt's storage pool capabilities",
    "pool": "a libvirt storage pool",
    "poolstate": "a libvirt storage pool's status", "volume": "a libvirt storage volume", "secret": "a libvirt secret",
    "device": "a libvirt node device",
    "interface": "a libvirt host interface", "domainsnapshot": "a libvirt snapshot", "domaincheckpoint": "a libvirt checkpoint",
    "domainbackup": "a libvirt backup job", "disk": "a libvirt disk", "networkport": "a libvirt network port",
    "qemuCaps": "libvirt's cache of QEMU's capabilities",
    "sources": "a libvirt list of pool sources", "sysinfo": "libvirt's system information", "hostdev": "a libvirt host device",
  ]

  /// nil for text that only begins with `<`.
  private static func xml(_ text: ArraySlice<UInt8>) -> FileKind? {
    guard text.dropFirst().first.map({ $0 == 0x21 || $0 == 0x3F || XMLStart.isNameByte($0) }) ?? false else { return nil }
    guard let root = XMLStart.root(text) else { return .xml(root: nil) }
    switch root {
    case "domain": return .domain
    case "domstatus": return .domainStatus
    case "Envelope" where OVFDescriptor.isEnvelope(text): return .ovf
    default:
      if let what = libvirtRoots[root] { return .libvirtXML(what) }
      return .xml(root: root)
    }
  }

  /// Bytes looked at for the marks of texts that Windows wrote.
  private static let windowsPrefix = 256 << 10

  /// A kind that Windows writes in UTF-16; nil for any other text.
  private static func wide(_ bytes: [UInt8], name: String) -> FileKind? {
    let text = WindowsText.utf16(Array(bytes.prefix(2 * windowsPrefix)))
    let start = text.drop { isSpace($0) }
    if isJSON(start) { return HyperVInventory.isInventory(start) ? .hyperV : nil }
    return windowsText(start, name: name)
  }

  /// Text of a registry export, of bcdedit or of System Information, in any encoding: their marks are ASCII, or looked for in Chinese too.
  private static func windowsText(_ text: ArraySlice<UInt8>, name: String) -> FileKind? {
    if RegistryExport.isExport(text) || name.hasSuffix(".reg") || isKeyOfRegistry(text) { return .registryExport }
    guard !isCodeOrProse(name), mayBeWindows(text) else { return nil }
    let lines = WindowsText.lines(WindowsText.utf8(Array(text)))
    if SystemInformation.isReport(lines) { return .systemInformation }
    return BootConfiguration.isListing(lines) ? .bootConfiguration : nil
  }

  /// A key of the registry at the start, as in an export whose heading is missing.
  private static func isKeyOfRegistry(_ text: ArraySlice<UInt8>) -> Bool {
    ["[HKEY_", "[-HKEY_"].contains { text.starts(with: $0.utf8) }
  }

  /// What bcdedit and System Information always write, so that other texts are not taken apart into lines.
  private static func mayBeWindows(_ text: ArraySlice<UInt8>) -> Bool {
    ["{current}", "{bootmgr}", "winload", "Microsoft Windows"].contains { ByteSearch.firstIndex(of: Array($0.utf8), in: text) != nil }
  }

  /// An object, or an array: `[` alone may open a section of settings.
  private static func isJSON(_ text: ArraySlice<UInt8>) -> Bool {
    guard let first = text.first, first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else { return false }
    guard let next = text.dropFirst().first(where: { !isSpace($0) }) else { return false }
    if first == UInt8(ascii: "{") { return next == UInt8(ascii: "\"") || next == UInt8(ascii: "}") }
    return [0x7B, 0x5B, 0x5D, 0x22, 0x2D].contains(next) || (0x30...0x39).contains(next)
  }

  private static func isFacts(_ bytes: [UInt8]) -> Bool {
    ByteSearch.firstIndex(of: Array("\"ringwall.facts/".utf8), in: bytes[...]) != nil
  }

  private static func json(_ text: ArraySlice<UInt8>, whole bytes: [UInt8], name: String) -> FileKind {
    if isInventory(text) { return .inventory }
    if isFacts(bytes) { return .facts }
    if ContainerMarks.areIn(json: text, name: name) { return .containers }
    if HyperVInventory.isInventory(text.prefix(windowsPrefix)) { return .hyperV }
    return ExportedSettings.isExport(text.prefix(64 << 10)) ? .vmwareSettings : .json
  }

  /// Its schema stands near the beginning, before anything that could quote another's.
  private static func isInventory(_ text: ArraySlice<UInt8>) -> Bool {
    let head = text.prefix(64 << 10)
    guard let at = ByteSearch.firstIndex(of: Array("\"ringwall.vsphere/".utf8), in: head) else { return false }
    return ByteSearch.firstIndex(of: Array("\"ringwall.facts/".utf8), in: head[..<at]) == nil
  }

  /// Control bytes that no text has, or no UTF-8 from the first KiB on.
  private static func isBinary(_ text: ArraySlice<UInt8>) -> Bool {
    let head = text.prefix(1024)
    let odd = head.filter { ($0 < 0x20 && !isSpace($0) && $0 != 0x1B) || $0 == 0x7F }.count
    return odd > head.count / 64
  }

  /// Names that stand in every .vmx and in nothing else.
  private static func isVMX(_ text: ArraySlice<UInt8>) -> Bool {
    let head = text.prefix(64 << 10).map { $0 | ((0x41...0x5A).contains($0) ? 0x20 : 0) }
    return ["virtualhw.version", "config.version"].contains { key in
      var from = head.startIndex
      while let at = ByteSearch.firstIndex(of: Array(key.utf8), in: head[from...]) {
        let startsLine = at == 0 || head[at - 1] == 0x0A || head[at - 1] == 0x20 || head[at - 1] == 0x09
        let rest = head[(at + key.utf8.count)...].drop { $0 == 0x20 || $0 == 0x09 }
        if startsLine, rest.first == 0x3D { return true }
        from = at + 1
      }
      return false
    }
  }

  /// By name, or because the first command (in a script any command) runs QEMU.
  private static func isCommandLine(_ text: ArraySlice<UInt8>, name: String, path: String) -> Bool {
    if name.hasSuffix(".args") || name.hasSuffix(".cmdline") || name == "cmdline" && text.first == UInt8(ascii: "q") { return true }
    let head = Array(text)
    guard ["qemu", "kvm", "-machine", "-name"].contains(where: { ByteSearch.firstIndex(of: Array($0.utf8), in: head[...]) != nil }) else {
      return false
    }
    guard let commands = try? ShellText.commands(in: head) else { return false }
    if head.starts(with: [0x23, 0x21]) || name.hasSuffix(".sh") {
      return commands.contains { CommandLine.programIndex($0.map(\.text)) != nil }
    }
    guard let first = commands.first else { return false }
    let words = first.map(\.text)
    if CommandLine.programIndex(words) != nil { return words.count > 1 && !isCodeOrProse(name) }
    return CommandLine.isOption(words[0]) && !isCodeOrProse(name)
      && words.contains { ["-machine", "-M", "-device", "-drive", "-m", "-accel"].contains($0) }
  }

  private static func isCodeOrProse(_ name: String) -> Bool {
    [
      ".md", ".rst", ".html", ".htm", ".adoc", ".tex", ".py", ".swift", ".c", ".h", ".rs", ".go", ".js", ".ts", ".rego", ".rb", ".pl",
      ".java", ".yaml",
      ".yml", ".toml", ".sh", ".bash", ".mk", ".service", ".css", ".csv", ".log",
    ].contains { name.hasSuffix($0) }
  }
}

/// The beginning of an XML text, up to its top element.
enum XMLStart {
  static func isNameByte(_ byte: UInt8) -> Bool {
    ShellText.isNameByte(byte) || byte == 0x3A || byte == 0x2D || byte == 0x2E || byte >= 0x80
  }

  /// Local name of the top element; nil when declarations and comments do not end.
  static func root(_ text: ArraySlice<UInt8>) -> String? {
    var rest = text
    while true {
      rest = rest.drop { $0 != UInt8(ascii: "<") }
      guard rest.count > 1 else { return nil }
      let next = rest[rest.startIndex + 1]
      if rest.starts(with: Array("<!--".utf8)) {
        guard let end = ByteSearch.firstIndex(of: Array("-->".utf8), in: rest.dropFirst(4)) else { return nil }
        rest = rest[(end + 3)...]
      } else if next == UInt8(ascii: "?") {
        guard let end = ByteSearch.firstIndex(of: Array("?>".utf8), in: rest) else { return nil }
        rest = rest[(end + 2)...]
      } else if next == UInt8(ascii: "!") {
        guard let end = endOfDeclaration(rest) else { return nil }
        rest = rest[end...]
      } else {
        let name = rest.dropFirst().prefix(128).prefix(while: isNameByte)
        guard !name.isEmpty else { return nil }
        let local = name.split(separator: UInt8(ascii: ":")).last ?? name
        return String(decoding: local, as: UTF8.self)
      }
    }
  }

  /// Behind `<!DOCTYPE ... [ ... ]>`.
  private static func endOfDeclaration(_ text: ArraySlice<UInt8>) -> Int? {
    var depth = 0
    for i in text.indices {
      switch text[i] {
      case UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "]"): depth -= 1
      case UInt8(ascii: ">") where depth <= 0: return i + 1
      default: break
      }
    }
    return nil
  }
}

/// Finding bytes in bytes.
enum ByteSearch {
  /// Offset of the first occurrence. Linear for needles whose first byte is rare, as all of ours are.
  static func firstIndex(of needle: [UInt8], in haystack: ArraySlice<UInt8>) -> Int? {
    guard let first = needle.first, haystack.count >= needle.count else { return nil }
    var at = haystack.startIndex
    let last = haystack.endIndex - needle.count
    while at <= last {
      if haystack[at] == first {
        var matched = 1
        while matched < needle.count, haystack[at + matched] == needle[matched] { matched += 1 }
        if matched == needle.count { return at }
      }
      at += 1
    }
    return nil
  }
}
