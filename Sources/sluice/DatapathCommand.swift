import ArgumentParser

/// `sluice datapath`: what datapaths can do, and what of it is used.
struct DatapathCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "datapath", abstract: "Show what a datapath can do, and do without some of it.",
        subcommands: [ShowFeatures.self, SetFeature.self])

    /// `sluice datapath show-features [BRIDGE]`.
    struct ShowFeatures: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show-features", abstract: "Show what was found, and what of it is turned off.")
        @OptionGroup var options: ControlOptions
        @Argument(help: "The bridge whose datapath is meant; all unless given.") var bridge: String?
        func run() throws { try self.options.ask(["show-datapath-features"] + (self.bridge.map { [$0] } ?? [])) }
    }

    /// `sluice datapath set-feature BRIDGE FEATURE VALUE`.
    struct SetFeature: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set-feature",
            abstract: "Turn a feature off, or on again where it was found, until the agent ends.")
        @OptionGroup var options: ControlOptions
        @Argument(help: "A bridge on the datapath; others on it are concerned, too.") var bridge: String
        @Argument(help: "The feature, as show-features names it.") var feature: String
        @Argument(help: "yes, no, or a number that is not above what was found.") var value: String
        func run() throws {
            try self.options.ask(["set-datapath-feature", self.bridge, self.feature, self.value])
        }
    }
}
