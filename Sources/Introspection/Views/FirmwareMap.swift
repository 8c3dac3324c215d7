/// A range of the memory map that the firmware gave the kernel (e820).
public struct FirmwareRange: Sendable, Hashable {
  public let start: UInt64
  /// Bytes.
  public let count: UInt64
  /// 1 is RAM, 2 reserved, 3 ACPI tables, 4 ACPI storage (ACPI specification, section 15).
  public let type: UInt32
}

extension Guest {
  /// The memory map as the firmware told it; empty where the kernel does not keep it.
  public func firmwareMap() -> [FirmwareRange] {
    guard let pointer = symbol("e820_table_firmware") ?? symbol("e820_table"), let table = self.pointer(pointer), let count = u32(table),
      count <= 4096, let entries = kernel.offset("e820_table", "entries")
    else { return [] }
    // Entries are packed: two words of 64 bits and one of 32 (arch/x86/include/asm/e820/types.h).
    return (0..<UInt64(count)).compactMap { index in
      let place = table &+ entries &+ index &* 20
      guard let start = u64(place), let size = u64(place &+ 8), let type = u32(place &+ 16) else { return nil }
      return FirmwareRange(start: start, count: size, type: type)
    }
  }

  /// Whether the kernel was told of as much RAM below and above 4 GiB as a layout has; nil where the kernel does not say.
  ///
  /// The firmware keeps some of the RAM below 4 GiB to itself, at its end and up to some tens of MiB.
  func agrees(with layout: MachineLayout) -> Bool? {
    let ram = firmwareMap().filter { $0.type == 1 && $0.start < PhysicalRange.limit && $0.count < PhysicalRange.limit }
    guard let low = ram.filter({ $0.start < MachineLayout.fourGiB }).map({ $0.start + $0.count }).max() else { return nil }
    let high = ram.filter { $0.start >= MachineLayout.fourGiB }.map { $0.start + $0.count - MachineLayout.fourGiB }.max() ?? 0
    return low <= layout.low && layout.low - low <= 128 << 20 && high == layout.high
  }
}

extension Guest {
  /// Opens a saved image and finds its kernel. Bare RAM says nothing about the hole for PCI: each known layout is tried, and the one whose
  /// kernel was told of the same by its firmware is taken.
  public init(image: MemoryImage, cache: KernelCache? = nil) throws(IntrospectionError) {
    var first: Guest?
    var failure: IntrospectionError?
    for layout in image.layouts {
      do throws(IntrospectionError) {
        var guest = try Guest(
          memory: try image.memory(layout), processors: image.processors.map(\.cr3), information: image.information, cache: cache)
        guest.registers = ProcessorState(image)
        guest.mark = image.mark
        guard let layout, image.layouts.count > 1, let agrees = guest.agrees(with: layout) else {
          self = guest
          return
        }
        if agrees {
          self = guest
          return
        }
        if first == nil { first = guest }
      } catch {
        if failure == nil { failure = error }
      }
    }
    guard let first else { throw failure ?? .noKernel(path: image.path, rejected: []) }
    self = first
  }
}
