// swift-tools-version: 6.2
import PackageDescription

// SLUICE_STRICT=1 (set by `make lint` and CI) turns every warning in our own targets into an error.
// Dependencies are left alone: they are built with warnings suppressed.
let strict = Context.environment["SLUICE_STRICT"] == "1"

let house: [SwiftSetting] =
    [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        // A cursor that stores a RawSpan needs lifetime annotations on its initialiser.
        .enableExperimentalFeature("Lifetimes"),
    ] + (strict ? [.treatAllWarnings(as: .error)] : [])

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]

let package = Package(
    name: "sluice",
    products: [
        .executable(name: "sluice", targets: ["sluice"]),
        .library(name: "OpenFlow", targets: ["OpenFlow"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(
            name: "CNetlink", pkgConfig: "libnl-genl-3.0", providers: [.apt(["libnl-genl-3-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .target(name: "CLinux"),
        .target(name: "NetworkTypes", swiftSettings: house),
        .target(name: "OpenFlow", dependencies: ["NetworkTypes"], swiftSettings: house),
        .target(
            name: "Datapath", dependencies: ["NetworkTypes", "CNetlink", "CLinux"],
            swiftSettings: house),
        .target(
            name: "Agent",
            dependencies: [
                "NetworkTypes", "OpenFlow", "Datapath", "COpenSSL", "CLinux", "Yams",
                .product(name: "Logging", package: "swift-log"),
            ] + nio,
            swiftSettings: house),
        .target(name: "Capture", dependencies: ["NetworkTypes"], swiftSettings: house),
        .executableTarget(
            name: "sluice",
            dependencies: [
                "Agent", "Capture", "OpenFlow", .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: house),
        .target(
            name: "Support", dependencies: ["NetworkTypes", "OpenFlow", "Datapath", "Agent"],
            path: "Tests/Support", swiftSettings: house),
        .testTarget(
            name: "OpenFlowTests", dependencies: ["OpenFlow", "NetworkTypes"],
            resources: [.copy("Vectors")],
            swiftSettings: house),
        .testTarget(
            name: "CaptureTests", dependencies: ["Capture", "NetworkTypes"], swiftSettings: house),
        .testTarget(
            name: "DatapathTests",
            dependencies: ["Datapath", "NetworkTypes", "CLinux", "CNetlink", "Support"],
            swiftSettings: house),
        .testTarget(
            name: "AgentTests",
            dependencies: [
                "Agent", "OpenFlow", "Datapath", "NetworkTypes", "Support",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ] + nio,
            swiftSettings: house),
        .testTarget(
            name: "IntegrationTests", dependencies: ["Support", "OpenFlow", "sluice"], swiftSettings: house),
        .testTarget(name: "TidyTests", dependencies: ["Support"], swiftSettings: house),
    ],
    swiftLanguageModes: [.v6]
)
