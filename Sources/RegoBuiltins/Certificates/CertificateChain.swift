internal import Dispatch
internal import Foundation
internal import Rego
internal import Synchronization
internal import SwiftASN1
@_spi(FixedExpiryValidationTime) internal import X509

/// What a chain has to hold for, besides its signatures.
struct ChainOptions {
  /// "" for any name.
  private(set) var name = ""
  /// Nanoseconds since 1970.
  private(set) var instant: Int64
  /// Numbers of Go's x509.ExtKeyUsage; a certificate of the chain that restricts its use must allow one of them.
  private(set) var usages: [Int64] = [1]
  /// Comparisons of names with one authority's constraints that are allowed (Go's MaxConstraintComparisions).
  private(set) var largestComparisons: Int64 = 250_000

  init(now: Int64) { instant = now }

  init(_ members: [RegoValue.Member], now: Int64) throws(BuiltinError) {
    instant = now
    for member in members {
      guard case .string(let key) = member.key else { throw .failed("invalid key option") }
      switch key {
      case "DNSName":
        guard case .string(let text) = member.value else { throw .failed("'DNSName' should be a string") }
        name = text.trimmingQuotes
      case "CurrentTime":
        guard case .integer(let number) = member.value else { throw .failed("'CurrentTime' should be a valid int64 number") }
        instant = number
      case "MaxConstraintComparisons":
        guard case .integer(let number) = member.value else { throw .failed("'MaxConstraintComparisons' should be a valid number") }
        // As in Go, 0 stands for the usual limit.
        if number != 0 { largestComparisons = number }
      case "KeyUsages":
        guard case .array(let entries) = member.value.asArray else { throw .failed("'KeyUsages' should be an Array or Set") }
        usages = try entries.map { entry throws(BuiltinError) in
          guard case .string(let text) = entry, let number = Self.usageNames.firstIndex(of: text.trimmingQuotes) else {
            throw .failed("invalid entries for 'KeyUsages' found: [\(entry.text ?? "")]")
          }
          return Int64(number)
        }
        // Without a use named, the chain is a server's.
        if usages.isEmpty { usages = [1] }
      default: throw .failed("invalid key option")
      }
    }
  }

  /// The name that the leaf must carry, or the address where the name is one; Go takes an address in brackets too.
  var identity: (name: String?, address: String?) {
    if name.isEmpty { return (nil, nil) }
    var text = name
    if text.hasPrefix("["), text.hasSuffix("]"), text.utf8.count >= 3 { text = String(text.dropFirst().dropLast()) }
    let isAddress = text.contains(":") || text.utf8.allSatisfy { $0 == 0x2E || (0x30...0x39).contains($0) }
    return isAddress ? (nil, text) : (name, nil)
  }

  private static let usageNames = [
    "KeyUsageAny", "KeyUsageServerAuth", "KeyUsageClientAuth", "KeyUsageCodeSigning", "KeyUsageEmailProtection", "KeyUsageIPSECEndSystem",
    "KeyUsageIPSECTunnel", "KeyUsageIPSECUser", "KeyUsageTimeStamping", "KeyUsageOCSPSigning", "KeyUsageMicrosoftServerGatedCrypto",
    "KeyUsageNetscapeServerGatedCrypto", "KeyUsageMicrosoftCommercialCodeSigning", "KeyUsageMicrosoftKernelCodeSigning",
  ]
}

extension String {
  /// Without double quotes at both ends.
  fileprivate var trimmingQuotes: String { String(decoding: Array(utf8).trimmed { $0 == 0x22 }, as: UTF8.self) }
}

extension RegoValue {
  /// A set as an array.
  var asArray: RegoValue { if case .set(let elements) = self { .array(elements) } else { self } }
}

/// Path validation (RFC 5280, section 6) by swift-certificates.
enum CertificateChain {
  /// The path from the leaf, which is the last certificate, to the root, which is the first; nil where there is none that holds.
  static func verified(_ certificates: [CertificateStructure], _ options: ChainOptions) -> [CertificateStructure]? {
    let parsed = certificates.compactMap { try? Certificate(derEncoded: $0.raw) }
    guard parsed.count == certificates.count, let root = parsed.first, let leaf = parsed.last else { return nil }
    guard let path = path(leaf: leaf, root: root, intermediates: Array(parsed.dropFirst().dropLast()), options) else { return nil }
    let chain = path.compactMap { member in parsed.firstIndex(of: member).map { certificates[$0] } }
    guard chain.count == path.count, allows(chain, options.usages) else { return nil }
    for (depth, authority) in path.enumerated() where comparisons(of: path[..<depth], with: authority) > options.largestComparisons {
      return nil
    }
    return chain
  }

