import Domain
import Judgement
import Waivers

/// A libFuzzer entry: a waiver document, or a trusted-keys file.
///
/// Beyond not crashing and ending in time: what is read is written and read again as itself, its canonical form is its own, and a document that
/// nobody signed is never in force.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzWaiver(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  do throws(DataError) {
    let waiver = try WaiverReader.read(bytes, file: "waiver.json")
    let again = try WaiverReader.read(waiver.signedBytes, file: "waiver.json")
    precondition(again == waiver, "a waiver does not survive its canonical form")
    let check = WaiverCheck(keys: TrustedKeys(), now: waiver.start)
    precondition(
      !check.defects(of: SignedWaiver(file: "waiver.json", waiver: waiver, signatures: [:])).isEmpty, "nobody signed, and it counts")
  } catch {
    precondition(!error.message.isEmpty, "an error says nothing")
  }
  do throws(DataError) {
    let keys = try TrustedKeys(bytes, file: "keys.json")
    let again = try TrustedKeys(keys.bytes, file: "keys.json")
    precondition(again.entries.count == keys.entries.count, "keys are lost")
  } catch {
    precondition(!error.message.isEmpty, "an error says nothing")
  }
  return 0
}
