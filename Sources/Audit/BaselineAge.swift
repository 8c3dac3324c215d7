public import Judgement

/// Whether a baseline is still to be trusted at a point in time.
public enum BaselineAge: Sendable, Hashable {
  case current
  /// Its last day has passed.
  case expired(String)
  /// Reviewed longer ago than a quarter.
  case old(reviewed: String, days: Int)

  /// Days after its review from which an audit warns.
  public static let limit = 90

  /// - Parameter now: seconds since 1970.
  public init(_ baseline: Baseline, now: Int64) {
    let today = now / 86_400
    if let text = baseline.expires, let last = Clock.seconds(text), today > last / 86_400 {
      self = .expired(text)
    } else if let text = baseline.reviewed, let reviewed = Clock.seconds(text), today - reviewed / 86_400 > Int64(Self.limit) {
      self = .old(reviewed: text, days: Int(today - reviewed / 86_400))
    } else {
      self = .current
    }
  }

  /// The warning as a sentence; nil for a baseline that is current.
  public func sentence(_ baseline: Baseline, texts: Texts) -> String? {
    switch self {
    case .current: nil
    case .expired(let date): texts("baseline.expired", ["name": baseline.name, "version": baseline.version, "date": date])
    case .old(let date, let days):
      texts("baseline.old", ["name": baseline.name, "version": baseline.version, "date": date, "count": "\(days)"])
    }
  }
}
