internal import Foundation
internal import TestSupport
import Testing

@testable internal import Domain
@testable internal import Platforms

struct SystemdUnitTests {
  private let vendor = "/lib/systemd/system/"
  private let local = "/etc/systemd/system/"

  @Test func dropInsOverrideTheUnitByFileName() throws {
    let scratch = try ScratchTree([
      vendor + "libvirtd.socket": "[Socket]\nListenStream=/run/libvirt/libvirt-sock\nSocketMode=0666\n",
      vendor + "libvirtd.socket.d/50-vendor.conf": "[Socket]\nSocketMode=0640\n",
      local + "libvirtd.socket.d/10-first.conf": "[Socket]\nSocketMode=0600\n",
      local + "socket.d/99-every.conf": "[Socket]\n# all sockets\nSocketGroup=\\\n  libvirt\n",
    ])
    let unit = SystemdUnits(scratch.tree).unit("libvirtd.socket")
    #expect(unit.last("Socket", "SocketMode")?.value == "0640")
    #expect(unit.last("Socket", "SocketMode")?.source == .path(vendor + "libvirtd.socket.d/50-vendor.conf", line: 2, column: 1))
    #expect(unit.last("Socket", "SocketGroup")?.value == "libvirt")
    #expect(unit.last("Socket", "SocketGroup")?.source.line == 3)
  }

  @Test func aLocalUnitReplacesTheVendorsAndAnEmptyOneMasksIt() throws {
    let scratch = try ScratchTree([
      vendor + "a.socket": "[Socket]\nSocketMode=0666\n", local + "a.socket": "[Socket]\nSocketMode=0600\n",
      vendor + "b.socket": "[Socket]\nSocketMode=0666\n", local + "b.socket": "->/dev/null",
      vendor + "c.socket": "[Socket]\nSocketMode=0666\n", local + "c.socket": "",
      local + "d.socket": "->/lib/systemd/system/a.socket",
    ])
    let units = SystemdUnits(scratch.tree)
    #expect(units.unit("a.socket").last("Socket", "SocketMode")?.value == "0600")
    #expect(units.unit("b.socket").isMasked)
    #expect(units.unit("c.socket").isMasked)
    #expect(units.unit("d.socket").last("Socket", "SocketMode")?.value == "0666")
    #expect(!units.unit("d.socket").isMasked)
  }

  @Test func anEmptyValueClearsAList() throws {
    let scratch = try ScratchTree([
      vendor + "t.socket": "[Socket]\nListenStream=16509\n",
      local + "t.socket.d/x.conf": "[Socket]\nListenStream=\nListenStream=127.0.0.1:16509\n",
    ])
    #expect(SystemdUnits(scratch.tree).unit("t.socket").list("Socket", "ListenStream").map(\.value) == ["127.0.0.1:16509"])
  }

  @Test func aVendorFolderOfTwoNamesIsReadOnce() throws {
    let scratch = try ScratchTree([
      "/usr/lib/systemd/system/x.service": "[Service]\nExecStart=/bin/x\n", "/lib": "->usr/lib",
      "/usr/lib/systemd/system/x.service.d/one.conf": "[Service]\nEnvironment=A=1\n",
    ])
    #expect(SystemdUnits(scratch.tree).unit("x.service").list("Service", "Environment").count == 1)
  }

  @Test func enabledMeansALinkInAWantsFolder() throws {
    let scratch = try ScratchTree([
      vendor + "libvirtd-tcp.socket": "[Socket]\nListenStream=16509\n",
      local + "sockets.target.wants/libvirtd-tcp.socket": "->/lib/systemd/system/libvirtd-tcp.socket",
    ])
    #expect(SystemdUnits(scratch.tree).unit("libvirtd-tcp.socket").startedBy == .path(local + "sockets.target.wants/libvirtd-tcp.socket"))
  }

  @Test func noUnitFoldersMeansNothingIsKnown() throws {
    let scratch = try ScratchTree(["/etc/libvirt/libvirtd.conf": ""])
    #expect(!SystemdUnits(scratch.tree).areGiven)
  }

  // MARK: Arguments

  @Test(arguments: [
    (["--listen"], true), (["-l"], true), (["-dl"], true), (["--lis"], true), (["-d", "-v"], false), (["-f", "-l"], false),
    (["--config", "--listen"], false), (["--timeout=120"], false), (["-t120", "-l"], true), (["--", "--listen"], false), ([], false),
  ])
  func argumentsAreReadAsGetoptReadsThem(words: [String], listens: Bool) {
    #expect(DaemonArguments(words).listens == listens)
  }

  @Test func theConfigurationFileIsFound() {
    for words in [["-f", "/x"], ["-f/x"], ["--config=/x"], ["--config", "/x"], ["--conf", "/x"], ["-df", "/x"]] {
      #expect(DaemonArguments(words).configuration == "/x", "\(words)")
    }
  }

  @Test func environmentFilesFillTheCommand() throws {
    let service =
      "[Service]\nEnvironment=LIBVIRTD_ARGS=\"--timeout 120\"\nEnvironmentFile=-/etc/sysconfig/libvirtd\nExecStart=/usr/sbin/libvirtd $LIBVIRTD_ARGS\n"
    func listens(_ files: [String: String]) throws -> ServiceCommand {
      let scratch = try ScratchTree(files.merging([vendor + "libvirtd.service": service]) { a, _ in a })
      return try #require(ServiceCommand(SystemdUnits(scratch.tree).unit("libvirtd.service"), tree: scratch.tree))
    }
    #expect(try !listens([:]).arguments.listens)
    let on = try listens(["/etc/sysconfig/libvirtd": "# x\nLIBVIRTD_ARGS=\"--listen\"\n"])
    #expect(on.arguments.listens)
    #expect(on.sources.first == .path("/etc/sysconfig/libvirtd", line: 2, column: 1))
    // The old variable of Debian is not what this unit reads.
    #expect(try !listens(["/etc/sysconfig/libvirtd": "libvirtd_opts=\"-l\"\n"]).arguments.listens)
    #expect(try !listens(["/etc/sysconfig/libvirtd": "#LIBVIRTD_ARGS=\"--listen\"\n"]).arguments.listens)
  }
}
