import Rego
import RegoBuiltins
import Testing

/// Certificates made for these tests with openssl, as base64 of their DER.
@Suite("Fields of certificates") struct CertificateFieldTests {
  // One key, signed with RSASSA-PSS: the digest of the name, and a salt as long as it or, in the last, of 20 bytes.
  private static let sha256 = """
    MIICnjCCAbOgAwIBAgIUKlKMsnOoz/joo82j5VPfwagY3Q4wQQYJKoZIhvcNAQEKMDSgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgB
    ZQMEAgEFAKIDAgEgMAwxCjAIBgNVBAMMAXAwIBcNMjYxMTI1MTc0OTQwWhgPMjEyNjExMDExNzQ5NDBaMAwxCjAIBgNVBAMMAXAwgb8wDQYJKoZIhvcNAQEB
    BQADga0AMIGpAoGhAM12Uoo529B8Sl7Dq/ad1Grqxfy33HXaJMQAb2d7BVSIrHTUcPV3jh8JbCNkGQUZn8y1wAwv4T0tCu4p+eWkHmJ9AKjRbB+dwzXotjZH
    YUoUz580HOVUPHQwtopfgIToDchfM6FAgZvrhMhrmJCOSeLSleShjzkxLCHBsy2WQupg1J9EphTAlwVmP+0Gzo2RzHj13Sq0xOLvUAMs2s3SpcECAwEAAaNT
    MFEwHQYDVR0OBBYEFEp+CVXIDo8faWMVN2+wLlrInFyTMB8GA1UdIwQYMBaAFEp+CVXIDo8faWMVN2+wLlrInFyTMA8GA1UdEwEB/wQFMAMBAf8wQQYJKoZI
    hvcNAQEKMDSgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgEFAKIDAgEgA4GhAEaDiqZvXXDQPjwvaSQR4BHdmSreEaswwvKN
    udsIXMzhhIsKxrJ0MpHtkn64BqKLvIYFcc596pv5HoSDRH2vvPUDqUwIvcW9gPcQjoKWRkTyuaSlTHWDTJKGhVnJE3lrXHMK7ZFa+KPXhvTbcUinCTi0KS5z
    MHrszs30Zk/pYUqQ94yvbEOlhkdNw7Ea2J3y/fgWEfnpWAYo/82qzKDgNQE=
    """
  private static let sha384 = """
    MIICnjCCAbOgAwIBAgIUQwoWpK3LwTq49Lj5uJaQ9cOuc2cwQQYJKoZIhvcNAQEKMDSgDzANBglghkgBZQMEAgIFAKEcMBoGCSqGSIb3DQEBCDANBglghkgB
    ZQMEAgIFAKIDAgEwMAwxCjAIBgNVBAMMAXAwIBcNMjYxMTI1MTc0OTQwWhgPMjEyNjExMDExNzQ5NDBaMAwxCjAIBgNVBAMMAXAwgb8wDQYJKoZIhvcNAQEB
    BQADga0AMIGpAoGhAM12Uoo529B8Sl7Dq/ad1Grqxfy33HXaJMQAb2d7BVSIrHTUcPV3jh8JbCNkGQUZn8y1wAwv4T0tCu4p+eWkHmJ9AKjRbB+dwzXotjZH
    YUoUz580HOVUPHQwtopfgIToDchfM6FAgZvrhMhrmJCOSeLSleShjzkxLCHBsy2WQupg1J9EphTAlwVmP+0Gzo2RzHj13Sq0xOLvUAMs2s3SpcECAwEAAaNT
    MFEwHQYDVR0OBBYEFEp+CVXIDo8faWMVN2+wLlrInFyTMB8GA1UdIwQYMBaAFEp+CVXIDo8faWMVN2+wLlrInFyTMA8GA1UdEwEB/wQFMAMBAf8wQQYJKoZI
    hvcNAQEKMDSgDzANBglghkgBZQMEAgIFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgIFAKIDAgEwA4GhAC4OhkY8GtXlpKwXxZOk+ufsn8NbW7mTHYhF
    M71f2scBSra7/1bDe2Zi7ZYqD7GGPSqNzQiY8cQSNfeM5kYIFf+e0bHd4vGa3MtJblgqLXs4THa2vCe2nrKXvwDZkExcHTCxfVxWU+0ezceJNLs9e4utZnn2
    PaCIWwRXKwM509K5SMXpwsLFOLK3lo/d8DG91KM42cKFGGkQM0Sx+XG7HLw=
    """
  private static let sha512 = """
    MIICnjCCAbOgAwIBAgIUIYdmnnxRMWfjfyzGAf0vA5021UAwQQYJKoZIhvcNAQEKMDSgDzANBglghkgBZQMEAgMFAKEcMBoGCSqGSIb3DQEBCDANBglghkgB
    ZQMEAgMFAKIDAgFAMAwxCjAIBgNVBAMMAXAwIBcNMjYxMTI1MTc0OTQwWhgPMjEyNjExMDExNzQ5NDBaMAwxCjAIBgNVBAMMAXAwgb8wDQYJKoZIhvcNAQEB
    BQADga0AMIGpAoGhAM12Uoo529B8Sl7Dq/ad1Grqxfy33HXaJMQAb2d7BVSIrHTUcPV3jh8JbCNkGQUZn8y1wAwv4T0tCu4p+eWkHmJ9AKjRbB+dwzXotjZH
    YUoUz580HOVUPHQwtopfgIToDchfM6FAgZvrhMhrmJCOSeLSleShjzkxLCHBsy2WQupg1J9EphTAlwVmP+0Gzo2RzHj13Sq0xOLvUAMs2s3SpcECAwEAAaNT
    MFEwHQYDVR0OBBYEFEp+CVXIDo8faWMVN2+wLlrInFyTMB8GA1UdIwQYMBaAFEp+CVXIDo8faWMVN2+wLlrInFyTMA8GA1UdEwEB/wQFMAMBAf8wQQYJKoZI
    hvcNAQEKMDSgDzANBglghkgBZQMEAgMFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgMFAKIDAgFAA4GhAI5+7VFn8GDYl3xCIjKOTenhGIAy9BLK6BGw
    vFAtQ1c587nDX3dotlwWp4QKXXayF8Np+hUKQ3cvjrV9qL8Ly8DizRnmk593j69POAD4yDqOQBSh2MI+HYBeX4spOXlG32iaatDMPjc6Vba3iFrXhb1Wh+Ba
    Qg7o8bwqVPVsnv9hrnh6qaHNWzJLUsotSAHNzeYrIFWCQg8Wyws90XzxWeY=
    """
  private static let shortSalt = """
    MIIClDCCAa6gAwIBAgIUAZvcgWZl+Xmb9YiVX/HGM5Muib8wPAYJKoZIhvcNAQEKMC+gDzANBglghkgBZQMEAgIFAKEcMBoGCSqGSIb3DQEBCDANBglghkgB
    ZQMEAgIFADAMMQowCAYDVQQDDAFwMCAXDTI2MTEyNTE3NDk0MFoYDzIxMjYxMTAxMTc0OTQwWjAMMQowCAYDVQQDDAFwMIG/MA0GCSqGSIb3DQEBAQUAA4Gt
    ADCBqQKBoQDNdlKKOdvQfEpew6v2ndRq6sX8t9x12iTEAG9newVUiKx01HD1d44fCWwjZBkFGZ/MtcAML+E9LQruKfnlpB5ifQCo0WwfncM16LY2R2FKFM+f
    NBzlVDx0MLaKX4CE6A3IXzOhQIGb64TIa5iQjkni0pXkoY85MSwhwbMtlkLqYNSfRKYUwJcFZj/tBs6Nkcx49d0qtMTi71ADLNrN0qXBAgMBAAGjUzBRMB0G
    A1UdDgQWBBRKfglVyA6PH2ljFTdvsC5ayJxckzAfBgNVHSMEGDAWgBRKfglVyA6PH2ljFTdvsC5ayJxckzAPBgNVHRMBAf8EBTADAQH/MDwGCSqGSIb3DQEB
    CjAvoA8wDQYJYIZIAWUDBAICBQChHDAaBgkqhkiG9w0BAQgwDQYJYIZIAWUDBAICBQADgaEAbxdZEsjS2jZPW9q2y/z8QQMZSvI+vK7mxV2PaxZH0sv8GC8j
    FZ55BCoi6c8Yl9ejG8FGXEVU/p9/0mnH1FASRokaGxXJ1qcK38iuJX3A1y/ZrCjz4FzjnsVBh8kj6+OoIBMtU8hpbaz5wT9X8s9Wqz+Ht6oMpa7B4gPzte7S
    YMbpJeHrST1EYkNsBy4MoevBbahGi/pfJVMj5FBmykAx6w==
    """

