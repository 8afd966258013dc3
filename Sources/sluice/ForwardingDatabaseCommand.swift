import ArgumentParser

/// `sluice fdb`: the Ethernet addresses that NORMAL knows.
struct ForwardingDatabaseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fdb", abstract: "Show, forget or enter the addresses that NORMAL knows.",
        subcommands: [Show.self, Stats.self, Flush.self, Add.self, Delete.self])

    /// `sluice fdb show BRIDGE`.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show every address, its VLAN, port and age.")
        @OptionGroup var options: ControlOptions
        @Argument(help: "The bridge.") var bridge: String
        func run() throws { try self.options.ask(["fdb-show", self.bridge]) }
    }

    /// `sluice fdb stats BRIDGE`.
    struct Stats: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show how many addresses came and went.")
        @OptionGroup var options: ControlOptions
        @Argument(help: "The bridge.") var bridge: String
        func run() throws { try self.options.ask(["fdb-stats", self.bridge]) }
    }

    /// `sluice fdb flush BRIDGE [PORT]`.
    struct Flush: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Forget what was learned.")
        @OptionGroup var options: ControlOptions
        @Argument(help: "The bridge.") var bridge: String
        @Argument(help: "The port, by name or number; all unless given.") var port: String?
        func run() throws { try self.options.ask(["fdb-flush", self.bridge] + (self.port.map { [$0] } ?? [])) }
    }

    /// `sluice fdb add BRIDGE PORT VLAN ADDRESS`.
    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Enter an address that neither ages nor moves.")
        @OptionGroup var options: ControlOptions
        @Argument(help: "The bridge.") var bridge: String
        @Argument(help: "The port, by name or number.") var port: String
        @Argument(help: "The VLAN; 0 for none.") var vlan: String
        @Argument(help: "The Ethernet address.") var address: String
        func run() throws { try self.options.ask(["fdb-add", self.bridge, self.port, self.vlan, self.address]) }
    }

    /// `sluice fdb delete BRIDGE VLAN ADDRESS`.
    struct Delete: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Remove an address that was entered.")
        @OptionGroup var options: ControlOptions
        @Argument(help: "The bridge.") var bridge: String
        @Argument(help: "The VLAN; 0 for none.") var vlan: String
        @Argument(help: "The Ethernet address.") var address: String
        func run() throws { try self.options.ask(["fdb-delete", self.bridge, self.vlan, self.address]) }
    }
}
