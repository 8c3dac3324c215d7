internal import Domain

/// Where graphics listen that name no address: libvirt's QEMU driver decides it when the guest starts
/// (qemu_process.c: qemuProcessGraphicsSetupListen).
struct GraphicsDefaults {
  private static let path = "/etc/libvirt/qemu.conf"

  private enum Settings {
    /// No file: libvirt's own defaults, which the facts already hold.
    case builtIn
    case written(ConfigurationText)
    case failed(String)
  }

  private let settings: Settings

  init(_ tree: Tree) {
    do throws(Tree.Failure) {
      let bytes = try tree.bytes(Self.path, limit: ConfigurationText.largestFile)
      do throws(ConfigurationError) {
        settings = .written(try ConfigurationText(bytes))
      } catch {
        settings = .failed(error.code)
      }
    } catch {
      settings = error == .notFound || error == .notGiven ? .builtIn : .failed(error.why)
    }
  }

  /// A list of graphics with the addresses of qemu.conf in those that name none; unreadable where one is such and the file is.
  func resolved(_ graphics: Fact) -> Fact {
    guard let elements = graphics.value?.elements, elements.contains(where: Self.isOpen) else { return graphics }
    switch settings {
    case .builtIn: return graphics
    case .failed(let why): return .unreadable(why, .path(Self.path))
    case .written(let text):
      var sources = graphics.source
      var resolved: [FactValue] = []
      for (index, element) in elements.enumerated() {
        guard Self.isOpen(element), let type = element["type"]?.text, let (members, entry) = Self.listen(element, type, text) else {
          resolved.append(element)
          continue
        }
        resolved.append(.object(members))
        if index < sources.count { sources[index] = .path(Self.path, line: entry.line, column: entry.column) }
      }
      return .present(.array(resolved), sources: sources)
    }
  }

  private static func isOpen(_ element: FactValue) -> Bool {
    element["kind"]?.text == "address" && element["given"]?.flag == false && ["vnc", "spice"].contains(element["type"]?.text)
  }

  /// The element with what the setting makes of it, and the setting; nil where libvirt's own default holds.
  private static func listen(
    _ element: FactValue, _ type: String, _ text: ConfigurationText
  ) -> (members: [FactValue.Member], entry: ConfigurationText.Entry)? {
    let members = element.members ?? []
    if let entry = text[type + "_auto_unix_socket"], case .number(1, _) = entry.value {
      let kept = members.filter { !["kind", "address", "port", "tlsPort"].contains($0.key) }
      return (kept + [.init("kind", text: "socket")], entry)
    }
    if let entry = text[type + "_listen"], case .string(let address) = entry.value, !address.isEmpty {
      return (members.map { $0.key == "address" ? .init("address", text: address) : $0 }, entry)
    }
    return nil
  }
}
