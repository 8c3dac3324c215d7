/// Why a disk could not be read: one sentence that says what was tried, on what, why it failed and what to do.
public struct DiskError: Error, Sendable, Hashable, CustomStringConvertible {
  public let message: String

  public init(_ message: String) { self.message = message }

  public var description: String { message }
}
