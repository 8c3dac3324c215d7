// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that building and testing Ringwall never builds this.
let package = Package(
  name: "benchmarks",
  dependencies: [.package(name: "ringwall", path: "..")],
  targets: [
    .executableTarget(
      name: "measure", dependencies: [.product(name: "Rego", package: "ringwall")],
      swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)])
  ]
)
