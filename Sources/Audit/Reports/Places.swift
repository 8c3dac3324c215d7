public import Domain

extension FactSource {
  /// "/etc/libvirt/qemu.conf:902", "pid 48213 argv[61]".
  public var shown: String { (line.map { "\(name):\($0)" } ?? name).printable }
}

extension Finding {
  /// The first place that the verdict rests on.
  public var place: FactSource? { evidence.lazy.compactMap(\.source).first }

  /// Each place that the verdict rests on, once, with the first fact that came from it.
  var places: [(fact: String, source: FactSource)] {
    var seen: Set<FactSource> = []
    var places: [(fact: String, source: FactSource)] = []
    for evidence in evidence {
      if let source = evidence.source, seen.insert(source).inserted { places.append((evidence.fact, source)) }
    }
    return places
  }
}

extension Verdict {
  /// Whether somebody has to do something about it.
  var needsAttention: Bool { self == .fail || self == .unknown || self == .waived }
}
