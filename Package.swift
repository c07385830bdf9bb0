// swift-tools-version:6.2
import PackageDescription

/// Every Swift target is compiled alike: Swift 6 mode, explicit existentials, imports that stay inside their file unless they
/// say `public`.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let nio = "swift-nio"
let nioCore: Target.Dependency = .product(name: "NIOCore", package: nio)
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: nio)
let nioConcurrency: Target.Dependency = .product(name: "NIOConcurrencyHelpers", package: nio)
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: nio)
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: nio)
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: nio)
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")

/// A plugin is C11 against `plugin-sdk/include` and its own library; it exports one symbol. DWARF 4: Debian's valgrind cannot read clang's 5.
func plugin(_ target: String, path: String, dependencies: [Target.Dependency] = ["PluginCommon"], links: [String] = []) -> Target {
    .target(
        name: target,
        dependencies: dependencies,
        path: path,
        exclude: ["README.md"],
        sources: ["src"],
        publicHeadersPath: "include",
        cSettings: [
            .headerSearchPath("../../plugin-sdk/include"), .headerSearchPath("../common/src"),
            .unsafeFlags(["-std=c11", "-D_GNU_SOURCE", "-fvisibility=hidden", "-gdwarf-4", "-Wall", "-Wextra"]),
        ],
        linkerSettings: links.map { .linkedLibrary($0) }
    )
}

