import ArgumentParser

/// `sluice dump-drops`: how many packets a running agent's tables have dropped, and why.
struct DumpDropsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump-drops",
        abstract: "Show how many packets were dropped, per table and cause.",
        discussion: "What the tables decided is counted here; what devices drop is in the ports' counters.")

    @OptionGroup var options: ControlOptions
    @Argument(help: "The bridge; all unless given.") var bridge: String?

    func run() throws { try self.options.ask(["dump-drops"] + (self.bridge.map { [$0] } ?? [])) }
}
