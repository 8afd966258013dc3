// swift-tools-version: 6.2
import PackageDescription

// Fuzzing of the decoders, apart from the switch so that its users do not build it:
// swift run -c release --package-path Fuzzing FuzzMessages
let package = Package(
    name: "sluice-fuzzing",
    dependencies: [.package(name: "sluice", path: "..")],
    targets: [
        // Changes known messages blindly, with any toolchain.
        .executableTarget(name: "FuzzMessages", dependencies: [.product(name: "OpenFlow", package: "sluice")]),
        // Lets libFuzzer search for new paths through the decoder; see README.md for the command.
        .executableTarget(
            name: "FuzzDecoder", dependencies: [.product(name: "OpenFlow", package: "sluice")],
            swiftSettings: [.unsafeFlags(["-sanitize=fuzzer", "-parse-as-library"])],
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer"])]),
    ],
    swiftLanguageModes: [.v6]
)
