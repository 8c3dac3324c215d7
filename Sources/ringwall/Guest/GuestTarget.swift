internal import Introspection
internal import Judgement

/// What the commands of `ringwall guest` look into.
enum GuestTarget {
  /// Opens a guest by what the user named, and finds its kernel.
  static func open(_ target: String) throws(DataError) -> Guest {
    do throws(IntrospectionError) {
      return try Guest(image: try MemoryImage(path: target))
    } catch {
      throw DataError(error.description)
    }
  }
}

extension Guest {
  /// A view's answer, with errors as the command line tells them.
  func answer<Value>(_ view: (Guest) throws(IntrospectionError) -> Value) throws(DataError) -> Value {
    do throws(IntrospectionError) { return try view(self) } catch { throw DataError(error.description) }
  }
}
