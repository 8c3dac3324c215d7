internal import Audit

/// One line on a terminal, edited with the usual keys, with a history.
struct LineEditor {
  /// Earlier lines, the last one last.
  private(set) var history: [String]
  static let historyLimit = 1000

  enum Outcome {
    case line(String)
    /// Control-C: the line is dropped.
    case interrupted
    /// Control-D on an empty line, or the end of the input.
    case end
  }

  init(history: [String] = []) { self.history = history.suffix(Self.historyLimit) }

  mutating func remember(_ line: String) {
    guard !line.isEmpty, history.last != line else { return }
    history.append(line)
    if history.count > Self.historyLimit { history.removeFirst() }
  }

  func read(prompt: String) -> Outcome {
    StandardInput.withKeys {
      var state = State(prompt: prompt, history: history + [""])
      state.draw()
      while true {
        guard let key = Key.next(&state.pending) else { return finish(.end) }
        switch key {
        case .enter: return finish(.line(state.text))
        case .control("C"): return finish(.interrupted)
        case .control("D") where state.characters.isEmpty: return finish(.end)
        default: state.handle(key)
        }
        state.draw()
      }
    } ?? .end
  }

  private func finish(_ outcome: Outcome) -> Outcome {
    _ = Console.put(Array("\r\n".utf8), to: Console.output)
    return outcome
  }

  /// A key as the terminal sends it.
  enum Key: Equatable {
    case character(Character)
    case control(Character)
    case enter, backspace, delete, left, right, up, down, home, end, other

    /// nil at the end of the input.
    static func next(_ pending: inout [UInt8]) -> Key? {
      guard let first = byte(&pending) else { return nil }
      switch first {
      case 0x0D, 0x0A: return .enter
      case 0x7F, 0x08: return .backspace
      case 0x1B: return escape(&pending)
      case 0x00..<0x20: return .control(Character(Unicode.Scalar(first + 0x40)))
      default:
        var bytes = [first]
        let more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0
        for _ in 0..<more {
          guard let next = byte(&pending) else { return nil }
          bytes.append(next)
        }
        return String(decoding: bytes, as: UTF8.self).first.map { .character($0) } ?? .other
      }
    }

    private static func byte(_ pending: inout [UInt8]) -> UInt8? {
      if pending.isEmpty { pending = StandardInput.read(256) }
      return pending.isEmpty ? nil : pending.removeFirst()
    }

    private static func escape(_ pending: inout [UInt8]) -> Key {
      guard let kind = byte(&pending), kind == 0x5B || kind == 0x4F else { return .other }
      var digits = ""
      while let next = byte(&pending) {
        switch next {
        case 0x41: return .up
        case 0x42: return .down
        case 0x43: return .right
        case 0x44: return .left
        case 0x48: return .home
        case 0x46: return .end
        case 0x7E: return ["1": .home, "7": .home, "3": .delete, "4": .end, "8": .end][digits] ?? .other
        case 0x30...0x39, 0x3B: digits.append(Character(Unicode.Scalar(next)))
        default: return .other
        }
      }
      return .other
    }
  }

  /// The line as it stands.
  struct State {
    let prompt: String
    private var lines: [String]
    private var selected: Int
    private(set) var characters: [Character] = []
    private(set) var cursor = 0
    private var cut = ""
    var pending: [UInt8] = []

    init(prompt: String, history: [String]) {
      self.prompt = prompt
      lines = history
      selected = history.count - 1
    }

    var text: String { String(characters) }

    mutating func handle(_ key: Key) {
      switch key {
      case .character(let character):
        characters.insert(character, at: cursor)
        cursor += 1
      case .backspace, .control("H"):
        guard cursor > 0 else { return }
        cursor -= 1
        characters.remove(at: cursor)
      case .delete, .control("D"): if cursor < characters.count { characters.remove(at: cursor) }
      case .left, .control("B"): cursor = max(0, cursor - 1)
      case .right, .control("F"): cursor = min(characters.count, cursor + 1)
      case .home, .control("A"): cursor = 0
      case .end, .control("E"): cursor = characters.count
      case .up, .control("P"): select(selected - 1)
      case .down, .control("N"): select(selected + 1)
      case .control("K"): take(cursor..<characters.count)
      case .control("U"): take(0..<cursor)
      case .control("W"):
        var start = cursor
        while start > 0, characters[start - 1] == " " { start -= 1 }
        while start > 0, characters[start - 1] != " " { start -= 1 }
        take(start..<cursor)
      case .control("Y"):
        characters.insert(contentsOf: cut, at: cursor)
        cursor += cut.count
      case .control("L"): _ = Console.put(Array("\u{1B}[H\u{1B}[2J".utf8), to: Console.output)
      default: break
      }
    }

    private mutating func take(_ range: Range<Int>) {
      cut = String(characters[range])
      characters.removeSubrange(range)
      cursor = range.lowerBound
    }

    private mutating func select(_ index: Int) {
      guard lines.indices.contains(index) else { return }
      lines[selected] = text
      selected = index
      characters = Array(lines[index])
      cursor = characters.count
    }

    /// Draws the part of the line around the cursor that the terminal is wide enough for.
    func draw() {
      let room = max(10, Console.style.columns - DisplayWidth.of(prompt) - 1)
      var first = 0
      while DisplayWidth.of(String(characters[first..<cursor])) > room - 1 { first += 1 }
      let before = String(characters[first..<cursor])
      let shown = DisplayWidth.cut(String(characters[first...]).printable, to: room)
      let column = DisplayWidth.of(prompt) + DisplayWidth.of(before)
      _ = Console.put(Array("\r\(prompt)\(shown)\u{1B}[K\r\u{1B}[\(column)C".utf8), to: Console.output)
    }
  }
}
