/// Reads JSON documents that are alike, as the machines of an estate are: which keys an object has, and in which order, is found out once
/// and then only compared.
///
/// Every document keeps the forms that it has in common with others. Where keys are so long or so many that the forms take more than 8 MiB,
/// they are left to the documents that have them, and found anew. One thread at a time may use a reader; its documents may be used by others
/// meanwhile.
public final class DocumentReader {
  private static let largestForms = 8 << 20

  private var shapes: ShapeCache
  /// Keeps the forms for the documents that have them.
  private var forms: Document

  public init() {
    shapes = ShapeCache()
    forms = Document(sharing: shapes.heap, .null)
  }

  /// Bytes that the next document's forms are held to.
  var formBytes: Int { shapes.heap.used }

  /// Reads JSON (RFC 8259) as `Document(json:name:)` does.
  ///
  /// - Throws: `eval_internal_error` naming line and column of the first mistake.
  public func document(json bytes: [UInt8], name: String = "") throws(RegoError) -> Document {
    if shapes.heap.used > Self.largestForms {
      shapes = ShapeCache()
      forms = Document(sharing: shapes.heap, .null)
    }
    let heap = Heap()
    do throws(JSONError) {
      return Document(sharing: heap, try JSONReader.read(bytes, in: heap, shapes: shapes), parents: [forms])
    } catch {
      throw Document.mistake(error, name)
    }
  }
}
