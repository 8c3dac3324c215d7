@testable import Introspection
import QMP
import TestSupport
import Testing

@Suite("Registers of virtual processors") struct VirtualProcessorTests {
  /// What QEMU 7.2 prints of one processor, without its vector registers.
  static func dump(_ index: Int, cr3: String = "000000001ff78000") -> String {
    """
    \r
    CPU#\(index)\r
    RAX=000000000001ad40 RBX=0000000000000000 RCX=0000000000000000 RDX=4000000000000000\r
    RIP=ffffffffa1c17a0b RFL=00000246 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=1\r
    CS =0010 0000000000000000 ffffffff 00af9b00 DPL=0 CS64 [-RA]\r
    GS =0000 ff19b89c5f200000 00000000 00000000\r
    TR =0040 fffffe0000003000 00004087 00008b00 DPL=0 TSS64-busy\r
    GDT=     fffffe0000001000 0000007f\r
    IDT=     fffffe0000000000 00000fff\r
    CR0=80050033 CR2=0000000000579662 CR3=\(cr3) CR4=00751eb0\r
    DR6=00000000ffff0ff0 DR7=0000000000000400\r
    EFER=0000000000000d01\r

    """
  }

  @Test("values and modes") func values() throws {
    let found = VirtualProcessor.all(in: Self.dump(0) + Self.dump(1, cr3: "000000000f610000"))
    #expect(found.map(\.index) == [0, 1])
    let first = try #require(found.first)
    #expect(first.cr0 == 0x8005_0033 && first.cr3 == 0x1FF7_8000 && first.cr4 == 0x75_1EB0 && first.efer == 0xD01)
    #expect(first.idt == VirtualProcessor.Table(base: 0xFFFF_FE00_0000_0000, limit: 0xFFF))
    #expect(first.gdt == VirtualProcessor.Table(base: 0xFFFF_FE00_0000_1000, limit: 0x7F))
    #expect(first.gsBase == 0xFF19_B89C_5F20_0000 && first.rip == 0xFFFF_FFFF_A1C1_7A0B && first.privilege == 0)
    #expect(first.hasFiveLevels && first.hasSMEP && first.hasSMAP && first.isWriteProtected && first.hasNoExecute == true)
    #expect(found[1].cr3 == 0xF61_0000)
    #expect(first.task == VirtualProcessor.Table(base: 0xFFFF_FE00_0000_3000, limit: 0x4087))
    #expect(VirtualProcessor.all(in: Self.dump(0).replacing("TR =", with: "XX=")).first?.task == nil)
  }

  @Test("a processor of which something is missing is left out", arguments: ["RIP=", "IDT=", "CR4=", "EFER=", "GS =", "CPL="])
  func missing(_ key: String) {
    #expect(VirtualProcessor.all(in: Self.dump(0).replacing(key, with: "XX=")).isEmpty)
    #expect(VirtualProcessor.all(in: Self.dump(0).replacing(key, with: "XX=") + Self.dump(1)).map(\.index) == [1])
  }

  @Test("no text is one of processors") func nothing() {
    for text in ["", "unknown command", "CPU#", "CPU#0\nCR0=zz", String(repeating: "CPU#1\n", count: 10_000)] {
      #expect(VirtualProcessor.all(in: text).isEmpty)
    }
  }
}

@Suite("QEMU's device state") struct DeviceStateTests {
  static let lstar: UInt64 = 0xFFFF_FFFF_A1E0_0080

  static func big(_ value: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
  }

  /// A section that agrees with `VirtualProcessorTests.dump`.
  static func section(instance: UInt32 = 0, version: UInt32 = 12, lstar: UInt64 = lstar, cr3: UInt64 = 0x1FF7_8000) -> [UInt8] {
    var fixed = [UInt8](repeating: 0, count: 864)
    let values: [(Int, UInt64)] = [
      (128, 0xFFFF_FFFF_A1C1_7A0B), (400, 0xFFFF_FE00_0000_1000), (420, 0xFFFF_FE00_0000_0000), (456, 0x8005_0033), (464, 0x57_9662),
      (472, cr3), (480, 0x75_1EB0), (816, 0xD01), (832, lstar),
    ]
    for (offset, value) in values { fixed.replaceSubrange(offset..<offset + 8, with: big(value, 8)) }
    return [4] + big(7, 4) + [3] + Array("cpu".utf8) + big(UInt64(instance), 4) + big(UInt64(version), 4) + fixed
  }

  static let head: [UInt8] = Array("QEVM".utf8) + [0, 0, 0, 3]

  private static func outcome(_ sections: [UInt8]) throws -> DeviceState.Outcome {
    let processor = try #require(VirtualProcessor.all(in: VirtualProcessorTests.dump(0)).first)
    return try #require(DeviceState(head + [1, 2, 3] + sections)).entries(of: processor)
  }

  @Test("LSTAR comes from the section that agrees with the registers") func found() throws {
    guard case .found(let entries) = try Self.outcome(Self.section(instance: 1, lstar: 5) + Self.section() + [0, 0]) else {
      throw TestGuest.Failure(description: "nothing was found")
    }
    #expect(entries.lstar == Self.lstar)
  }

  @Test("a section of another version, processor or page table is not taken") func none() throws {
    #expect(try Self.outcome(Self.section(version: 13)) == .none)
    #expect(try Self.outcome(Self.section(instance: 3)) == .none)
    #expect(try Self.outcome(Self.section(cr3: 0x1000)) == .none)
    #expect(try Self.outcome(Array(Self.section().dropLast())) == .none)
    #expect(try Self.outcome([]) == .none)
  }

  @Test("a second section that agrees in all but LSTAR is a decoy, and neither is believed") func decoy() throws {
    #expect(try Self.outcome(Self.section() + Self.section(lstar: 0xFFFF_FFFF_C000_0000)) == .ambiguous(2))
    guard case .found = try Self.outcome(Self.section() + Self.section()) else {
      throw TestGuest.Failure(description: "two equal sections say the same")
    }
  }

  @Test("other bytes are no device state") func other() {
    #expect(DeviceState([]) == nil && DeviceState(Array("QEVM".utf8)) == nil && DeviceState(Array("ELF whatever".utf8)) == nil)
  }
}
