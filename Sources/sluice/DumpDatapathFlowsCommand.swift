import ArgumentParser

/// `sluice dump-datapath-flows`: the megaflows that a running agent has installed.
struct DumpDatapathFlowsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump-datapath-flows",
        abstract: "Show the datapath's flows and the rules that they came from.",
        discussion: "Each with its packets, bytes, age and last use; ports by their OpenFlow numbers and names.")

    @OptionGroup var options: ControlOptions
    @Argument(help: "The bridge; all unless given.") var bridge: String?

    func run() throws { try self.options.ask(["dump-datapath-flows"] + (self.bridge.map { [$0] } ?? [])) }
}
