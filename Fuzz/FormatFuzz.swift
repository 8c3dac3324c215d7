import Rego

/// A libFuzzer entry: any bytes are formatted as a module of either edition.
///
/// Beyond not crashing: what can be read can be formatted unless its edition refuses it, formatted text is read again with as many rules
/// and comments, and formatting it changes nothing.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzFormat(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  for (version, target) in [(LanguageVersion.v1, Formatter.Target.v1), (.v0, .v0)] {
    let reading = Parser.Options(version: version, experimentalKeywords: true, annotations: false)
    guard let module = try? Parser.module(bytes, file: "fuzz.rego", options: reading) else { continue }
    let options = Formatter.Options(target: target)
    let once: [UInt8]
    do throws(RegoErrors) { once = try Formatter.format(bytes, file: "fuzz.rego", options: options) } catch {
      precondition(error.errors.allSatisfy { $0.code != .format }, "a module that cannot be formatted")
      continue
    }
    guard let again = try? Formatter.format(once, file: "fuzz.rego", options: options),
      let formatted = try? Parser.module(once, file: "fuzz.rego", options: reading)
    else { preconditionFailure("formatted text is refused") }
    precondition(again == once, "formatting twice differs")
    precondition(formatted.rules.count == module.rules.count, "rules were lost")
    precondition(formatted.comments.count == module.comments.count, "comments were lost")
  }
  return 0
}
