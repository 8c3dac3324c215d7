internal import CLinux
internal import Domain

extension HostFacts {
  /// Facts `audit.loaded` and `audit.configured` (rules as text), `time.synchronised` (true or false).
  mutating func readRecords() {
    readLoadedRules()
    readConfiguredRules()
    readTime()
  }

  private mutating func readLoadedRules() {
    do throws(Tree.OutputFailure) {
      let output = try tree.output(of: "auditctl", ["-l"])
      var rules: [FactValue] = []
      var sources: [FactSource] = []
      for (number, line) in NumberedLines(output.text) where line.trimmed.hasPrefix("-") {
        rules.append(.string(line.trimmed))
        sources.append(output.source(line: number))
      }
      let places = output.source.kind == .path && !sources.isEmpty ? sources : [output.source]
      self["audit.loaded"] = .present(.array(rules), sources: places)
    } catch {
      self["audit.loaded"] = error.fact
    }
  }

  /// What the next load would bring: the files of augenrules, which replace audit.rules, else audit.rules itself.
  private mutating func readConfiguredRules() {
    let folder = "/etc/audit/rules.d"
    var files = ((try? tree.names(in: folder)) ?? []).filter { $0.hasSuffix(".rules") }.map { folder + "/" + $0 }
    if files.isEmpty { files = ["/etc/audit/audit.rules"] }
    var rules: [FactValue] = []
    var sources: [FactSource] = []
    for path in files {
      do throws(Tree.Failure) {
        for (number, line) in NumberedLines(String(decoding: try tree.bytes(path, limit: 1 << 20), as: UTF8.self)) {
          let rule = line.trimmed
          guard rule.hasPrefix("-w") || rule.hasPrefix("-a") || rule.hasPrefix("-A") else { continue }
          rules.append(.string(rule))
          sources.append(.path(path, line: number, column: 1))
        }
      } catch {
        self["audit.configured"] = fact(path, failed: error, within: "/etc")
        return
      }
    }
    self["audit.configured"] = .present(.array(rules), sources: rules.isEmpty ? files.map { .path($0) } : sources)
  }

  /// chronyc where it answers; the kernel's own clock state on a live system; recorded output of timedatectl in a saved tree.
  private mutating func readTime() {
    if let output = try? tree.output(of: "chronyc", ["tracking"]) {
      for (number, line) in NumberedLines(output.text) where line.hasPrefix("Leap status") {
        let status = line.drop { $0 != ":" }.dropFirst().trimmed
        self["time.synchronised"] = .present(.bool(!status.lowercased().hasPrefix("not synchron")), output.source(line: number))
        return
      }
    }
    guard tree.isLive else {
      readRecordedTime()
      return
    }
    var state = timex()
    let result = unsafe adjtimex(&state)
    let source = FactSource.property("adjtimex status")
    // Source: include/uapi/linux/timex.h, STA_UNSYNC. systemd also distrusts an estimated error of 16 s and more.
    let isUnsynchronised = state.status & 0x40 != 0 || state.maxerror >= 16_000_000
    self["time.synchronised"] = result == -1 ? .unreadable("io", source) : .present(.bool(!isUnsynchronised), source)
  }

  private mutating func readRecordedTime() {
    do throws(Tree.OutputFailure) {
      let output = try tree.output(of: "timedatectl", [])
      for (number, line) in NumberedLines(output.text) {
        let isAnswer =
          line.contains("System clock synchronized:") || line.contains("NTP synchronized:") || line.hasPrefix("NTPSynchronized=")
        guard isAnswer else { continue }
        let answer = line.drop { $0 != ":" && $0 != "=" }.dropFirst().trimmed
        self["time.synchronised"] = .present(.bool(answer == "yes"), output.source(line: number))
        return
      }
      self["time.synchronised"] = .unreadable("malformed", output.source)
    } catch {
      self["time.synchronised"] = error.fact
    }
  }
}