let package = Package(
    name: "openkcm-crypto-service",
    products: [
        .executable(name: "kcmd", targets: ["kcmd"]),
        .executable(name: "kcmctl", targets: ["kcmctl"]),
        .executable(name: "kcm-plugin-exercise", targets: ["kcm-plugin-exercise"]),
        .library(name: "kcm-sqlite", type: .dynamic, targets: ["PluginSQLite"]),
        .library(name: "kcm-lmdb", type: .dynamic, targets: ["PluginLMDB"]),
        .library(name: "kcm-memory", type: .dynamic, targets: ["PluginMemory"]),
        .library(name: "kcm-file", type: .dynamic, targets: ["PluginFile"]),
        .library(name: "kcm-pkcs11", type: .dynamic, targets: ["PluginPKCS11"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.0"),
    ],
    targets: [
        // C: the plugin contract, libcrypto, and what Swift cannot call.
        .target(name: "CKCMPlugin", path: "plugin-sdk", exclude: ["README.md"], sources: ["src"], publicHeadersPath: "include"),
        .systemLibrary(name: "COpenSSL", path: "Sources/COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(name: "CKCMShims", dependencies: ["COpenSSL"]),
        .target(name: "CKCMWipe"),
        .systemLibrary(name: "CExpat", path: "Sources/CExpat", pkgConfig: "expat", providers: [.apt(["libexpat1-dev"])]),

        // Vocabulary: no sockets, no files.
        .target(name: "KMIP", dependencies: [nioCore], swiftSettings: strict),
        .target(name: "CKCMJSON", linkerSettings: [.linkedLibrary("jansson")]),
        .target(name: "KMIPText", dependencies: ["KMIP", "CExpat", "CKCMJSON", nioCore], swiftSettings: strict),
        .target(name: "KMIPConformance", dependencies: ["KMIP", "KMIPText", nioCore], swiftSettings: strict),
        .target(
            name: "KCMCrypto", dependencies: ["COpenSSL", "CKCMShims", .product(name: "Crypto", package: "swift-crypto")], swiftSettings: strict),
        .target(name: "KCMStore", dependencies: ["KCMCrypto"], swiftSettings: strict),
        .target(name: "KCMAccess", dependencies: ["KMIP", "KCMCrypto"], swiftSettings: strict),
        .target(name: "KCMAudit", dependencies: ["KCMCrypto"], swiftSettings: strict),
        .target(name: "KCMPluginHost", dependencies: ["CKCMPlugin", "KCMStore", "KCMCrypto", nioPosix, nioCore, logging], swiftSettings: strict),

        .target(name: "KCMPluginKit", dependencies: ["CKCMPlugin", "KCMPluginHost"], swiftSettings: strict),
        .executableTarget(
            name: "kcm-plugin-exercise",
            cSettings: [
                .headerSearchPath("../../plugin-sdk/include"), .unsafeFlags(["-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-gdwarf-4"]),
            ],
            linkerSettings: [.linkedLibrary("dl"), .linkedLibrary("pthread")]
        ),

        // The engine and the two modes on top of it.
        .target(name: "KCMEngine", dependencies: ["KMIP", "KCMCrypto", "KCMStore", nioCore, nioPosix], swiftSettings: strict),
        .target(name: "KCMCore", dependencies: ["KCMEngine", "KMIP", "KCMCrypto", "KCMStore", nioCore], swiftSettings: strict),
        .target(name: "KCMEdge", dependencies: ["KCMEngine", "KMIP", "KCMCrypto", "KCMStore", nioCore], swiftSettings: strict),
        .target(
            name: "KCMService", dependencies: ["KMIP", "KCMAccess", "KCMAudit", "KCMCrypto", "KCMEngine", nioCore, logging], swiftSettings: strict),

        // What touches sockets and files.
        .target(name: "KCMWire", dependencies: [nioCore], swiftSettings: strict),
        .target(name: "KCMTLS", dependencies: [nioSSL], swiftSettings: strict),
        .target(
            name: "KMIPClient",
            dependencies: [
                "KCMTLS", "KMIP", nioCore, nioPosix, nioTLS, nioSSL, nioHTTP1, .product(name: "AsyncHTTPClient", package: "async-http-client"),
            ],
            swiftSettings: strict
        ),
        .target(name: "KMIPBench", dependencies: ["KMIP", "KMIPClient", nioCore], swiftSettings: strict),
        .target(
            name: "KCMDelegation",
            dependencies: [
                "KCMEdge", "KCMEngine", "KCMCrypto", "KCMTLS", "KCMWire", "KMIP", nioCore, nioPosix, nioTLS, nioSSL, nioHTTP1, logging,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "KCMServer",
            dependencies: [
                "KMIP", "KMIPText", "KCMAccess", "KCMAudit", "KCMCrypto", "KCMEngine", "KCMService", "KCMStore", "KCMTLS", "KCMWire",
                nioCore, nioPosix, nioConcurrency, nioHTTP1, nioTLS, nioSSL, logging,
            ],
            swiftSettings: strict
        ),
        .target(name: "KCMSettings", dependencies: [.product(name: "Yams", package: "Yams")], swiftSettings: strict),

        .target(name: "KCMAccessSettings", dependencies: ["KCMAccess", "KCMSettings", "KCMEngine", "KMIP"], swiftSettings: strict),

        .executableTarget(
            name: "kcmd",
            dependencies: [
                "CKCMWipe", "KCMAccessSettings", "KCMCore", "KCMEdge", "KCMEngine", "KCMService", "KCMServer", "KCMDelegation", "KCMSettings",
                "KCMPluginHost", "KCMStore",
                "KCMAccess", "KCMAudit", "KCMCrypto", "KMIP", nioCore, nioPosix, logging,
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "kcmctl",
            dependencies: [
                "KCMAccess", "KCMAccessSettings", "KCMCore", "KCMEdge", "KCMEngine",
                "KMIP", "KMIPText", "KMIPConformance", "KMIPBench", "KMIPClient", "KCMAudit", "KCMCrypto", "KCMPluginHost", "KCMPluginKit",
                "KCMStore", "KCMSettings", nioCore, nioPosix,
                nioSSL, logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict
        ),

        // What the daemon is measured against; not shipped.
        .executableTarget(
            name: "kcm-ceiling",
            dependencies: [
                "KMIP", "KCMCrypto", nioCore, nioPosix, nioSSL, .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict
        ),

        // Plugins: plain C against the header.
        plugin("PluginCommon", path: "Plugins/common", dependencies: []),
        plugin("PluginSQLite", path: "Plugins/sqlite", links: ["sqlite3"]),
        plugin("PluginLMDB", path: "Plugins/lmdb", links: ["lmdb"]),
        plugin("PluginMemory", path: "Plugins/memory"),
        plugin("PluginFile", path: "Plugins/file", links: ["crypto"]),
        plugin("PluginPKCS11", path: "Plugins/pkcs11", links: ["p11", "crypto"]),

        .testTarget(name: "KMIPTests", dependencies: ["KMIP", nioCore], swiftSettings: strict),
        .executableTarget(
            name: "kcm-fuzz", dependencies: ["KMIP", "KMIPText", nioCore], path: "Tests/Fuzz", exclude: ["frames.hex"], swiftSettings: strict),
        .testTarget(name: "KMIPTextTests", dependencies: ["KMIPText", "KMIP", nioCore], swiftSettings: strict),
        .testTarget(name: "KMIPConformanceTests", dependencies: ["KMIPConformance", "KMIPText", "KMIP", nioCore], swiftSettings: strict),
        .testTarget(name: "KMIPBenchTests", dependencies: ["KMIPBench", nioCore], swiftSettings: strict),
        .testTarget(name: "KCMCryptoTests", dependencies: ["KCMCrypto"], swiftSettings: strict),
        .testTarget(name: "KCMAuditTests", dependencies: ["KCMAudit", "KCMCrypto"], swiftSettings: strict),
        .testTarget(
            name: "KCMPluginHostTests",
            dependencies: ["KCMPluginHost", "KCMStore", "KCMCrypto", logging],
            exclude: ["Fixtures"],
            swiftSettings: strict
        ),
        .testTarget(name: "KCMPluginKitTests", dependencies: ["KCMPluginKit"], exclude: ["Fixtures"], swiftSettings: strict),
        .testTarget(name: "KCMEngineTests", dependencies: ["KCMEngine", "KCMCrypto", "KMIP", nioCore], swiftSettings: strict),
        .testTarget(name: "KCMAccessTests", dependencies: ["KCMAccess", "KCMAccessSettings", "KCMSettings", "KMIP"], swiftSettings: strict),
        .testTarget(
            name: "KCMServiceTests",
            dependencies: [
                "KCMService", "KCMCore", "KCMEdge", "KCMEngine", "KCMPluginHost", "KCMStore", "KCMAccess", "KCMAudit", "KCMCrypto", "KMIP", nioCore,
                logging, "PluginMemory",
            ],
            swiftSettings: strict
        ),
        .testTarget(name: "KCMSettingsTests", dependencies: ["KCMSettings"], swiftSettings: strict),
        .testTarget(
            name: "KCMServerTests",
            dependencies: [
                "KCMServer", "KCMDelegation", "KCMEdge", "KCMService", "KCMAccess", "KCMAudit", "KCMCrypto", "KCMWire", "KMIPClient", "KMIP", nioCore,
                nioPosix,
                nioEmbedded, nioSSL, logging,
            ],
            swiftSettings: strict
        ),
    ]
)
