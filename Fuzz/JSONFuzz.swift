import Rego

/// A libFuzzer entry: any bytes are read as JSON.
///
/// Beyond not crashing: what was read is written as text that is read as the same, a document beside its twin is read as it is alone (the
/// second one meets the first one's forms of objects), and an error lies inside the text.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJSON(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  do throws(RegoError) {
    let text = try Document(json: bytes).json()
    precondition(written(text) == text, "what was written is read as something else")
    let twins = [0x5B] + bytes + [0x2C] + bytes + [0x5D]
    // The array adds a level, which a document at the limit has no room for.
    if let both = written(twins) { precondition(both == [0x5B] + text + [0x2C] + text + [0x5D], "the second reading differs from the first") }
  } catch {
    let lines = bytes.reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
    precondition(error.location.row >= 1 && Int(error.location.row) <= lines && error.location.column >= 1, "place outside the text")
    precondition(Int(error.location.column) <= bytes.count + 1, "place outside the text")
  }
  return 0
}

/// The document's own text; nil where it is no JSON.
private func written(_ bytes: [UInt8]) -> [UInt8]? { (try? Document(json: bytes))?.json() }
