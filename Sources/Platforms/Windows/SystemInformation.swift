internal import Domain

/// The report of System Information (`msinfo32 /report FILE`) in English, British English or Chinese: lines of an item, a tab and its value.
///
/// Items are told by words that are theirs in each language, because their spelling differs from release to release.
struct SystemInformation: Sendable {
  struct Value: Sendable {
    let text: String
    let line: Int
  }

  private var items: [(name: String, value: Value)] = []

  /// True for a report: an item of every summary stands in it with a tab behind its name.
  static func isReport(_ lines: [WindowsText.Line]) -> Bool {
    lines.contains { line in
      guard let tab = line.text.firstIndex(of: "\t") else { return false }
      return ["os name", "os 名称"].contains(line.text[..<tab].withoutOuterBlanks.lowercased())
    }
  }

  init(_ lines: [WindowsText.Line]) {
    for line in lines {
      guard let tab = line.text.firstIndex(of: "\t") else { continue }
      let name = line.text[..<tab].withoutOuterBlanks.lowercased()
      if name.isEmpty { continue }
      items.append((name, Value(text: line.text[tab...].withoutOuterBlanks, line: line.number)))
    }
  }

  /// The machine's name.
  var systemName: String? { first { $0 == "system name" || $0 == "系统名称" || $0 == "系统名" }?.text }

  private func first(_ isItem: (String) -> Bool) -> Value? { items.first { isItem($0.name) }?.value }

  private static func isVBS(_ name: String) -> Bool {
    name.hasPrefix("virtualization-based security") || name.hasPrefix("virtualisation-based security") || name.hasPrefix("基于虚拟化的安全")
  }

  /// The item of virtualization-based security itself, or the one of it that holds all of the words.
  private func vbs(_ words: [String]) -> Value? {
    first { name in
      guard Self.isVBS(name) else { return false }
      if words.isEmpty { return name.hasSuffix("security") || ["基于虚拟化的安全性", "基于虚拟化的安全"].contains(name) }
      return words.allSatisfy(name.contains)
    }
  }

  /// Facts that the report holds; what it does not name is left out.
  func facts(path: String) -> [String: Fact] {
    var facts: [String: Fact] = [:]
    func put(_ name: String, _ value: Value?, _ read: (String) -> FactValue?) {
      guard let value else { return }
      let source = FactSource.path(path, line: value.line)
      facts[name] = read(value.text).map { .present($0, source) } ?? .unreadable("malformed", source)
    }
    put("deviceGuard.status", vbs([]), Self.status)
    put("deviceGuard.servicesRunning", vbs(["services running"]) ?? vbs(["服务", "运行"]), Self.services)
    put("deviceGuard.servicesConfigured", vbs(["services configured"]) ?? vbs(["服务", "配置"]), Self.services)
    put("secureBoot", first { $0 == "secure boot state" || $0 == "安全启动状态" }) { Self.secureBoot($0) }
    put("dma.protection", first { $0 == "kernel dma protection" || $0 == "内核 dma 保护" }) { Self.isOn($0).map { .bool($0) } }
    put("windows.version", first { $0 == "version" || $0 == "版本" }) { Self.version($0).map { .string($0) } }
    put("windows.build", first { $0 == "version" || $0 == "版本" }) { Self.build($0).map { .int($0) } }
    // Where nothing runs the list of services is left out of the report.
    if facts["deviceGuard.servicesRunning"] == nil, case .int(let status)? = facts["deviceGuard.status"]?.value, status < 2 {
      facts["deviceGuard.servicesRunning"] = .present([], sources: facts["deviceGuard.status"]?.source ?? [])
    }
    return facts
  }

  /// VirtualizationBasedSecurityStatus: 0 not enabled, 1 enabled and not running, 2 running.
  private static func status(_ text: String) -> FactValue? {
    let lower = text.lowercased()
    if lower.contains("not running") || lower.contains("未运行") { return 1 }
    if lower.hasPrefix("running") || lower.hasPrefix("正在运行") { return 2 }
    if lower.hasPrefix("not enabled") || lower.hasPrefix("未启用") { return 0 }
    return nil
  }

  /// Numbers of Win32_DeviceGuard for the services that are named; names of services stay English in some translations.
  private static func services(_ text: String) -> FactValue? {
    var numbers: [FactValue] = []
    let lower = text.lowercased()
    for (number, words) in serviceNames where words.contains(where: lower.contains) { numbers.append(.int(number)) }
    return .array(numbers)
  }

  private static let serviceNames: [(Int64, [String])] = [
    (1, ["credential guard", "凭据保护", "凭据防护", "凭据守卫"]), (2, ["code integrity", "代码完整性"]),
    (3, ["secure launch", "安全启动", "安全发射"]), (4, ["smm firmware measurement", "smm 固件"]),
  ]

  private static func secureBoot(_ text: String) -> FactValue? {
    let lower = text.lowercased()
    if ["unsupported", "不支持", "不受支持"].contains(lower) { return "unsupported" }
    return isOn(text).map { $0 ? "on" : "off" }
  }

  private static func isOn(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "on", "启用", "已启用", "打开", "开", "开启", "已开启": true
    case "off", "关闭", "关", "已关闭", "禁用", "已禁用", "未启用": false
    default: nil
    }
  }

  /// "10.0.20348" of "10.0.20348 Build 20348" and "10.0.20348 内部版本 20348".
  private static func version(_ text: String) -> String? {
    text.split(separator: " ").first.map(String.init).flatMap { $0.contains(".") ? $0 : nil }
  }

  private static func build(_ text: String) -> Int64? { version(text)?.split(separator: ".").dropFirst(2).first.flatMap { Int64($0) } }
}
