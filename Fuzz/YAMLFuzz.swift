import Rego

/// A libFuzzer entry: any bytes are read as a YAML document.
///
/// Beyond not crashing and ending in time: what is read is valid and the other way round, and what is written of it is read as the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzYAML(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  guard let text = String(validating: bytes, as: UTF8.self) else { return 0 }
  let options = EvaluationOptions(steps: 1_000_000, memory: 64 << 20)
  guard let solution = try? yamlQuery.evaluate(input: Document(.string(text)), options: options).first else { return 0 }
  precondition(solution["valid"] == .boolean(solution["values"] != .array([])), "what is valid cannot be read, or the other way round")
  precondition(solution["isSame"] == .boolean(true), "what was written is read as something else")
  return 0
}

private let yamlQuery: PreparedQuery = {
  let text = """
    valid := yaml.is_valid(input)
    values := [value | value := yaml.unmarshal(input)]
    again := [value | value := yaml.unmarshal(yaml.marshal(values[_]))]
    isSame := values == again
    """
  do { return try Policy([]).prepare(text) } catch { fatalError("\(error)") }
}()
