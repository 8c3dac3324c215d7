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

  init(now: Int64) { instant = now }

  init(_ members: [RegoValue.Member], now: Int64) throws(BuiltinError) {
    instant = now
    for member in members {
      guard case .string(let key) = member.key else { throw .failed("invalid key option") }
      switch key {
      case "DNSName":
        guard case .string(let text) = member.value else { throw .failed("'DNSName' should be a string") }
        name = text
      case "CurrentTime":
        guard case .integer(let number) = member.value else { throw .failed("'CurrentTime' should be a valid int64 number") }
        instant = number
      case "MaxConstraintComparisons":
        guard case .integer = member.value else { throw .failed("'MaxConstraintComparisons' should be a valid number") }
      case "KeyUsages":
        guard case .array(let entries) = member.value.asArray else { throw .failed("'KeyUsages' should be an Array or Set") }
        usages = try entries.map { entry throws(BuiltinError) in
          guard case .string(let text) = entry, let number = Self.usageNames.firstIndex(of: text) else {
            throw .failed("invalid entries for 'KeyUsages' found: \(entry)")
          }
          return Int64(number)
        }
      default: throw .failed("invalid key option")
      }
    }
  }

  private static let usageNames = [
    "KeyUsageAny", "KeyUsageServerAuth", "KeyUsageClientAuth", "KeyUsageCodeSigning", "KeyUsageEmailProtection", "KeyUsageIPSECEndSystem",
    "KeyUsageIPSECTunnel", "KeyUsageIPSECUser", "KeyUsageTimeStamping", "KeyUsageOCSPSigning", "KeyUsageMicrosoftServerGatedCrypto",
    "KeyUsageNetscapeServerGatedCrypto", "KeyUsageMicrosoftCommercialCodeSigning", "KeyUsageMicrosoftKernelCodeSigning",
  ]
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
    guard chain.count == path.count, chain.allSatisfy({ allows($0, options.usages) }) else { return nil }
    return chain
  }

  /// The root's own restrictions are not looked at, as in Go only the others count; one without any allows everything.
  private static func allows(_ certificate: CertificateStructure, _ usages: [Int64]) -> Bool {
    guard !usages.contains(0), let fields = try? CertificateExtensions(certificate.extensions) else { return usages.contains(0) }
    if fields.extendedKeyUsage.isEmpty && fields.unknownExtendedKeyUsage.isEmpty { return true }
    return fields.extendedKeyUsage.contains(0) || fields.extendedKeyUsage.contains(where: usages.contains)
  }

  /// The verifier is asynchronous and does no input or output here: it is waited for.
  private static func path(
    leaf: Certificate, root: Certificate, intermediates: [Certificate], _ options: ChainOptions
  ) -> [Certificate]? {
    let done = DispatchSemaphore(value: 0)
    let date = Date(timeIntervalSince1970: Double(options.instant) / 1e9)
    let name = options.name
    let box = PathResult()
    Task.detached {
      var verifier = Verifier(rootCertificates: CertificateStore([root])) {
        RFC5280Policy(fixedExpiryValidationTime: date)
        if !name.isEmpty { ServerIdentityPolicy(serverHostname: name, serverIP: nil) }
      }
      if case .validCertificate(let chain) = await verifier.validate(leaf: leaf, intermediates: CertificateStore(intermediates)) {
        box.chain.withLock { $0 = Array(chain) }
      }
      done.signal()
    }
    done.wait()
    return box.chain.withLock { $0 }
  }

  /// Where the verifier leaves its answer.
  private final class PathResult: Sendable {
    let chain = Mutex<[Certificate]?>(nil)
  }
}
