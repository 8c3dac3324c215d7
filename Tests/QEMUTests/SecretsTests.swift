internal import Testing

@testable internal import Domain
@testable internal import Platforms

/// Passwords and keys inside of texts that reports show.
@Suite("Secrets in shown texts")
struct SecretsTests {
  @Test(
    "each is masked, and no more than needed",
    arguments: [
      ("user:hunter2@registry.example:5000", "user:...@registry.example:5000"), ("https://u:hunter2@h/a.img", "https://u:...@h/a.img"),
      ("http://u:hun@ter2@proxy:3128", "http://u:...@proxy:3128"),
      ("file=https://u:hunter2@h/a.img,format=raw", "file=https://u:...@h/a.img,format=raw"),
      ("iscsi://bob%hunter2@10.0.0.1/iqn.2026-01.org:d/0", "iscsi://bob%...@10.0.0.1/iqn.2026-01.org:d/0"),
      ("rbd:pool/img:id=admin:key=AQBhunter2==:auth_supported=cephx,if=virtio", "rbd:pool/img:id=admin:key=...,if=virtio"),
      ("secret,id=s,data=hunter2", "secret,id=s,data=..."), ("secret,data=hunter2,,hunter2,id=s", "secret,data=...,id=s"),
      (#"{"qom-type":"secret","id":"s","data":"hunter2"}"#, #"{"qom-type":"secret","id":"s","data":"..."}"#),
      (
        #"file=json:{"driver":"https",,"password" : "hun\"ter2",,"url":"x"}"#,
        #"file=json:{"driver":"https",,"password" : "...",,"url":"x"}"#
      ),
      ("port=5900,password=hunter2", "port=5900,password=..."), ("DB_PASSWORD=hunter2", "DB_PASSWORD=..."),
      ("API_TOKEN=hunter2", "API_TOKEN=..."),
      ("user=a,password=hunter2,initiator-name=x", "user=a,password=...,initiator-name=x"), ("file.key=hunter2", "file.key=..."),
      (
        "type=11,value=io.systemd.credential:passwd.hashed-password.root=$y$hunter2",
        "type=11,value=io.systemd.credential:passwd.hashed-password.root=..."
      ),
      ("https://h/x?token=hunter2&a=b", "https://h/x?token=...&a=b"), ("cookie=sid=hunter2,url=x", "cookie=...,url=x"),
      (#"\"password\":\"hunter2\""#, #"\"password\":\"...\""#),
    ])
  func masked(_ text: String, _ expected: String) {
    #expect(Secrets.masked(text) == expected)
    #expect(Secrets.masked(expected) == expected, "a text that is masked stays as it is")
  }

  @Test(
    "what is no secret stays",
    arguments: [
      "password=on", "password-secret=sec0", "key-secret=sec1,format=luks", "unit@1.service", "web:1.4@sha256:ab12", "alice@example.org",
      "iqn.2026-01.org:disk@1", "retry=3 min=disabled", "tls-creds=t0", "h:5000", "", "@", ":@", "a=b=c", #""key":5"#, "=x",
      "keyring=/etc/k",
      "/srv/user:x/a", "default_tls_x509_secret_uuid=1",
    ])
  func kept(_ text: String) { #expect(Secrets.masked(text) == text) }

  @Test("a hostile text costs no more than its length") func hostile() {
    for piece in ["@", ":@", "a:b@", "password=", "\"data\":\"", "=,,", "%@", "\\\""] {
      let text = String(repeating: piece, count: 100_000)
      #expect(Secrets.masked(text).utf8.count <= text.utf8.count + 3)
    }
  }
}
