import ArgumentParser

/// `sluice show`: controllers, listeners, fail mode and certificates of a running agent's bridges.
struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show how bridges are connected: controllers, listeners, peers, fail mode and certificates.")

    @OptionGroup var options: ControlOptions
    @Argument(help: "The bridge; all unless given.") var bridge: String?

    func run() throws { try self.options.ask(["show"] + (self.bridge.map { [$0] } ?? [])) }
}
