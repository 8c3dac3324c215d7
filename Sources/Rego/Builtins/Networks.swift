extension Builtins {
  /// OPA's v1/topdown/cidr.go.
  static let networks: [Builtin] = [
    Builtin("net.cidr_contains", 2) { arguments, _ throws(BuiltinError) in .boolean(try contains(arguments[0], arguments[1])) },
    Builtin("net.cidr_overlap", 2) { arguments, _ throws(BuiltinError) in .boolean(try contains(arguments[0], arguments[1])) },
    Builtin("net.cidr_intersects", 2) { arguments, _ throws(BuiltinError) in
      if let a = PlainNetwork.range(arguments[0], isNetwork: true), let b = PlainNetwork.range(arguments[1], isNetwork: true) {
        return .boolean(a.first <= b.last && b.first <= a.last)
      }
      let a = try network(arguments[0]), b = try network(arguments[1])
      return .boolean(a.contains(b.first) || b.contains(a.first))
    },
    Builtin("net.cidr_is_valid", 1) { arguments, _ throws(BuiltinError) in
      .boolean(arguments[0].isString && IPNetwork(arguments[0].text[...]) != nil)
    },
    Builtin("net.cidr_contains_matches", 2) { arguments, context throws(BuiltinError) in
      let networks = try members(arguments, 0), targets = try members(arguments, 1)
      let result = SetView.make(in: context.heap)
      if networks.isEmpty || targets.isEmpty { return result.value }
      var ranges: [ClosedRange<UInt128>] = []
      for (element, _) in targets { ranges.append(try range(element)) }
      for (element, index) in networks {
        let network = try network(element)
        try context.spend(targets.count)
        for (range, target) in zip(ranges, targets)
        where network.contains(IPAddress(bits: range.lowerBound)) && network.contains(IPAddress(bits: range.upperBound)) {
          result.insert(.array([index, target.index], in: context.heap), in: context.heap)
        }
      }
      result.sort()
      return result.value
    },
    Builtin("net.cidr_expand", 1) { arguments, context throws(BuiltinError) in
      let network = try network(arguments[0])
      let bits = network.width - network.prefix
      guard bits <= expandedBits else { throw .fatal(RegoError(.cancel, "net.cidr_expand: timed out before generating all IP addresses")) }
      try context.spend(1 << bits)
      let result = SetView.make(capacity: 1 << bits, in: context.heap)
      for offset in 0..<(1 << bits) {
        if offset & 0x3FFF == 0x3FFF { try context.look() }
        result.insert(IPAddress(bits: network.first.bits + UInt128(offset)).value(in: context.heap), in: context.heap)
      }
      result.sort()
      return result.value
    },
    Builtin("net.cidr_merge", 1) { arguments, context throws(BuiltinError) in
      guard let elements = Elements(arguments[0]) else { throw .failed("operand must be an array") }
      try context.spend(elements.count)
      return .set(try merged(Array(elements)).map { .string($0, in: context.heap) }, in: context.heap)
    },
  ]

  /// Host bits of the largest network that is written out.
  private static let expandedBits = 22

  private static func network(_ value: Value) throws(BuiltinError) -> IPNetwork {
    guard value.isString else { throw .type("operand 1 must be string but got \(value.typeName)") }
    guard let network = IPNetwork(value.text[...]) else { throw .failed("invalid CIDR address: \(value.string)") }
    return network
  }

  private static func contains(_ a: Value, _ b: Value) throws(BuiltinError) -> Bool {
    if let network = PlainNetwork.range(a, isNetwork: true), let range = PlainNetwork.range(b, isNetwork: false) {
      return network.first <= range.first && range.last <= network.last
    }
    let network = try network(a)
    let range = try range(b)
    return network.contains(IPAddress(bits: range.lowerBound)) && network.contains(IPAddress(bits: range.upperBound))
  }

  /// The addresses of a network, or one address.
  private static func range(_ value: Value) throws(BuiltinError) -> ClosedRange<UInt128> {
    guard value.isString else { throw .type("operand 1 must be string but got \(value.typeName)") }
    let text = value.text
    if let address = IPAddress(text[...]) { return address.bits...address.bits }
    guard let network = IPNetwork(text[...]) else {
      throw .failed("not a valid textual representation of an IP address or CIDR: \(value.string)")
    }
    return network.first.bits...network.last.bits
  }

  /// Networks of an operand and what stands for them in the result.
  private static func members(_ arguments: Arguments, _ operand: Int) throws(BuiltinError) -> [(element: Value, index: Value)] {
    let pairs: [(Value, Value)] =
      switch arguments[operand].tag {
      case .shortString, .longString: [(arguments[operand], arguments[operand])]
      case .array: arguments[operand].elements.enumerated().map { ($0.element, .integer($0.offset)) }
      case .set: arguments[operand].elements.map { ($0, $0) }
      case .object: Members(arguments[operand].objectView).map { ($0.value, $0.key) }
      default: []
      }
    var result: [(element: Value, index: Value)] = []
    for (element, index) in pairs {
      if element.isString {
        result.append((element, index))
      } else if element.isArray, element.arrayView.count > 0 {
        result.append((element.arrayView[0], index))
      } else {
        throw .failed("operand \(operand + 1): element must be string or non-empty array")
      }
    }
    return result
  }

  private struct Block {
    var first: UInt128
    var last: UInt128
    /// Nil once it was merged with another one.
    var network: IPNetwork?
  }

  /// The fewest networks that hold the same addresses. An address without a prefix stands for its classful network.
  private static func merged(_ elements: [Value]) throws(BuiltinError) -> [String] {
    var blocks: [Block] = []
    for element in elements {
      guard element.isString else { throw .failed("element must be string") }
      if let network = plainNetwork(element) {
        blocks.append(Block(first: network.first.bits, last: network.last.bits, network: network))
        continue
      }
      let text = element.text
      if let address = IPAddress(text[...]) {
        guard address.isV4 else { throw .failed("IPv6 invalid: needs prefix length") }
        let prefix = classPrefix(address)
        let host = (1 as UInt128) << UInt128(32 - prefix) - 1
        // Written as it stands, host bits and all.
        blocks.append(
          Block(first: address.bits & ~host, last: address.bits | host, network: IPNetwork(first: address, prefix: prefix)))
      } else {
        let network = try network(element)
        blocks.append(Block(first: network.first.bits, last: network.last.bits, network: network))
      }
    }
    blocks.sort { ($0.last, $0.first) < ($1.last, $1.first) }
    var result: [Block] = []
    // From the highest on down: a block takes in those that reach up to it.
    for block in blocks.reversed() {
      guard let above = result.last, previous(above.first) <= block.last else {
        result.append(block)
        continue
      }
      result[result.count - 1] = Block(first: min(above.first, block.first), last: above.last, network: nil)
    }
    return result.flatMap { block in (block.network.map { [$0] } ?? cover(block.first, block.last)).map(\.text) }
  }

  /// A network of version 4 in its common form.
  private static func plainNetwork(_ value: Value) -> IPNetwork? {
    guard let (first, last) = PlainNetwork.range(value, isNetwork: true) else { return nil }
    return IPNetwork(first: IPAddress(bits: IPAddress.mapped | UInt128(first)), prefix: (last - first).leadingZeroBitCount)
  }

  private static func previous(_ bits: UInt128) -> UInt128 { bits == 0 || bits == IPAddress.mapped ? bits : bits - 1 }

  private static func classPrefix(_ address: IPAddress) -> Int {
    switch UInt8(truncatingIfNeeded: address.bits >> 24) {
    case 0..<128: 8
    case 128..<192: 16
    case 192..<224: 24
    default: 32
    }
  }

  /// The networks that hold just the addresses from `first` to `last`.
  private static func cover(_ first: UInt128, _ last: UInt128) -> [IPNetwork] {
    var result: [IPNetwork] = []
    var position = first
    let isV4 = IPAddress(bits: first).isV4 && IPAddress(bits: last).isV4
    while true {
      var bits = min(position == 0 ? 128 : position.trailingZeroBitCount, isV4 ? 32 : 128)
      while bits > 0, bits == 128 ? last != .max : last - position < (1 << UInt128(bits)) - 1 { bits -= 1 }
      result.append(IPNetwork(first: IPAddress(bits: position), prefix: (isV4 ? 32 : 128) - bits))
      let end = bits == 128 ? UInt128.max : position + ((1 << UInt128(bits)) - 1)
      if end >= last { return result }
      position = end + 1
    }
  }
}
