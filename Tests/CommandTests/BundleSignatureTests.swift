import Foundation
import Rego
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

  @Test(
    "what is signed is verified, and by no other key",
    arguments: [
      ("HS256", "secret", "secret"), ("RS256", SigningKeys.rsa, SigningKeys.rsaPublic), ("PS384", SigningKeys.rsa, SigningKeys.rsaPublic),
      ("ES256", SigningKeys.curve, SigningKeys.curvePublic),
    ])
  func roundTrip(_ algorithm: String, _ key: String, _ publicKey: String) throws {
    let claims = RegoValue.object([.init(.string("scope"), .string("write"))])
    let signing = BundleSigning(key: Array(key.utf8), algorithm: algorithm, keyID: "k", claims: claims)
    let entries = Self.entries + [try signing.signatures(of: Self.entries, name: "b")]
    try BundleVerification(key: Array(publicKey.utf8), algorithm: algorithm, scope: "write").verify(entries, name: "b")
    #expect(throws: DataError.self) {
      try BundleVerification(key: Array(Self.es256Key.utf8), algorithm: algorithm, scope: "write").verify(entries, name: "b")
    }
  }

  @Test("keys that cannot sign", arguments: [("RS256", "secret"), ("RS256", SigningKeys.curve), ("ES256", SigningKeys.curvePublic)])
  func unsuitable(_ algorithm: String, _ key: String) {
    #expect(throws: DataError.self) {
      try BundleSigning(key: Array(key.utf8), algorithm: algorithm).signatures(of: Self.entries, name: "b")
    }
  }

  @Test("sign, build --signing-key and --verification-key go together") func command() throws {
    let folder = try ScratchFolder()
    try folder.file("p/a.rego", "package a\n\nallow := data.x\n")
    try folder.file("p/data.json", "{\"x\": 1}")
    try folder.file("key.pem", SigningKeys.curve)
    try folder.file("public.pem", SigningKeys.curvePublic)
    let ask = ["--verification-key", "public.pem", "--signing-alg", "ES256", "-f", "raw", "data.a.allow"]
    #expect(try Program.run(["eval", "-b", "p"] + ask, in: folder.path).code == 2)
    let key = ["--signing-key", "key.pem", "--signing-alg", "ES256"]
    #expect(try Program.run(["sign", "--bundle", "-o", "p", "p"] + key, in: folder.path).code == 0)
    #expect(try Program.run(["eval", "-b", "p"] + ask, in: folder.path).output == "1\n")
    #expect(try Program.run(["build", "-o", "b.tar.gz", "p"] + key, in: folder.path).code == 0)
    #expect(try Program.run(["eval", "-b", "b.tar.gz"] + ask, in: folder.path).output == "1\n")
    #expect(try Program.run(["sign", "p"] + key, in: folder.path).code == 1)
    #expect(try Program.run(["sign", "-b", "p"], in: folder.path).code == 1)
  }
}

