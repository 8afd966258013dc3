import ArgumentParser

/// `sluice metrics`: what a running agent counts, in the text format of Prometheus.
struct MetricsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics",
        abstract: "Print what is counted, in the text format of Prometheus: controllers, packet-ins, certificates.")

    @OptionGroup var options: ControlOptions
    @Argument(help: "The bridge; all unless given.") var bridge: String?

    func run() throws { try self.options.ask(["metrics"] + (self.bridge.map { [$0] } ?? [])) }
}
