internal import Testing

@testable internal import Domain
@testable internal import Platforms

/// Reports of msinfo32 in three spellings.
@Suite("System Information")
struct SystemInformationTests {
  private static let english = """
    System Information report written at: 11/26/26 10:00:00
    [System Summary]

    Item\tValue\t
    OS Name\tMicrosoft Windows 11 Pro\t
    Version\t10.0.26100 Build 26100\t
    System Name\tBIFROST\t
    Secure Boot State\tOn\t
    Kernel DMA Protection\tOff\t
    Virtualization-based security\tRunning\t
    Virtualization-based security Required Security Properties\t\t
    Virtualization-based security Available Security Properties\tBase Virtualization Support, Secure Boot, DMA Protection\t
    Virtualization-based security Services Configured\tHypervisor enforced Code Integrity\t
    Virtualization-based security Services Running\tHypervisor enforced Code Integrity, Credential Guard\t
    """

  private func facts(_ text: String) -> [String: Fact] { SystemInformation(WindowsText.lines(Array(text.utf8))).facts(path: "m.txt") }

  @Test func inEnglish() {
    let facts = facts(Self.english)
    #expect(facts["deviceGuard.status"] == .present(2, .path("m.txt", line: 10)))
    #expect(facts["deviceGuard.servicesRunning"]?.value == [1, 2])
    #expect(facts["deviceGuard.servicesConfigured"]?.value == [2])
    #expect(facts["secureBoot"]?.value == "on")
    #expect(facts["dma.protection"]?.value == false)
    #expect(facts["windows.build"]?.value == 26100)
  }

  @Test("British spelling and other states") func british() {
    let text = Self.english.replacing("Virtualization", with: "Virtualisation").replacing(
      "security\tRunning", with: "security\tEnabled but not running"
    )
    .replacing("Services Running", with: "services running").replacing("State\tOn", with: "State\tUnsupported")
    #expect(facts(text)["deviceGuard.status"]?.value == 1)
    #expect(facts(text)["secureBoot"]?.value == "unsupported")
    #expect(facts(text)["deviceGuard.servicesRunning"]?.value == [1, 2])
  }

  @Test("where nothing runs the services are none") func off() {
    let text = "OS Name\tMicrosoft Windows 10 Pro\nVirtualization-based security\tNot enabled\n"
    #expect(facts(text)["deviceGuard.servicesRunning"]?.value == [])
    #expect(facts(text)["secureBoot"] == nil)
    #expect(facts("OS Name\tX\nVirtualization-based security\tPerhaps\n")["deviceGuard.status"]?.state == .unreadable)
  }

  @Test("a Chinese report in UTF-16, as msinfo32 writes it") func chinese() {
    let text =
      "系统信息报告\r\n项目\t值\r\nOS 名称\tMicrosoft Windows 11 专业版\r\n版本\t10.0.22631 内部版本 22631\r\n系统名称\tPC-01\r\n安全启动状态\t关闭\r\n内核 DMA 保护\t启用\r\n"
      + "基于虚拟化的安全性\t未启用\r\n"
    let bytes = WindowsTextTests.wide(text)
    #expect(FileKind.recognise(bytes, path: "m.txt") == .systemInformation)
    let asset = WindowsCollector().collect(report: bytes, path: "m.txt", target: "m.txt").assets[0]
    #expect(asset.asset.id == "windows:PC-01" && asset.asset.kind == .windows)
    #expect(asset.facts["secureBoot"]?.value == "off" && asset.facts["dma.protection"]?.value == true)
    #expect(asset.facts["deviceGuard.status"] == .present(0, .path("m.txt", line: 8)))
    #expect(asset.facts["windows.build"]?.value == 22631)
    #expect(asset.facts["bcd.testsigning"]?.state == .notCollected)
  }
}