  // An authority with two permitted names and an excluded one, and a leaf with two names.
  private static let authority = """
    MIIBpDCCAUqgAwIBAgIUaBr+LKDgPH5UBvkhgFGcOZi/Q+swCgYIKoZIzj0EAwIwDTELMAkGA1UEAwwCQ0EwIBcNMjYxMTI1MTc0OTQwWhgPMjEyNjExMDEx
    NzQ5NDBaMA0xCzAJBgNVBAMMAkNBMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEE2g/Vn1RTV2454q6v3uGOe5rR8iMM/HoM+77YXInmKjKH5XiKD3hWi/9
    frc80O5kLyyPVIobwi0m5e2T3CQMhqOBhTCBgjAdBgNVHQ4EFgQUu9O1MZX8tbXNRn+y0/AJgBxHyyswHwYDVR0jBBgwFoAUu9O1MZX8tbXNRn+y0/AJgBxH
    yyswDwYDVR0TAQH/BAUwAwEB/zAvBgNVHR4EKDAmoBMwCYIHZXhhbXBsZTAGggR0ZXN0oQ8wDYILYmFkLmV4YW1wbGUwCgYIKoZIzj0EAwIDSAAwRQIhALHr
    6lLpkgjwZj4K/rj/+8me779Sr7ynbjJXfdcleuWHAiB3sMx3khYVzHlDSCGjNsHMDQH1f86++r90PoAAk76YFA==
    """
  private static let leaf = """
    MIIBjTCCATSgAwIBAgIUT1lXqEYLj++AygDUQrSwXYH4ivIwCgYIKoZIzj0EAwIwDTELMAkGA1UEAwwCQ0EwIBcNMjYxMTI1MTc0OTQwWhgPMjEyNjA3MjQx
    NzQ5NDBaMA8xDTALBgNVBAMMBGxlYWYwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASXZyZhD5/ZfvN7Mg4d4jHoO/OoIAfyPSQ1bj3WOW5YE3hg6ita1Hzb
    Wk9WddQPphPwKxk2DrS0rRV0peNT2IWDo24wbDAfBgNVHREEGDAWgglhLmV4YW1wbGWCCWIuZXhhbXBsZTAJBgNVHRMEAjAAMB0GA1UdDgQWBBQ2O5YZ5HFZ
    e+UwXB+yVvUn6lw7PzAfBgNVHSMEGDAWgBS707Uxlfy1tc1Gf7LT8AmAHEfLKzAKBggqhkjOPQQDAgNHADBEAiBJkd8PR96NuEeewHSub9bHBMzRf9l2V11b
    gymxBH7FRwIgdmNoaCFmLTf/ZBqgnfHeAZCC+y1AZnxRmZpsM0oVBgk=
    """

