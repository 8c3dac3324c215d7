internal import Domain
internal import Judgement
public import Waivers

extension Texts {
  /// The finding in words, and for a waived one until when and by what.
  func message(_ result: AuditResult) -> String {
    guard let grant = result.waiver else { return message(result.finding) }
    return self("waiver.note", ["message": message(result.finding), "waiver": waived(grant)])
  }

  /// "waived by W-2026-014 until 2026-12-31, 36 days left; requested by requester, approved by approver A, approver B"
  public func waived(_ grant: WaiverSet.Grant) -> String {
    let waiver = grant.waiver
    return self(
      "waiver.by",
      [
        "id": waiver.id, "end": waiver.end.date, "left": daysLeft(grant.daysLeft), "requester": waiver.requester.name.printable,
        "approvers": waiver.approvers.map(\.name.printable).joined(separator: self["list.items"]),
      ])
  }

  /// "36 days left", "less than a day left".
  public func daysLeft(_ days: Int) -> String { days == 0 ? self["waiver.lastDay"] : self("waiver.days", ["count": "\(days)"]) }
}

extension AuditOutcome {
  /// Waivers for reports: each result that is waived, and what waivers that have ended covered once.
  public var waiverNotices: [WaiverNotice] {
    let now = Instant(collected.at)
    func notice(_ waiver: Waiver, control: String, asset: String, daysLeft: Int) -> WaiverNotice {
      WaiverNotice(
        id: waiver.id, control: control, asset: asset, reason: waiver.reason,
        compensation: waiver.compensating.map { one in one.asset.map { "\(one.control) (\($0))" } ?? one.control }
          .joined(separator: ", "),
        requester: waiver.requester.name, approvers: waiver.approvers.map(\.name), ends: waiver.end.text, daysLeft: daysLeft)
    }
    var notices = results.compactMap { result in
      result.waiver.map { grant in
        notice(grant.waiver, control: result.control.id, asset: result.finding.asset.id, daysLeft: grant.daysLeft)
      }
    }
    for outcome in waivers {
      let waiver = outcome.signed.waiver
      guard let now, now >= waiver.end else { continue }
      // The day of the end is the first that it is over: -1 and not 0, which is the last day of one in force.
      let daysLeft = -1 - waiver.end.days(until: now)
      notices += waiver.facts.map { notice(waiver, control: $0.control, asset: $0.asset, daysLeft: daysLeft) }
    }
    return notices
  }
}
