import Audit

/// A libFuzzer entry: any bytes are read as a JSON report that a run is compared with.
///
/// Beyond not crashing: a run that was read is the same after it was stored, a comparison with itself finds nothing, and one with nothing
/// opens or closes every finding.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzReport(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  guard let run = try? RunRecord(report: bytes, file: "fuzz.json") else { return 0 }
  guard let head = try? RunRecord.Head(stored: run.head.stored) else { preconditionFailure("a head cannot be read again") }
  precondition(head == run.head, "a head is another one after it was stored")
  for asset in run.assets {
    let again = try? RunRecord.AssetRecord(id: asset.id, kind: asset.kind, name: asset.name, body: asset.body)
    precondition(again == asset, "an asset is another one after it was stored")
  }
  let same = RunComparison(from: run, to: run)
  precondition(same.opened.isEmpty && same.closed.isEmpty && same.changed.isEmpty, "a run differs from itself")
  let gone = RunComparison(from: run, to: RunRecord(head: run.head, assets: []))
  precondition(gone.opened.isEmpty && gone.stillOpen.isEmpty && gone.appeared.isEmpty, "something came from nothing")
  return 0
}
