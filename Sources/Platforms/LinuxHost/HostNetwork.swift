internal import Domain

extension HostFacts {
  private static let interfaces = "/sys/class/net"

  /// Facts `net.bridges` (names of bridges), `net.bridge_tables` (nftables tables of the bridge family that hold a chain),
  /// `net.virtual_functions` ([{device, vf, spoofchk, trust}]).
  mutating func readNetwork() {
    let names: [String]
    do throws(Tree.Failure) {
      names = try tree.names(in: Self.interfaces)
      let bridges = names.filter { tree.exists("\(Self.interfaces)/\($0)/bridge") }
      self["net.bridges"] = .present(
        .array(bridges.map { .string($0) }),
        sources: bridges.isEmpty ? [.path(Self.interfaces)] : bridges.map { .path("\(Self.interfaces)/\($0)/bridge") })
    } catch {
      names = []
      self["net.bridges"] = fact(Self.interfaces, failed: error, within: "/sys/class")
    }
    readBridgeTables()
    readVirtualFunctions(names)
  }

  /// The bridge family's tables in the output of `nft list ruleset`.
  private mutating func readBridgeTables() {
    do throws(Tree.OutputFailure) {
      let output = try tree.output(of: "nft", ["list", "ruleset"])
      var tables: [FactValue] = []
      var sources: [FactSource] = []
      var current: (name: String, line: Int)?
      for (number, line) in NumberedLines(output.text) {
        let words = line.words
        if words.count >= 3, words[0] == "table" {
          current = words[1] == "bridge" ? (words[2], number) : nil
        } else if words.first == "type", let table = current {
          // A base chain: "type filter hook forward priority filter; policy drop;".
          tables.append(.string(table.name))
          sources.append(output.source(line: table.line))
          current = nil
        }
      }
      self["net.bridge_tables"] = .present(.array(tables), sources: tables.isEmpty ? [output.source] : sources)
    } catch {
      self["net.bridge_tables"] = error.fact
    }
  }

  private mutating func readVirtualFunctions(_ names: [String]) {
    let counts = names.map { "\(Self.interfaces)/\($0)/device/sriov_numvfs" }
    let inUse = counts.filter { (try? tree.line($0).trimmed).flatMap { Int($0) } ?? 0 > 0 }
    do throws(Tree.OutputFailure) {
      if inUse.isEmpty, tree.isLive {
        self["net.virtual_functions"] = self["net.bridges"]?.state == .present ? .present([], .path(Self.interfaces)) : self["net.bridges"]
        return
      }
      let output = try tree.output(of: "ip", ["-j", "link", "show"])
      guard case .array(let links)? = JSONReader.read(output.text) else {
        self["net.virtual_functions"] = .unreadable("malformed", output.source)
        return
      }
      var functions: [FactValue] = []
      for link in links {
        guard case .array(let list)? = link["vfinfo_list"] else { continue }
        for function in list {
          functions.append([
            "device": link["ifname"] ?? .null, "vf": function["vf"] ?? .null, "spoofchk": Self.flag(function["spoofchk"]),
            "trust": Self.flag(function["trust"]),
          ])
        }
      }
      self["net.virtual_functions"] = .present(.array(functions), output.source)
    } catch {
      // Without the command's answer: interfaces that show no function in use have none.
      let sawAll = inUse.isEmpty && self["net.bridges"]?.state == .present
      self["net.virtual_functions"] = sawAll ? .present([], .path(Self.interfaces)) : error.fact
    }
  }

  /// iproute2 has written these as booleans and as "on" and "off".
  private static func flag(_ value: FactValue?) -> FactValue {
    switch value {
    case .bool(let flag): .bool(flag)
    case .string(let text): .bool(text == "on" || text == "true")
    case .int(let number): .bool(number != 0)
    default: .null
    }
  }
}
