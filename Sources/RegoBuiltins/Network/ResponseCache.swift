internal import Foundation
internal import Rego
internal import Synchronization

/// Answers that outlive the evaluation that asked for them (RFC 9111, as far as OPA keeps it). The oldest go first where there are too many.
final class ResponseCache: Sendable {
  struct Entry: Sendable {
    var response: IncomingResponse
    /// Nanoseconds since 1970.
    var expiry: Int64
  }

  /// Statuses whose answers may be kept.
  static let cacheable: Set<Int> = [200, 203, 204, 206, 300, 301, 404, 405, 410, 414, 501]
  /// Bytes of bodies, headers and requests that are kept in all.
  static let limit = 64 << 20

  private struct Contents {
    var entries: [[UInt8]: Entry] = [:]
    /// In the order of insertion; keys of removed entries stay until they come up.
    var order: [[UInt8]] = []
    var size = 0

    mutating func remove(_ key: [UInt8]) {
      if let entry = entries.removeValue(forKey: key) { size -= entry.response.size + key.count }
    }
  }

  private let contents = Mutex(Contents())

  subscript(key: [UInt8]) -> Entry? { contents.withLock { $0.entries[key] } }

  func remove(_ key: [UInt8]) { contents.withLock { $0.remove(key) } }

  func insert(_ entry: Entry, for key: [UInt8]) {
    let size = entry.response.size + key.count
    guard size <= Self.limit else { return }
    contents.withLock { contents in
      contents.remove(key)
      contents.order.removeAll { $0 == key }
      while contents.size + size > Self.limit, !contents.order.isEmpty { contents.remove(contents.order.removeFirst()) }
      contents.entries[key] = entry
      contents.order.append(key)
      contents.size += size
    }
  }
}

/// The directives of a `Cache-Control` header; one without a value has an empty one.
struct CacheControl {
  private var directives: [String: String] = [:]

  init(_ header: String) {
    for part in header.split(separator: ",") {
      let items = part.split(separator: "=", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
      if items.count <= 2, !items[0].isEmpty { directives[items[0].lowercased()] = items.count == 2 ? items[1] : "" }
    }
  }

  subscript(name: String) -> String? { directives[name] }

  /// Seconds of `max-age`, at most 2^31 - 1; nil where it is missing.
  var age: Int64? {
    get throws(SendingError) {
      guard let text = directives["max-age"] else { return nil }
      guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
        throw .failed("strconv.ParseUint: parsing \"\(text)\": invalid syntax")
      }
      return min(Int64(text) ?? .max, Int64(Int32.max))
    }
  }
}

extension IncomingResponse {
  /// Bytes that it takes, roughly.
  var size: Int { body.count + headers.reduce(64) { $0 + $1.name.utf8.count + $1.value.utf8.count + 32 } }

  /// The first header of a name in small letters; empty where there is none.
  func header(_ name: String) -> String { headers.first { $0.name.lowercased() == name }?.value ?? "" }

  /// Takes the headers of an answer that says that nothing has changed.
  mutating func update(with response: IncomingResponse) {
    let names = Set(response.headers.map { $0.name.lowercased() })
    headers.removeAll { names.contains($0.name.lowercased()) }
    headers += response.headers
  }

  /// What the policy sees. A body that is not what its type says is null.
  func value(_ form: RequestForm) -> RegoValue {
    let type = header("content-type")
    var decoded = RegoValue.null
    if form.isJSON || Self.isJSON(type) {
      decoded = (try? Document(json: body))?.regoValue ?? .null
    } else if form.isYAML || type.contains("application/yaml") || type.contains("application/x-yaml") {
      decoded = (try? Document(yaml: body))?.regoValue ?? .null
    }
    var named: [String: [RegoValue]] = [:]
    for header in headers { named[header.name.lowercased(), default: []].append(.string(header.value)) }
    return .record([
      ("status", .string(reason.isEmpty ? "\(status)" : "\(status) \(reason)")), ("status_code", .integer(Int64(status))),
      ("body", decoded), ("raw_body", .string(String(decoding: body, as: UTF8.self))),
      ("headers", .record(named.map { ($0.key, .array($0.value)) })),
    ])
  }

  /// "application/json" and "application/*+json", with parameters.
  private static func isJSON(_ type: String) -> Bool {
    let media = type.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
    return media == "application/json" || media.hasPrefix("application/") && media.hasSuffix("+json")
  }
}
