public import Testing

/// Guests that several suites use at once: one for each recipe, ended when the last user leaves. At most `limit` run at a time, since the
/// emulator takes a core each; whoever waits for one must hold none.
actor SharedGuests {
  static let shared = SharedGuests()
  private static let limit = 2

  private struct Entry {
    var users: Int
    let boot: Task<TestGuest, any Error>
  }

  private var entries: [GuestRecipe: Entry] = [:]

  func take(_ recipe: GuestRecipe) async throws -> TestGuest {
    while entries[recipe] == nil, entries.count >= Self.limit { try await Task.sleep(for: .milliseconds(100)) }
    let boot = entries[recipe]?.boot ?? Task { try await TestGuest.boot(recipe) }
    entries[recipe, default: Entry(users: 0, boot: boot)].users += 1
    do { return try await boot.value } catch {
      leave(recipe)
      throw error
    }
  }

  func giveBack(_ recipe: GuestRecipe, _ guest: TestGuest) {
    if leave(recipe) { guest.stop() }
  }

  @discardableResult
  private func leave(_ recipe: GuestRecipe) -> Bool {
    guard var entry = entries[recipe] else { return false }
    entry.users -= 1
    entries[recipe] = entry.users == 0 ? nil : entry
    return entry.users == 0
  }
}

/// Gives all tests of a suite one guest, `TestGuest.shared()`. Suites with equal recipes share it while they run at the same time: a test may
/// pause it, and must leave it running.
public struct GuestTrait: SuiteTrait, TestTrait, TestScoping {
  let recipe: GuestRecipe

  @concurrent
  public func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void
  ) async throws {
    let guest = try await SharedGuests.shared.take(recipe)
    do {
      try await TestGuest.$current.withValue(guest) { try await function() }
    } catch {
      await SharedGuests.shared.giveBack(recipe, guest)
      throw error
    }
    await SharedGuests.shared.giveBack(recipe, guest)
  }
}

extension Trait where Self == GuestTrait {
  /// Boots a guest for the suite or test, and ends it afterwards.
  public static func guest(_ recipe: GuestRecipe = GuestRecipe()) -> GuestTrait { GuestTrait(recipe: recipe) }
}

extension TestGuest {
  @TaskLocal static var current: TestGuest?

  /// The guest of the suite that a test belongs to.
  public static func shared() throws -> TestGuest {
    guard let guest = current else { throw Failure(description: "the suite has no trait .guest") }
    return guest
  }
}