  private func value(_ expression: String, _ certificates: [String]) throws -> RegoValue? {
    let text = certificates.map { "-----BEGIN CERTIFICATE-----\n\($0)\n-----END CERTIFICATE-----\n" }.joined()
    let policy = try Policy([], options: .init(functions: StandardFunctions.all))
    let input = Document(.object([.init(.string("c"), .string(text))]))
    return try policy.prepare("x = \(expression)").evaluate(input: input, options: .init(isStrict: true, now: 1_900_000_000_000_000_000))
      .first?["x"]
  }

  @Test("RSASSA-PSS has Go's number of its digest, and none where the salt has another length")
  func signatureAlgorithms() throws {
    let number = "crypto.x509.parse_certificates(input.c)[0].SignatureAlgorithm"
    for (certificate, expected) in [(Self.sha256, 13), (Self.sha384, 14), (Self.sha512, 15), (Self.shortSalt, 0)] {
      #expect(try value(number, [certificate]) == .integer(Int64(expected)))
    }
  }

  @Test("comparisons with an authority's constraints are counted: two names with three constraints", arguments: [0, 5, 6, 7])
  func constraintComparisons(most: Int) throws {
    let call = #"crypto.x509.parse_and_verify_certificates_with_options(input.c, {"MaxConstraintComparisons": \#(most)})[0]"#
    #expect(try value(call, [Self.authority, Self.leaf]) == .boolean(most == 0 || most >= 6))
  }
}
