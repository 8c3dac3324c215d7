import Foundation
import Testing

@testable import Judgement

/// Signatures made by openssl over digests made by Python.
@Suite("Signed bundles") struct BundleSignatureTests {
  static let entries = [
    BundleEntry([".manifest"], Array(#"{"roots": [""], "revision": "1"}"#.utf8)),
    BundleEntry(["data.json"], Array(#"{ "b": [1.50, true], "a": "<ü>" }"#.utf8)),
    BundleEntry(["p", "a.rego"], Array("package a\n\nallow := data.a\n".utf8)),
  ]

  /// What the three tokens have in common: digests of the files, scope "write".
  static let payload = """
    eyJmaWxlcyI6W3sibmFtZSI6Ii5tYW5pZmVzdCIsImhhc2giOiI3MGRkMjliMzhjOWQ5ZTE4ZWE3OWY5NWExOTg0NGJiM2EwZmJjNTEzMzZkYzI1N2M4YTJl\
    ODllYjk2MDA5ODMzIiwiYWxnb3JpdGhtIjoiU0hBLTI1NiJ9LHsibmFtZSI6ImRhdGEuanNvbiIsImhhc2giOiI0Y2VhY2UwYTE4MDc1NTEzNDNhMGZmNWM4\
    YWE4NTFlNTA0ZmQ2YzMxZWNhMWFlYTI3MzQ0NjZlMTMxMzIwNzk1IiwiYWxnb3JpdGhtIjoiU0hBLTI1NiJ9LHsibmFtZSI6InAvYS5yZWdvIiwiaGFzaCI6\
    ImJlOGRkNmUzNTZkMzU4MTEyMjNkY2ZmMTFkMGNmOWFhNDQyMjIxZjMzOTg4ZDdlY2Q3ZmMxYjk3ZTNmNTZlNjJjMzA4NzE3MGY5MTMwNWNmY2NiZWVkZDM1\
    YzIyZTZjYWRkMjkyMTdmNDZmZGUxMDQ5M2ZmMmFlZGNiMzIxNmU3IiwiYWxnb3JpdGhtIjoiU0hBLTUxMiJ9XSwic2NvcGUiOiJ3cml0ZSJ9
    """

  static let hs256 = signed(
    "eyJhbGciOiJIUzI1NiIsImtpZCI6ImsifQ",
    """
    9AsfFDjVyozitQaLdzjHAtz1-4Uif9Y_iuUvw1feokk
    """)
  static let rs256 = signed(
    "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ",
    """
    cOs8-rY-tY53DbzFwAxG0I5o-lo-R4-rfnsUapbzoH2V_aQleSpecZvbYH5Z-sIa-VDOo3ycgAHRbwCHkxj1oMcttvd3RLjpm0dmMND1525XsXSiuwsvA8YQ\
    hm1FFd3eRoKQU-5StijVM6axwOtNPh49tJq5Al4SZIzZQXWUA96gB7qqfp1qUJuv2s8T-is7UU1-I3_y83BuODOCyU4MB1GhCBX7yHdpta7qRpGQS0H1Swr6\
    cPXrxtwh5WkT7fsgN3stMv0kJvDOSkxJselj52LTgCZ0qolQbsbCgAxAITDpUGUKfiSnjJ6k6m-t8HDEKpoa_UqhNwDxpaDSiG72kA
    """)
  static let es256 = signed(
    "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsifQ",
    """
    0rrDtd9JwGeEiELm1ZA8B4toXHQBk9CZE_RIscs8ZHcS10gNPNJT5SYtcwuOYHEvPRWA9PvO2ibKGMz50GCxIw
    """)

  static func signed(_ header: String, _ signature: String) -> String { "\(header).\(payload).\(signature)" }

  static let rs256Key = """
    -----BEGIN PUBLIC KEY-----
    MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAhk0SaeFiKRR6sL19/tx+
    G5vVPF6vkBwV+eEi3rd8WJEaxCu7N0n57W6TSvQvjb0twrxS6Is43eWhW1mvJqSZ
    jjQuXcDEni5D0nm3bdcAEcS6wdChC0MGtVSCnzcov5nGbb8BkDNfSxajjN7E9lwq
    laoJmKpVSniZTf5qpaWsngsPneAzw6KCKtjcLaUOQGSXztwFtB3uCw1adfmtYnLi
    uLikYylIBX7/rmu7htiUk3yoRSLth3UqJ962hfvupgd0P5o8/OlkI+HIgXWIuZ+c
    PUw6DD3gjbNKSrlXUBzI9uyKlrXpAyVtWIbqiVBEaIy4x9Puny7S5YbNmCvTU+zN
    XwIDAQAB
    -----END PUBLIC KEY-----
    """

  static let es256Key = """
    -----BEGIN PUBLIC KEY-----
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEKH8u9gR74YuP2Bfj0UQpLp1ibehV
    S8uxKvCWiHEeTu8v1e858u68pxotYGD+aoXN1H5u/D5I8ZobRSs+VQzfJA==
    -----END PUBLIC KEY-----
    """

  private func failure(
    _ algorithm: String, _ key: String, _ tokens: [String], scope: String = "write",
    changing change: (inout [BundleEntry]) -> Void = { _ in }
  ) -> String {
    let list = tokens.map { "\"\($0)\"" }.joined(separator: ", ")
    var entries = Self.entries + [BundleEntry([".signatures.json"], Array("{\"signatures\": [\(list)]}".utf8))]
    change(&entries)
    let verification = BundleVerification(key: Array(key.utf8), algorithm: algorithm, scope: scope)
    do throws(DataError) { try verification.verify(entries, name: "b") } catch { return error.message }
    return ""
  }

  @Test(
    "a signature holds under its own algorithm and key alone",
    arguments: [("HS256", "secret", hs256), ("RS256", rs256Key, rs256), ("ES256", es256Key, es256)])
  func verified(_ algorithm: String, _ key: String, _ token: String) {
    #expect(failure(algorithm, key, [token]) == "")
    for (other, otherKey) in [("HS256", "secret"), ("RS256", Self.rs256Key), ("ES256", Self.es256Key), ("HS256", key)]
    where other != algorithm {
      #expect(failure(other, otherKey, [token]).contains("the signature was not made with the key under \(other)"))
    }
  }

  @Test("what is refused") func refused() {
    #expect(failure("HS256", "other", [Self.hs256]).contains("not made with the key"))
    #expect(failure("HS256", "secret", []).contains("expected exactly one JWT"))
    #expect(failure("HS256", "secret", [Self.hs256, Self.hs256]).contains("expected exactly one JWT"))
    #expect(failure("HS256", "secret", ["x.y"]).contains("3 sections"))
    #expect(failure("HS256", "secret", [Self.hs256], scope: "read").contains("scope mismatch"))
    #expect(failure("HS256", "secret", [Self.hs256]) { $0.removeLast() }.contains("bundle missing .signatures.json file"))
    let changed = failure("HS256", "secret", [Self.hs256]) { $0[2] = BundleEntry(["p", "a.rego"], Array("package a".utf8)) }
    #expect(changed.contains("/p/a.rego: digest mismatch"))
    let added = failure("HS256", "secret", [Self.hs256]) { $0.append(BundleEntry(["q.rego"], [])) }
    #expect(added.contains("/q.rego not included in bundle signature"))
    let lost = failure("HS256", "secret", [Self.hs256]) { $0.remove(at: 1) }
    #expect(lost.contains("data.json of the bundle signature is not in the bundle"))
  }
}
