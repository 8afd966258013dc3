import ArgumentParser

/// `sluice dump-hidden-flows`: the flows that a running agent put in itself, and what for.
struct DumpHiddenFlowsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump-hidden-flows",
        abstract: "Show the switch's own flows, which controllers do not see, with the purpose of each.")

    @OptionGroup var options: ControlOptions
    @Argument(help: "The bridge; all unless given.") var bridge: String?

    func run() throws { try self.options.ask(["dump-hidden-flows"] + (self.bridge.map { [$0] } ?? [])) }
}
