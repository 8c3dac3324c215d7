import Judgement
import References

/// A libFuzzer entry: a text with statistics and citations. Run from the project's folder, where the table lies.
///
/// Beyond not crashing and ending in time: each finding and each figure lies inside of the text.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzCitation(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let text = unsafe String(decoding: UnsafeBufferPointer(start: start, count: start == nil ? 0 : count), as: UTF8.self)
  let lines = text.split(separator: "\n", omittingEmptySubsequences: false).count
  for finding in citations.findings(in: text) {
    precondition((1...lines).contains(finding.line) && finding.column >= 1 && !finding.citation.isEmpty, "a finding outside of the text")
  }
  for figure in Statistics.all(in: text) {
    precondition(figure.offset < text.utf8.count && !figure.number.isEmpty, "a figure outside of the text")
  }
  return 0
}

private let citations: CitationCheck = {
  do { return CitationCheck(table: try CitationTable(from: try DataFolder(named: "."))) } catch { fatalError("\(error)") }
}()
