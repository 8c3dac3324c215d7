import Rego
import RegoBuiltins
import Testing

/// A root and a leaf made for these tests with openssl: good for a hundred years, the leaf for clients, "a.example" and 10.0.0.1.
@Suite("Certificates and keys") struct CertificateTests {
  private static let root = """
    -----BEGIN CERTIFICATE-----
    MIIBcTCCARegAwIBAgIUUJiyt5/qJr9AMIkwT+WIE09ML/QwCgYIKoZIzj0EAwIw
    DTELMAkGA1UEAwwCQ0EwIBcNMjYxMTI1MTUxODM4WhgPMjEyNjExMDExNTE4Mzha
    MA0xCzAJBgNVBAMMAkNBMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAESnzjRd5S
    AtDFBKxK5ub+2zn0Veh1CjUQ6QJB4IiyQkDKJ1pX0ZXHWvxJQR5znIRYThyWFSaS
    5vStUzsXOFbq3qNTMFEwHQYDVR0OBBYEFPlhyJV0UXUy43wlZ1MNkmootv9AMB8G
    A1UdIwQYMBaAFPlhyJV0UXUy43wlZ1MNkmootv9AMA8GA1UdEwEB/wQFMAMBAf8w
    CgYIKoZIzj0EAwIDSAAwRQIgBZU5eOgHai7kzop4XZgumLVIQ6TTn44rwxWq1i5V
    cmgCIQCvmC4XptLgtDK/1CCnXc9m42JdxRiFByjdtqo7AkJraA==
    -----END CERTIFICATE-----

    """
  private static let leaf = """
    -----BEGIN CERTIFICATE-----
    MIIBnjCCAUSgAwIBAgIUKgLH3ilJdYhVLAl7BSSxZne0kL8wCgYIKoZIzj0EAwIw
    DTELMAkGA1UEAwwCQ0EwIBcNMjYxMTI1MTUxODM5WhgPMjEyNTA2MTkxNTE4Mzla
    MA8xDTALBgNVBAMMBGxlYWYwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASRBRAb
    e3qQFvGyP+A4RiLUyLRmTFvmYz5kac25t+VFl0lNUZTtrd/WBB+U2Oy3CR0idJ0W
    N9PvJF+++XCmP/EKo34wfDAaBgNVHREEEzARgglhLmV4YW1wbGWHBAoAAAEwEwYD
    VR0lBAwwCgYIKwYBBQUHAwIwCQYDVR0TBAIwADAdBgNVHQ4EFgQUqt8aFTCDy6Lq
    o4g5zUQv08pTPfswHwYDVR0jBBgwFoAU+WHIlXRRdTLjfCVnUw2Saii2/0AwCgYI
    KoZIzj0EAwIDSAAwRQIhANzz90Zi0jZpEg734fI6KMkqfZ5VOJsTkGytxko5al+e
    AiB8gA618VBiKv2QlrJ7mTeGAfUjmhm8KUhQmRnpXLyD5g==
    -----END CERTIFICATE-----

    """
  private static let leafKey = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg5LvvcARviIP8cGa+
    5lne9c7+3KPnFZT01LVqRqAx2fyhRANCAASRBRAbe3qQFvGyP+A4RiLUyLRmTFvm
    Yz5kac25t+VFl0lNUZTtrd/WBB+U2Oy3CR0idJ0WN9PvJF+++XCmP/EK
    -----END PRIVATE KEY-----

    """
  private static let rootKey = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg/Fj65M/VZpyQz3XE
    C4UOiRZpf7QH7ULxk9GRZC1vG8ahRANCAARKfONF3lIC0MUErErm5v7bOfRV6HUK
    NRDpAkHgiLJCQMonWlfRlcda/ElBHnOchFhOHJYVJpLm9K1TOxc4Vure
    -----END PRIVATE KEY-----

    """

  private func value(_ expression: String, _ input: [String: String] = [:]) throws -> RegoValue? {
    let policy = try Policy([], options: .init(functions: StandardFunctions.all))
    let document = Document(.object(input.map { .init(.string($0.key), .string($0.value)) }))
    return try policy.prepare("x = \(expression)").evaluate(input: document, options: .init(isStrict: true, now: 1_900_000_000_000_000_000))
      .first?["x"]
  }

  @Test(
    "A chain holds for its uses, names and time alone",
    arguments: [
      (#"{"KeyUsages": ["KeyUsageClientAuth"]}"#, true), (#"{"KeyUsages": []}"#, false), ("{}", false),
      (#"{"KeyUsages": ["KeyUsageServerAuth", "KeyUsageClientAuth"]}"#, true),
      (#"{"KeyUsages": ["KeyUsageAny"], "DNSName": "a.example"}"#, true),
      (#"{"KeyUsages": ["KeyUsageAny"], "DNSName": "b.example"}"#, false),
      (#"{"KeyUsages": ["KeyUsageAny"], "DNSName": "10.0.0.1"}"#, true),
      (#"{"KeyUsages": ["KeyUsageAny"], "DNSName": "[10.0.0.2]"}"#, false),
      (#"{"KeyUsages": ["KeyUsageAny"], "CurrentTime": 0}"#, false),
    ])
  func chain(_ options: String, _ isValid: Bool) throws {
    let call = "crypto.x509.parse_and_verify_certificates_with_options(input.c, \(options))[0]"
    #expect(try value(call, ["c": Self.root + Self.leaf]) == .boolean(isValid))
  }

  @Test("A pair names its leaf, and a key of another certificate is refused")
  func pair() throws {
    let name = "crypto.x509.parse_keypair(input.c, input.k).Leaf.Subject.CommonName"
    #expect(try value(name, ["c": Self.leaf, "k": Self.leafKey]) == .string("leaf"))
    let error = #expect(throws: RegoError.self) { try value(name, ["c": Self.leaf, "k": Self.rootKey]) }
    #expect(error?.message.contains("private key does not match public key") == true)
  }

  @Test("A key of an elliptic curve becomes a JWK, a text without a key null")
  func keys() throws {
    #expect(try value("crypto.x509.parse_rsa_private_key(input.k).crv", ["k": Self.leafKey]) == .string("P-256"))
    #expect(try value(#"crypto.x509.parse_rsa_private_key("YWJj")"#) == .null)
    #expect(try value("count(crypto.parse_private_keys(input.k))", ["k": Self.leafKey + Self.rootKey]) == .integer(2))
  }

  @Test("A block of another kind is named, its contents are not")
  func otherBlock() throws {
    let error = #expect(throws: RegoError.self) { try value("crypto.x509.parse_certificates(input.c)", ["c": Self.leafKey]) }
    #expect(error?.message == "crypto.x509.parse_certificates: PEM block type is 'PRIVATE KEY', expected CERTIFICATE")
  }

  @Test("A header that a proxy changes is not signed")
  func unsignedHeaders() throws {
    let signed = try value(
      """
      providers.aws.sign_req({"method": "GET", "url": "https://h.example/", "headers": {"User-Agent": "u", "A": "b"}}, \
      {"aws_access_key": "k", "aws_secret_access_key": "s", "aws_service": "x", "aws_region": "r"}, 1451311705000000000)
      """)
    guard case .string(let text)? = signed?["headers"]?["Authorization"] else {
      Issue.record("no Authorization")
      return
    }
    #expect(text.contains("SignedHeaders=a;host;x-amz-date,"))
  }
}
