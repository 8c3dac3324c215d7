internal import Domain

/// Asks a host's esxcli through the API, where no property says the same. Commands that only print.
///
/// The host's method executer (vim25, RetrieveManagedMethodExecuter and ExecuteSoap, which VMware's own esxcli for other machines calls) needs
/// more rights than Read-only on some versions. What is refused is told command by command.
struct HostCommands: Sendable {
  /// As they are typed behind esxcli.
  static let commands = [
    "software acceptance get", "system account list", "system security fips140 ssh get", "system security keypersistence get",
    "system settings encryption get", "system settings kernel list", "system ssh server config list", "system syslog config get",
    "system syslog config logfilter get", "system tls server get",
  ]

  /// What each command printed, and what was refused.
  struct Answers: Sendable {
    var members: [FactValue.Member] = []
    var errors: [(command: String, message: String)] = []
  }

  private let session: ServiceSession

  init(_ session: ServiceSession) { self.session = session }

  func answers(of host: ManagedObject) async throws(ServiceFailure) -> Answers {
    var answers = Answers()
    let executer: ManagedObject?
    do throws(ServiceFailure) {
      executer = try await session.call("RetrieveManagedMethodExecuter", on: host).first("returnval")?.object
    } catch {
      guard error.isOfOneObject else { throw error }
      answers.errors = Self.commands.map { ($0, error.message) }
      return answers
    }
    guard let executer else {
      answers.errors = Self.commands.map { ($0, "the host has no method executer") }
      return answers
    }
    for command in Self.commands {
      do throws(ServiceFailure) {
        let answer = try await session.call("ExecuteSoap", on: executer, Self.arguments(command))
        switch try Self.value(answer.first("returnval"), from: session.address.text) {
        case .success(let value): answers.members.append(.init(command, value))
        case .failure(let refusal): answers.errors.append((command, refusal.message))
        }
      } catch {
        guard error.isOfOneObject else { throw error }
        answers.errors.append((command, error.message))
      }
    }
    return answers
  }

  /// `system account list` is the method "list" of the handler "system-account".
  static func arguments(_ command: String) -> [SOAPElement] {
    let words = command.split(separator: " ")
    return [
      SOAPElement("moid", "ha-cli-handler-" + words.dropLast().joined(separator: "-")), SOAPElement("version", "urn:vim25/5.0"),
      SOAPElement("method", "vim.EsxCLI." + words.joined(separator: ".")),
    ]
  }

  struct Refused: Error {
    let message: String
  }

  /// The answer is XML in the text of an element: rows of texts, or one text.
  static func value(_ result: SOAPElement?, from server: String) throws(ServiceFailure) -> Result<FactValue, Refused> {
    guard let result else { return .success(.array([])) }
    if let fault = result.first("fault") {
      return .failure(Refused(message: ServerFault(nil, message: fault.text("faultMsg") ?? "").message))
    }
    guard let text = result.text("response"), !text.isEmpty else { return .success(.array([])) }
    let root = try SOAPReader.read(Array(text.utf8), from: server)
    switch root.type {
    case "string"?, "boolean"?, "long"?, "int"?: return .success(.string(root.text))
    case let type? where type.hasPrefix("ArrayOf"): return .success(.array(root.children.map(row)))
    default: return .success(root.children.isEmpty ? .string(root.text) : row(root))
    }
  }

  /// Columns as the API names them, "UserID" for "User ID"; several of one name are a list.
  private static func row(_ element: SOAPElement) -> FactValue {
    var members: [FactValue.Member] = []
    for column in element.children where !VimNames.isSecret(column.name) {
      let value = FactValue.string(column.text)
      if let i = members.firstIndex(where: { $0.key == column.name }) {
        members[i] = .init(column.name, .array((members[i].value.elements ?? [members[i].value]) + [value]))
      } else {
        members.append(.init(column.name, value))
      }
    }
    return .object(members)
  }
}
