internal import Rego

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

extension StandardFunctions {
  /// OPA's `net.lookup_ip_addr`: the addresses of a host, by the system's resolver. Only for hosts that the evaluation allows.
  static let addressLookup: [BuiltinFunction] = [
    BuiltinFunction("net.lookup_ip_addr", arity: 1, isNondeterministic: true) { call throws(BuiltinError) in
      let bytes = try call.text(0)
      let name = String(decoding: bytes, as: UTF8.self)
      guard !bytes.isEmpty, !bytes.contains(0), bytes.count <= 255 else { throw .failed("lookup \(name): no such host") }
      let key = Array("net.lookup_ip_addr ".utf8) + bytes
      if let known = call.remembered(key) { return known }
      guard call.network.allows(name) else { throw .failed("host not allowed: \(name)") }
      let found = RegoValue.set(try Resolver.addresses(of: name).map { .string($0) })
      call.remember(found, for: key)
      return found
    }
  ]
}

enum Resolver {
  /// Each address once, in the resolver's order.
  static func addresses(of name: String) throws(BuiltinError) -> [String] {
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = unsafe getaddrinfo(name, nil, &hints, &list)
    guard code == 0 else { throw .failed("lookup \(name): no such host") }
    defer { unsafe freeaddrinfo(list) }
    var found: [String] = []
    var next = unsafe list
    while let entry = unsafe next, found.count < 1024 {
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      // SAFETY: the entry is the resolver's, and the text has room for the longest address.
      let result = unsafe getnameinfo(
        entry.pointee.ai_addr, entry.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
      if result == 0 {
        let address = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if !found.contains(address) { found.append(address) }
      }
      unsafe next = entry.pointee.ai_next
    }
    return found
  }
}
