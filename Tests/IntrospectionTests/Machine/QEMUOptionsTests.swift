import Testing

@testable import Introspection

@Suite("Option values of QEMU") struct QEMUOptionsTests {
  @Test("keys, an implied first one, doubled commas, flags, JSON") func values() {
    let name = QEMUOptions("guest=a,,b=c,debug-threads=on", implied: "guest")
    #expect(name["guest"] == "a,b=c" && name.flag("debug-threads") == true)
    #expect(QEMUOptions("plain,process=x", implied: "guest")["guest"] == "plain")
    let ram = QEMUOptions(#"{"qom-type":"memory-backend-memfd","id":"pc.ram","share":true,"size":536870912}"#, implied: "qom-type")
    #expect(ram["qom-type"] == "memory-backend-memfd" && ram.flag("share") == true && ram.size("size") == 512 << 20)
    #expect(QEMUOptions(#"{"addr":{"data":{"path":"/a"}}}"#, implied: "x")["addr.data.path"] == "/a")
    #expect(QEMUOptions("{broken", implied: "x").pairs.isEmpty && QEMUOptions("", implied: "x").pairs.isEmpty)
    #expect(QEMUOptions("a=1,a=2", implied: "x")["a"] == "2")
  }

  @Test(
    "sizes",
    arguments: [
      ("512", 512 << 20), ("1G", 1 << 30), ("1024k", 1 << 20), ("64M", 64 << 20), ("0x10", 16 << 20), ("1T", 1 << 40), ("7b", 7),
      ("", nil), ("G", nil), ("x", nil), ("-1", nil), ("99999999999999999999", nil), ("16384P", nil), ("17179869184G", nil),
    ] as [(String, UInt64?)])
  func sizes(_ text: String, _ bytes: UInt64?) {
    #expect(QEMUOptions.size(text, unit: 1 << 20) == bytes)
  }

  @Test("shared mappings are put together, private ones left out") func mappings() {
    let maps = """
      7f0000000000-7f0008000000 rw-s 00000000 00:01 77                         /memfd:memory-backend-memfd (deleted)
      7f0008000000-7f0010000000 rw-s 08000000 00:01 77                         /memfd:memory-backend-memfd (deleted)
      7f0020000000-7f0030000000 rw-p 00000000 00:1b 9                          /dev/shm/private
      7f0040000000-7f0040001000 rw-s 00000000 00:01 5                          /dev/shm/small
      7f0050000000-7f0060000000 rw-p 00000000 00:00 0
      7f0070000000-7f0080000000 rw-s 00000000 00:1b 8                          /dev/shm/a file with spaces
      7f0090000000-7f00a0000000 r--s 00000000 00:1b 6                          /dev/shm/read only
      broken
      """
    let found = SharedMapping.all(in: maps)
    #expect(found.map(\.path) == ["/memfd:memory-backend-memfd (deleted)", "/dev/shm/a file with spaces"])
    #expect(found.first?.count == 256 << 20 && found.first?.lines.count == 2 && found.map(\.kind) == ["memfd", "file"])
  }
}