  /// Each name of those below an authority is compared with every constraint of its kind.
  private static func comparisons(of certificates: ArraySlice<Certificate>, with authority: Certificate) -> Int64 {
    guard let constraints = try? authority.extensions.nameConstraints else { return 0 }
    var counts: [Int: Int64] = [:]
    for name in constraints.permittedSubtrees + constraints.excludedSubtrees { counts[kind(name), default: 0] += 1 }
    var sum: Int64 = 0
    for certificate in certificates {
      guard let names = try? certificate.extensions.subjectAlternativeNames else { continue }
      for name in names where kind(name) > 0 { sum += counts[kind(name)] ?? 0 }
    }
    return sum
  }

  /// The kinds of names that Go compares; 0 for others, of which there are no constraints.
  private static func kind(_ name: GeneralName) -> Int {
    switch name {
    case .rfc822Name: 1
    case .dnsName: 2
    case .uniformResourceIdentifier: 6
    case .ipAddress: 7
    default: 0
    }
  }

  /// One of the uses is allowed by every certificate of the chain that restricts its use, the root included (Go's checkChainForKeyUsage).
  private static func allows(_ chain: [CertificateStructure], _ usages: [Int64]) -> Bool {
    var usages = usages
    if usages.contains(0) { return true }
    for certificate in chain {
      guard let fields = try? CertificateExtensions(certificate.extensions) else { return false }
      if fields.extendedKeyUsage.isEmpty && fields.unknownExtendedKeyUsage.isEmpty || fields.extendedKeyUsage.contains(0) { continue }
      usages.removeAll { !fields.extendedKeyUsage.contains($0) }
    }
    return !usages.isEmpty
  }

  /// The verifier is asynchronous and does no input or output here: its work is done by the thread that waits for it.
  private static func path(
    leaf: Certificate, root: Certificate, intermediates: [Certificate], _ options: ChainOptions
  ) -> [Certificate]? {
    let date = Date(timeIntervalSince1970: Double(options.instant) / 1e9)
    let (name, address) = options.identity
    let box = PathResult()
    let thread = WaitingThread()
    Task(executorPreference: thread) {
      var verifier = Verifier(rootCertificates: CertificateStore([root])) {
        RFC5280Policy(fixedExpiryValidationTime: date)
        if name != nil || address != nil { ServerIdentityPolicy(serverHostname: name, serverIP: address) }
      }
      let result = await verifier.validate(leaf: leaf, intermediates: CertificateStore(intermediates))
      box.outcome.withLock { $0 = if case .validCertificate(let chain) = result { .some(Array(chain)) } else { .some(nil) } }
    }
    thread.run { box.outcome.withLock { $0 != nil } }
    return box.outcome.withLock { $0 } ?? nil
  }

  /// Where the verifier leaves its answer.
  private final class PathResult: Sendable {
    /// Nil until there is an answer; an answer of nil is a refusal.
    let outcome = Mutex<[Certificate]??>(nil)
  }
}

/// Runs asynchronous work on the thread that waits for it. Waiting for Swift's pool instead would stop for ever where every thread of
/// the pool evaluates a policy that waits.
private final class WaitingThread: TaskExecutor {
  private let jobs = Mutex<[UnownedJob]>([])
  private let arrivals = DispatchSemaphore(value: 0)

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    jobs.withLock { $0.append(job) }
    arrivals.signal()
  }

  func run(until isDone: () -> Bool) {
    while !isDone() {
      arrivals.wait()
      let next = jobs.withLock { $0.isEmpty ? nil : $0.removeFirst() }
      // SAFETY: a job is run once, and this executor lives until the work that uses it is done.
      if let next { unsafe next.runSynchronously(on: asUnownedTaskExecutor()) }
    }
  }
}
