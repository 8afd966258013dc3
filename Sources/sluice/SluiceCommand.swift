import ArgumentParser

/// The program: arguments and signals, nothing else.
@main
struct SluiceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice", abstract: "An OpenFlow switch agent.")
}
