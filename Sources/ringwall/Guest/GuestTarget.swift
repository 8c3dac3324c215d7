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

extension GuestTarget {
  /// A guest whose memory can be read, be there a kernel in it or not.
  struct Reached {
    let memory: PhysicalMemory
    /// Nil where no kernel was found; then `reason` says why.
    let guest: Guest?
    let reason: String?
  }

  /// Opens a guest's memory, and its kernel where there is one that is known.
  static func reach(_ target: String) throws(DataError) -> Reached {
    do throws(IntrospectionError) {
      let image = try MemoryImage(path: target)
      do throws(IntrospectionError) {
        let guest = try Guest(image: image)
        return Reached(memory: guest.memory, guest: guest, reason: nil)
      } catch {
        return Reached(memory: try image.memory(), guest: nil, reason: error.description)
      }
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
