import Domain
import Foundation
import Judgement
import Testing

@testable import Audit

@Suite("Frameworks")
struct FrameworkTests {
  private let frameworks: Frameworks
  private let controls: [Control]

  init() throws {
    let folder = try DataFolder(named: nil)
    frameworks = try Frameworks(from: folder)
    controls = try Policies.load(from: folder, extra: []).controls.all
  }

  @Test("Every family in use gives evidence for a clause of at least five frameworks")
  func everyFamily() {
    for family in Set(controls.map(\.family)) {
      #expect(frameworks.clauses(family: family).count >= 5, "family \(family)")
    }
  }

  @Test("What a review called wrong is gone, what it called weak says so")
  func reviewed() throws {
    let nist = try #require(frameworks.clauses(family: "IOM").first { $0.framework == "nist80053" })
    #expect(!nist.clauses.contains { $0.id == "MP-7" })
    #expect(nist.clauses.contains { $0.id == "SC-41" })
    let confidential = try #require(frameworks.clauses(family: "CNF").first { $0.framework == "nist80053" })
    #expect(confidential.clauses.first { $0.id == "SC-28" }?.weakness != nil)
    #expect(confidential.clauses.contains { $0.id == "SC-39(1)" && $0.weakness == nil })
  }

  @Test("A family that no file names has no clauses")
  func unknownFamily() {
    #expect(frameworks.clauses(family: "XXX").isEmpty)
    #expect(frameworks.value(control: Samples.control("X-1")).elements?.contains { $0["framework"]?.text == "stig" } == false)
  }

  /// Clauses by framework, and the form of their ids.
  static let forms: [(id: String, count: Int, form: String)] = [
    ("gdpr", 14, #"\d+(\(\d\))?(\([a-f]\))?"#), ("hipaa", 23, #"164\.\d{3}(\([a-z0-9]+\))*(\([ivxIVX]+\))?(\([A-Z]\))?"#),
    ("nist80053", 89, #"[A-Z]{2}-\d{1,2}(\(\d{1,2}\))?"#), ("nist-sp", 21, #"800-\d{2,3}[AB]?( r\d)?( s\d| HY-BF\d)?"#),
    ("iso27001", 30, #"A\.[5-8]\.\d{1,2}"#), ("iso27017", 7, #"CLD\.\d{1,2}\.\d{1,2}\.\d"#),
    ("mlps", 50, #"8\.[12]\.\d{1,2}\.\d{1,2}[a-h]?"#),
    ("pci", 47, #"\d{1,2}\.\d{1,2}\.\d{1,2}(\.\d)?"#), ("nis2", 15, #"\d{2}(\(\d\))?(\([a-j]\))?"#),
    ("nis2-ir2690", 22, #"\d{1,2}\.\d{1,2}"#),
    ("dora", 26, #"\d{1,2}(\(\d\))?(\([a-f]\))?"#), ("cra", 9, #"\d{2}(\(\d\))?|Annex I Part I{1,2}|Annex III class II 1"#),
    ("cisa-bod", 8, #"(BOD|ED) \d{2}-\d{2}"#), ("attack", 67, #"T\d{4}(\.\d{3})?"#),
    ("stig", 131, #"(ESXI|VMCH|VCSA|PHTN)-\d0-\d{6}"#),
    ("cis", 57, #"(Docker|WS2022 3\.0) [\d.]+(-[\d.]+)?|OCP VM Extension 1\.0\.0|distro benchmarks 1\.6"#),
  ]

  @Test("Every framework has its clauses, in the form in which it numbers them")
  func ids() throws {
    #expect(frameworks.ids == Self.forms.map(\.id).sorted())
    for (id, count, form) in Self.forms {
      let framework = try #require(frameworks[id])
      let pattern = try Regex(form)
      #expect(framework.clauses.count == count, "\(id): \(framework.clauses.count)")
      #expect(Set(framework.clauses.map(\.id)).count == count, "\(id) repeats a clause")
      for clause in framework.clauses {
        #expect(clause.id.wholeMatch(of: pattern) != nil, "\(id) \(clause.id)")
        #expect(!clause.title.isEmpty, "\(id) \(clause.id)")
      }
    }
  }

  @Test("Families have three letters, and every control that is named exists")
  func assigned() {
    let families = Set(controls.map(\.family))
    #expect(families.allSatisfy { (2...3).contains($0.count) })
    let known = Set(controls.map(\.id))
    for framework in frameworks.all {
      for clause in framework.clauses {
        for id in clause.controls { #expect(known.contains(id), "\(framework.id) \(clause.id): \(id)") }
      }
    }
  }

  @Test("Graded clauses name their levels, and directives that were revoked say so")
  func levels() throws {
    let graded = try #require(frameworks["mlps"])
    #expect(graded.clauses.allSatisfy { !$0.levels.isEmpty })
    #expect(graded.clauses.first { $0.id == "8.2.4.3a" }?.levels.map(\.level) == [3, 4])
    #expect(graded.clauses.first { $0.id == "8.1.2.1" }?.levels.map(\.id) == ["7.1.2.1", "8.1.2.1", "9.1.2.1"])
    let directives = try #require(frameworks["cisa-bod"])
    #expect(directives.clauses.filter { !$0.status.isEmpty }.map(\.id) == ["BOD 19-02", "BOD 22-01"])
    #expect(directives.clauses.first { $0.id == "BOD 22-01" }?.families.isEmpty == true)
    #expect(directives.clauses.first { $0.id == "BOD 26-04" }?.families == ["UPD", "SCH"])
  }

  private static let research = Samples.packageRoot.deletingLastPathComponent().appendingPathComponent("shared/facts/frameworks.yaml")

  @Test(
    "The clauses are those of the list that was read, but for what its review changes",
    .enabled(if: FileManager.default.fileExists(atPath: research.path), "the list of clauses is not beside the package"))
  func source() throws {
    let document = try YAMLDocument.read(Array(try Data(contentsOf: Self.research)), file: "frameworks.yaml")
    var reviewed: [String: [(family: String, fit: String, proposed: [String])]] = [:]
    for entry in document["mapping_review"]?.elements ?? [] {
      let key = "\(entry["framework"]?.text ?? "") \(entry["id"]?.shown ?? "")"
      reviewed[key, default: []].append(
        (entry["family"]?.text ?? "", entry["fit"]?.text ?? "", entry["proposed"]?.elements?.map(\.shown) ?? []))
    }
    var count = 0
    for list in document["frameworks"]?.elements ?? [] {
      let framework = try #require(frameworks[list["id"]?.text ?? ""])
      for entry in list["clauses"]?.elements ?? [] {
        count += 1
        let id = entry["id"]?.shown ?? ""
        let clause = try #require(framework.clauses.first { $0.id == id }, "\(framework.id) \(id)")
        #expect(clause.isRead == (entry["verified"]?.text == "V"), "\(framework.id) \(id)")
        var families = Set(entry["families"]?.elements?.compactMap(\.text) ?? [])
        for review in reviewed["\(framework.id) \(id)"] ?? [] {
          if review.fit == "wrong" { families.remove(review.family) }
          if review.fit == "weak", clause.families.contains(review.family) {
            #expect(clause.weaknesses[review.family] != nil, "\(framework.id) \(id) \(review.family)")
          }
          for proposed in review.proposed {
            #expect(
              framework.clauses.first { $0.id == proposed }?.families.contains(review.family) == true,
              "\(framework.id) \(proposed) \(review.family)")
          }
        }
        #expect(families.isSubset(of: clause.families), "\(framework.id) \(id)")
      }
    }
    #expect(count == 428)
  }
}
