// Compiled with Sources/VSphere/ServiceFailure.swift Sources/VSphere/SOAP/SOAPElement.swift Sources/VSphere/SOAP/SOAPReader.swift
// Compiled with Sources/VSphere/SOAP/SOAPAnswer.swift Sources/VSphere/SOAP/SOAPWriter.swift
// Compiled with Sources/VSphere/Inventory/VimValue.swift Sources/VSphere/Inventory/VimNames.swift
import Domain
import Platforms

/// A libFuzzer entry: any bytes are read as the answer of a vSphere server, and as a value of vim25. Seeds: Fuzz/Seeds/SOAP.
///
/// Beyond not crashing: reading ends in an element or in one sentence, what was read can be written and read again, and no secret becomes a value.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzSOAP(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  do throws(ServiceFailure) {
    let root = try SOAPReader.read(bytes, from: "fuzz")
    precondition(depth(of: root) <= SOAPReader.depth, "nested too deep")
    let value = VimValue.of(root)
    precondition(!holdsSecret(value), "a secret became a value")
    precondition(JSONText.bytes(value).count > 0, "a value is no JSON")
    if case .fault(let fault) = try SOAPAnswer(root, from: "fuzz") { precondition(!fault.text.contains("\n"), "a fault of several lines") }
  } catch {
    precondition(!error.message.isEmpty && !error.message.contains("\n"), "an error that is no sentence")
  }
  return 0
}

private func depth(of element: SOAPElement) -> Int { 1 + (element.children.map { depth(of: $0) }.max() ?? 0) }

private func holdsSecret(_ value: FactValue) -> Bool {
  switch value {
  case .object(let members): members.contains { VimNames.isSecret($0.key) || holdsSecret($0.value) }
  case .array(let elements): elements.contains { holdsSecret($0) }
  default: false
  }
}
