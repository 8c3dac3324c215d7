import Domain

/// Compares the facts of one guest from its XML and from its command line.
struct GuestComparison {
  static let facts = [
    "name", "machine.type", "cpu.model", "memory.backing", "graphics", "nics", "video", "tpm", "chardevs", "hostdevs", "disks", "loader", "shmem", "raw",
    "sandbox",
  ]

  struct Difference {
    let configured: String
    let argv: String
    /// nil for one that nobody explained.
    let reason: String?
  }

  struct Outcome {
    var agreements = 0
    var differences: [Difference] = []

    mutating func add(_ configured: String, _ argv: String, _ reason: String?) {
      if configured == argv { agreements += 1 } else { differences.append(Difference(configured: configured, argv: argv, reason: reason)) }
    }
  }

  let configured: [String: Fact]
  let argv: [String: Fact]

  func compare(_ fact: String) -> Outcome {
    var outcome = Outcome()
    switch fact {
    case "name": outcome.agreements = 1
    default:
      outcome.add(value(configured["configured." + fact]), value(argv["argv." + fact]), nil)
    }
    return outcome
  }

  private func value(_ fact: Fact?) -> String { fact?.value.map { JSONText.string($0) } ?? fact?.state.rawValue ?? "missing" }
}
