/// Reads JSON documents that are alike, as the machines of an estate are: which keys an object has, and in which order, is found out once
/// and then only compared.
///
/// Every document keeps the forms that it has in common with others, which take up to some megabytes whatever is read. One thread at a time
/// may use a reader; its documents may be used by others meanwhile.
public final class DocumentReader {
  private let shapes = ShapeCache()
  /// Keeps the forms for the documents that have them.
  private let forms: Document

  public init() { forms = Document(sharing: shapes.heap, .null) }

  /// Reads JSON (RFC 8259) as `Document(json:name:)` does.
  ///
  /// - Throws: `eval_internal_error` naming line and column of the first mistake.
  public func document(json bytes: [UInt8], name: String = "") throws(RegoError) -> Document {
    let heap = Heap()
    do throws(JSONError) {
      return Document(sharing: heap, try JSONReader.read(bytes, in: heap, shapes: shapes), parents: [forms])
    } catch {
      throw Document.mistake(error, name)
    }
  }
}
