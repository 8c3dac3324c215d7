/// What an envelope holds: the element of the answer, or the server's fault.
enum SOAPAnswer {
  case response(SOAPElement)
  case fault(ServerFault)

  /// - Throws: `foreign` where it is no envelope.
  init(_ root: SOAPElement, from server: String) throws(ServiceFailure) {
    guard root.name == "Envelope", let content = root.first("Body")?.children.first else {
      throw ServiceFailure(
        .foreign,
        "\(server): answers with <\(root.name.prefix(40))> and no SOAP envelope, so that no vSphere server speaks there; name a vCenter or an ESXi host"
      )
    }
    self = content.name == "Fault" ? .fault(ServerFault(content)) : .response(content)
  }
}

/// A SOAP fault of vim25: its type, its words, and what it is about.
struct ServerFault {
  /// "InvalidLogin", "NoPermission"; "" where the server names none.
  let type: String
  let message: String
  /// The property or the privilege.
  let subject: String?

  init(_ fault: SOAPElement) {
    let detail = fault.first("detail")?.children.first
    self.init(detail, message: fault.text("faultstring") ?? "")
  }

  /// - Parameter detail: the fault itself, whose type is an attribute or, as ESXi writes it, in the element's name.
  init(_ detail: SOAPElement?, message: String) {
    var type = detail?.type ?? detail?.name ?? ""
    if detail?.type == nil, type.hasSuffix("Fault"), type != "Fault" { type.removeLast("Fault".count) }
    self.type = type == "Fault" ? "" : type
    subject = detail?.text("name") ?? detail?.text("privilegeId") ?? detail?.text("invalidProperty")
    // One line, without what a terminal would obey, and never long.
    let words = message.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    self.message = String(
      words.unicodeScalars.filter { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }.prefix(200).map(Character.init))
  }

  /// What went wrong, in one piece of a sentence.
  var text: String {
    let name = type.isEmpty ? "fault" : type
    let about = subject.map { $0.isEmpty ? "" : " (\($0.prefix(100)))" } ?? ""
    return message.isEmpty || message == type ? name + about : "\(name)\(about): \(message)"
  }
}
