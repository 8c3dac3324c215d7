// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours is compiled with these: adopting them later costs far more than on day one.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .treatWarning("DeprecatedDeclaration", as: .warning),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InferIsolatedConformances"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableUpcomingFeature("ImmutableWeakCaptures"),
  .enableExperimentalFeature("Lifetimes"),
]

let package = Package(
  name: "ringwall",
  products: [
    .executable(name: "ringwall", targets: ["ringwall"]),
    .executable(name: "ringwall-disk-worker", targets: ["ringwall-disk-worker"]),
    .library(name: "Rego", targets: ["Rego"]),
    .library(name: "RegoBuiltins", targets: ["RegoBuiltins"]),
    .library(name: "RegoHTTP", targets: ["RegoHTTP"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-asn1", exact: "1.7.4"),
    .package(url: "https://github.com/apple/swift-certificates", exact: "1.21.1"),
    .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
    .package(url: "https://github.com/attaswift/BigInt", exact: "6.0.1"),
    .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
    .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),
    .package(url: "https://github.com/LebJe/TOMLKit", exact: "0.6.0"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
  ],
  targets: [
    .systemLibrary(name: "CXML", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
    .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
    .systemLibrary(name: "CLinux"),
    .systemLibrary(name: "CProcessor"),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CYara", pkgConfig: "yara", providers: [.apt(["libyara-dev"])]),
    .systemLibrary(name: "CTSK", pkgConfig: "tsk", providers: [.apt(["libtsk-dev"])]),
    .systemLibrary(name: "CNBD", pkgConfig: "libnbd", providers: [.apt(["libnbd-dev"])]),
    .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp", providers: [.apt(["libseccomp-dev"])]),
    .target(name: "Domain", swiftSettings: strict),
    .target(
      name: "Rego",
      dependencies: [
        "CProcessor",
        .product(name: "BigInt", package: "BigInt"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: strict),
    .target(
      name: "RegoBuiltins",
      dependencies: [
        "Rego",
        .product(name: "BigInt", package: "BigInt"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "CryptoExtras", package: "swift-crypto"),
        .product(name: "SwiftASN1", package: "swift-asn1"),
        .product(name: "X509", package: "swift-certificates"),
      ],
      swiftSettings: strict),
    .target(
      name: "Judgement",
      dependencies: [
        "Domain", "Rego", "RegoBuiltins", "CArchive", .product(name: "Yams", package: "Yams"),
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      swiftSettings: strict),
    .target(
      name: "RegoHTTP",
      dependencies: [
        "Rego", "RegoBuiltins",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ],
      swiftSettings: strict),
    .target(
      name: "ContainerEngine",
      dependencies: [
        "Domain",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      swiftSettings: strict),
    .target(
      name: "VSphere",
      dependencies: [
        "CXML", "Domain",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ],
      swiftSettings: strict),
    .target(
      name: "DecisionServer",
      dependencies: [
        "CZlib", "Rego",
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "HummingbirdTLS", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "SwiftASN1", package: "swift-asn1"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        .product(name: "X509", package: "swift-certificates"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict),
    .target(
      name: "Platforms", dependencies: ["Domain", "CArchive", "CXML", "CLinux", .product(name: "TOMLKit", package: "TOMLKit")],
      swiftSettings: strict),
    .target(name: "QMP", dependencies: ["CLinux"], swiftSettings: strict),
    .target(
      name: "Introspection", dependencies: ["CArchive", "CLinux", "Domain", "QMP", .product(name: "Crypto", package: "swift-crypto")],
      // Tests read a kernel's memory hundreds of times.
      swiftSettings: strict + [.unsafeFlags(["-O"], .when(configuration: .debug))]),
    .target(
      name: "Signatures", dependencies: ["CLinux", "CYara", "Domain", "Introspection", "QMP"], swiftSettings: strict),
    .target(name: "Disks", dependencies: ["CLinux", "Domain", "Platforms", "QMP", "Signatures"], swiftSettings: strict),
    .target(
      name: "DiskReader",
      dependencies: [
        "CLinux", "CNBD", "CSeccomp", "CTSK", "Disks", "Domain", "Signatures", .product(name: "Crypto", package: "swift-crypto"),
      ],
      swiftSettings: strict),
    .executableTarget(name: "ringwall-disk-worker", dependencies: ["DiskReader"], swiftSettings: strict),
    .target(name: "References", dependencies: ["Domain", "Judgement"], swiftSettings: strict),
    .target(
      name: "Waivers",
      dependencies: [
        "Domain", "Judgement", .product(name: "Crypto", package: "swift-crypto"), .product(name: "SwiftASN1", package: "swift-asn1"),
      ],
      swiftSettings: strict),
    .target(
      name: "Audit",
      dependencies: [
        "ContainerEngine", "CXML", "Domain", "Judgement", "Platforms", "References", "Waivers", .product(name: "Yams", package: "Yams"),
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      swiftSettings: strict),
    .target(
      name: "History", dependencies: ["Audit", "Judgement", .product(name: "GRDB", package: "GRDB.swift")], swiftSettings: strict),
    .executableTarget(
      name: "ringwall",
      dependencies: [
        "Domain", "Rego", "RegoBuiltins", "RegoHTTP", "Judgement", "Platforms", "References", "VSphere", "Waivers", "Audit", "History",
        "DecisionServer", "QMP", "Introspection", "Signatures", "Disks",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict,
      // Relative relocations packed: 2 MB less to read and to keep at each start. GNU gold, which Swift takes by default, cannot. Nobody loads
      // the program as a library: 59,000 symbols that it would export cost each start 0.7 ms.
      linkerSettings: [
        .unsafeFlags(
          ["-use-ld=lld", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs", "-Xlinker", "--no-export-dynamic"],
          .when(platforms: [.linux], configuration: .release))
      ]),
    .testTarget(
      name: "AuditTests",
      dependencies: ["Domain", "Judgement", "Platforms", "Audit", "References", "TestSupport", .product(name: "Yams", package: "Yams")],
      exclude: ["Fixtures"],
      swiftSettings: strict),
    .testTarget(
      name: "CommandTests",
      dependencies: ["ringwall", "Domain", "Rego", "Judgement", "Introspection", "TestSupport", .product(name: "Yams", package: "Yams")],
      swiftSettings: strict),
    .testTarget(
      name: "HistoryTests", dependencies: ["Domain", "Judgement", "Audit", "History", .product(name: "GRDB", package: "GRDB.swift")],
      swiftSettings: strict),
    .testTarget(
      name: "ReferencesTests", dependencies: ["Domain", "Judgement", "References"], swiftSettings: strict),
    .testTarget(
      name: "WaiversTests", dependencies: ["Domain", "Judgement", "Waivers", .product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: strict),
    .testTarget(name: "HouseTests", swiftSettings: strict),
    .executableTarget(
      name: "conformance", dependencies: ["Rego", "RegoBuiltins", .product(name: "Yams", package: "Yams")], path: "Tests/Conformance",
      exclude: ["expected-failures.txt"]),
    .testTarget(name: "ConformanceTests", dependencies: ["conformance"], swiftSettings: strict),
    .testTarget(
      name: "RegoTests", dependencies: ["Rego", "RegoBuiltins", "TestSupport", .product(name: "Yams", package: "Yams")], swiftSettings: strict),
    .testTarget(
      name: "RegoHTTPTests",
      dependencies: [
        "Rego", "RegoBuiltins", "RegoHTTP", "TestSupport",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "DecisionServerTests",
      dependencies: [
        "DecisionServer", "Rego", "TestSupport",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOFoundationCompat", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ],
      swiftSettings: strict),
    .testTarget(name: "RegoBuiltinsTests", dependencies: ["Rego", "RegoBuiltins"], swiftSettings: strict),
    .testTarget(
      name: "PolicyTests", dependencies: ["Domain", "Rego", "Judgement", "Platforms", .product(name: "Yams", package: "Yams")],
      exclude: ["Fixtures", "opa-builtins.txt"], swiftSettings: strict),
    .testTarget(name: "LinuxHostTests", dependencies: ["Domain", "Platforms"], swiftSettings: strict),
    .target(
      name: "TestSupport",
      dependencies: [
        "Platforms", "QMP",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "SwiftASN1", package: "swift-asn1"),
        .product(name: "X509", package: "swift-certificates"),
      ],
      path: "Tests/Support", exclude: ["guest"], swiftSettings: strict),
    .testTarget(
      name: "LibvirtDomainTests",
      dependencies: ["Domain", "Judgement", "Platforms", "TestSupport", .product(name: "Yams", package: "Yams")], swiftSettings: strict),
    .testTarget(
      name: "ContainerTests",
      dependencies: ["Audit", "Domain", "Judgement", "Platforms", "TestSupport", .product(name: "Yams", package: "Yams")],
      swiftSettings: strict),
    .testTarget(name: "QMPTests", dependencies: ["QMP", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "IntrospectionTests", dependencies: ["Domain", "Introspection", "Judgement", "QMP", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "SignaturesTests", dependencies: ["Domain", "Introspection", "QMP", "Signatures", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "DisksTests",
      dependencies: [
        "DiskReader", "Disks", "Domain", "QMP", "ringwall", "ringwall-disk-worker", "Signatures", "TestSupport",
        .product(name: "Crypto", package: "swift-crypto"),
      ], swiftSettings: strict),
    .testTarget(name: "VirtualMachineTests", dependencies: ["Domain", "Platforms"], swiftSettings: strict),
    .testTarget(name: "WindowsTests", dependencies: ["Domain", "Platforms"], swiftSettings: strict),
    .testTarget(name: "QEMUTests", dependencies: ["Domain", "Platforms"], swiftSettings: strict),
    .testTarget(name: "VMwareTests", dependencies: ["Domain", "Platforms"], exclude: ["Fixtures"], swiftSettings: strict),
    .testTarget(
      name: "VSphereTests",
      dependencies: [
        "ringwall", "VSphere", "Domain", "TestSupport",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ],
      exclude: ["Simulator"], swiftSettings: strict),
    .testTarget(
      name: "LibvirtDaemonTests",
      dependencies: ["Domain", "Judgement", "Platforms", "TestSupport", .product(name: "Yams", package: "Yams")], swiftSettings: strict),
  ]
)
