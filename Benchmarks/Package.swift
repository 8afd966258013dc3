// swift-tools-version: 6.2
import PackageDescription

// Small benchmarks of the codec, apart from the switch so that its users do not build them: `make bench`.
let package = Package(
    name: "sluice-benchmarks",
    dependencies: [.package(name: "sluice", path: "..")],
    targets: [
        .target(name: "CBaseline", cSettings: [.unsafeFlags(["-O2"])]),
        .executableTarget(
            name: "Benchmarks", dependencies: ["CBaseline", .product(name: "OpenFlow", package: "sluice")]),
    ],
    swiftLanguageModes: [.v6]
)