/// Keys made for these tests by openssl.
private enum SigningKeys {
  static let curve = """
    -----BEGIN EC PRIVATE KEY-----
    MHcCAQEEIFtSXjSMUtudDXyOqxytehHXTcOslcilQRfnAmodtuJcoAoGCCqGSM49
    AwEHoUQDQgAEa+Z6iO5/ehRuo8XG33+XyWe7ULxPz0GI04T3bUMOTGnARLw6sy9L
    F17aWf5FvLdNpQnrQ+2XF66tcMtUtjL0rw==
    -----END EC PRIVATE KEY-----
    """
  static let curvePublic = """
    -----BEGIN PUBLIC KEY-----
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEa+Z6iO5/ehRuo8XG33+XyWe7ULxP
    z0GI04T3bUMOTGnARLw6sy9LF17aWf5FvLdNpQnrQ+2XF66tcMtUtjL0rw==
    -----END PUBLIC KEY-----
    """
  static let rsa = """
    -----BEGIN PRIVATE KEY-----
    MIIEvwIBADANBgkqhkiG9w0BAQEFAASCBKkwggSlAgEAAoIBAQCzNxR79UoOQFWE
    yUmBEko3lqRWpbPNw4izu4+SGmkeu8r54rMZaiD/way/yfDMCNYnz6ya+nT3CrBg
    DKmrFg70aSclGRMTlsR6gVmmpbvDajN89qHZDiJOIv3MJTd5LaIMqotTaJNm2HTg
    27RIvH8SzgP6o2Pt/7ZtVsuJwc3r+TwprC+4rGUBRuaFR6aGGemhrOxQ814YRR8k
    n5e5790+n40V+fyCRjrQlELXOi2tlpQKkCddNnFbIyASr/Q6xi1F+jUgCe3/WvY9
    GWtrnbYXQTBih3n0Yev9DXxiELqPKEExihWPlPgWNAecRCqt1S7WqfBmw5Fq1LvM
    jeumplfdAgMBAAECggEANTm+k7Id9G2W+IDvm63a7PeIh1NfO1U/XGHwGexOHBqa
    Be0WVA35DvxuWeeX5IEbWWeMU9resiAykdQw7+b1OhGg1pvD1qWIZPnVrnC6eycn
    c42sM9LGzX4G8oJ7Hzo2Tpy4FGWSoZDX5ZBa0t9oviUBeYbdPuobPA3zFU7B4br8
    rpEzPg+ftYlllvoW1AVln4+Sx+BNkjyHwudALHSdhrZkDkfXxK6wGkLP39QsdKIc
    Kgs92YPg7LoC7WW6qIaTg/MgicZV7r+RyivtpK8BAb2pq+2mjqS8fGIqDyz+2xUb
    Uu+AlTzPHOCxtohpZj7TWbUt2jdnv2KyHTq2Asm94QKBgQDYeDDhMxXpvUcSKToD
    b2Lrv+GcJOVTc1gbXPiriUTjjuF0qn6Hztn/wW9M6MeHDipftGq15f/Zg/rGFrh1
    EeA65LATBQxkKBb6uB9qNtlR9wEmdRtpcFXmE0VqyUTkBfc7SJwfGTnj/nGCN1BM
    DFlBRFMiIeGxZAbLJvPiAog5owKBgQDT8UXUysjpQfxQ712HIAYYb/uu+4IHCIqb
    nqEYVW6NlPcWkdYTaw1CaX1sKfL2eVoYm+o0sPTMcUQiVKiUwLbcQCnFjXwEP/4B
    Erzf1+bvAaYOpDKv3hJmfYcrJc2nFKk0hZCWH7Bax0ToNLvkwE+BFTnFVVUrlyJO
    gQbly0NAfwKBgQDLQ5kKbfDeqfgpioLKJParTmNoPpEEWmPaVeO/F0eTsl/sMAhe
    OBMmABomCtMI83lAouYs5croEfERvtX4QA/g3UqkoXHwPmDNjsUY9GX+fEUdOovB
    51URlPjy/AlvYFa12UmYPhTJDOzDDHOe5V2OVr0FaPFHpBho/Ku3hw8ppwKBgQC5
    xS2USvq3miLzPhwYqLUvDljpE4Lxb0cvCGfj0F5Ks1uw6Ltf4eGJaLWK7WoNKGkU
    UPWEoeawnEdAYDwzxoeBnqv+gPlHMGAPyMDM442DyUooYzwacuhl9XlZFJWh8bYu
    VzRYogYOS8PWVQKsivQlDNnKYfV5c8uaS/YjzXpxOQKBgQCp50mqvgxITfXXVe5m
    LOxY8CgHhtJo46mEkI4ZKqD6r8IE8VpDqN1IJOFED/iUZ+q7XaRGhPujfFR/ywQ+
    OdUYMkNHypB934Z39A/YNzw9+WRCRrCJ+H7yrxorgry7Z6TIGHppIWo6Hpc/Aa2+
    Y8jqsutXDib8Gn0syjsw2OhMXw==
    -----END PRIVATE KEY-----
    """
  static let rsaPublic = """
    -----BEGIN PUBLIC KEY-----
    MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAszcUe/VKDkBVhMlJgRJK
    N5akVqWzzcOIs7uPkhppHrvK+eKzGWog/8Gsv8nwzAjWJ8+smvp09wqwYAypqxYO
    9GknJRkTE5bEeoFZpqW7w2ozfPah2Q4iTiL9zCU3eS2iDKqLU2iTZth04Nu0SLx/
    Es4D+qNj7f+2bVbLicHN6/k8KawvuKxlAUbmhUemhhnpoazsUPNeGEUfJJ+Xue/d
    Pp+NFfn8gkY60JRC1zotrZaUCpAnXTZxWyMgEq/0OsYtRfo1IAnt/1r2PRlra522
    F0EwYod59GHr/Q18YhC6jyhBMYoVj5T4FjQHnEQqrdUu1qnwZsORatS7zI3rpqZX
    3QIDAQAB
    -----END PUBLIC KEY-----
    """
}
