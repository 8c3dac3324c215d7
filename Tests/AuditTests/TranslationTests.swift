import Domain
import Foundation
import Judgement
import Testing

@testable import Audit

@Suite("Sentences of the command line in Chinese")
struct TranslationTests {
  private static func chinese() throws -> Translation {
    try Translation(file: Texts.command(.chinese), from: try DataFolder(named: nil))
  }

  @Test("Places keep their text, or their own sentence")
  func places() throws {
    let translation = try Self.chinese()
    #expect(translation("cannot read a: b.rego: no such file") == "无法读取 a：b.rego: no such file")
    #expect(translation("cannot read /x: no such file") == "无法读取 /x：没有此文件")
    #expect(translation("nothing of ours") == "nothing of ours")
    #expect(translation("") == "")
  }

  @Test("Each sentence names in Chinese the places that it has in English")
  func names() throws {
    let folder = try DataFolder(named: nil)
    let document = try YAMLDocument.read(try folder.bytes(Texts.command(.chinese)), file: "command.yaml")
    for member in document.members ?? [] {
      let names = member.key.matches(of: /\{\d+\}/).map { String($0.0) }
      #expect(names == Array(Set(names)).sorted(), "\(member.key)")
      #expect(Set(member.value.shown.matches(of: /\{\d+\}/).map { String($0.0) }) == Set(names), "\(member.key)")
    }
  }

  /// Rego's own errors keep OPA's words, codes and places in every language; sentences without a word of their own say what another said.
  @Test("Every error and refusal that the sources can give has its sentence")
  func errors() throws {
    let translation = try Self.chinese()
    let sources = Samples.packageRoot.appendingPathComponent("Sources")
    let files = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL } ?? []
    var count = 0
    for file in files where file.pathExtension == "swift" && !file.path.contains("/Sources/Rego") {
      for sentence in Sentences.thrown(in: try String(contentsOf: file, encoding: .utf8))
      where sentence.words > 1 && sentence.text.contains(" ") {
        count += 1
        // A value may be empty, as a suggestion that there is none of.
        let texts = [sentence.text, sentence.withoutValues]
        #expect(texts.contains { translation.sentence($0) != nil }, "\(file.lastPathComponent): \(sentence.text)")
      }
    }
    #expect(count > 120)
  }
}

/// Texts in the source of errors and refusals.
private enum Sentences {
  struct Sentence {
    /// With "v" where a value stands.
    let text: String
    let withoutValues: String
    let words: Int
  }

  static func thrown(in source: String) -> [Sentence] {
    source.matches(of: /(?:DataError|DiskError|ValidationError|Refusal|ServiceFailure)\(/).flatMap { texts(in: source[$0.range.upperBound...]) }
  }

  /// The text literals up to the parenthesis that closes the call.
  private static func texts(in call: Substring) -> [Sentence] {
    var found: [Sentence] = []
    var rest = call
    var depth = 1
    while depth > 0, let character = rest.first {
      switch character {
      case "\"":
        found.append(literal(&rest))
        continue
      case "(": depth += 1
      case ")": depth -= 1
      default: break
      }
      rest.removeFirst()
    }
    return found
  }

  /// One literal, of one line or of several whose ends are escaped.
  private static func literal(_ rest: inout Substring) -> Sentence {
    let isLong = rest.hasPrefix("\"\"\"")
    rest = rest.dropFirst(isLong ? 3 : 1).drop { isLong && $0.isWhitespace }
    var text = ""
    var bare = ""
    var fixed = ""
    while let character = rest.first {
      if isLong, rest.hasPrefix("\n"), rest.drop(while: \.isWhitespace).hasPrefix("\"\"\"") {
        rest = rest.drop(while: \.isWhitespace).dropFirst(3)
        break
      }
      rest.removeFirst()
      if character == "\"", !isLong { break }
      guard character == "\\", let escaped = rest.first else {
        text.append(character)
        bare.append(character)
        fixed.append(character)
        continue
      }
      rest.removeFirst()
      if escaped.isNewline {
        rest = rest.drop(while: \.isWhitespace)
        continue
      }
      guard escaped == "(" else {
        text.append(escaped == "n" ? "\n" : escaped)
        bare.append(escaped == "n" ? "\n" : escaped)
        continue
      }
      var depth = 1
      while depth > 0, let inner = rest.first {
        if inner == "\"" {
          _ = literal(&rest)
          continue
        }
        depth += inner == "(" ? 1 : inner == ")" ? -1 : 0
        rest.removeFirst()
      }
      text.append("v")
      fixed.append(" ")
    }
    return Sentence(text: text, withoutValues: bare, words: fixed.split { !$0.isLetter }.count)
  }
}
