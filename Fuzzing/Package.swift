// swift-tools-version: 6.2
import PackageDescription

// Fuzzing of the decoders, apart from the switch so that its users do not build it:
// swift run -c release --package-path Fuzzing FuzzMessages
let package = Package(
    name: "sluice-fuzzing",
    dependencies: [.package(name: "sluice", path: "..")],
    targets: [
        // Changes known messages blindly, with any toolchain.
        // FuzzDecoder, beside it, is built by build-libfuzzer.
        .target(name: "CAllocations"),
        .executableTarget(
            name: "FuzzMessages", dependencies: ["CAllocations", .product(name: "OpenFlow", package: "sluice")]),
    ],
    swiftLanguageModes: [.v6]
)
