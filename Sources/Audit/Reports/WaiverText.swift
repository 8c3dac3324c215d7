internal import Domain
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
