import ArgumentParser

/// `sluice ct`: connection tracking, by zone.
struct ConnectionTrackingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ct", abstract: "Limit tracked connections, and set how long they live.",
        subcommands: [
            Limits.self, SetLimits.self, RemoveLimits.self, Timeouts.self, SetTimeouts.self, RemoveTimeouts.self,
        ])

    /// `sluice ct get-limits [zone=Z...]`.
    struct Limits: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "get-limits", abstract: "Show limits, and how many connections there are.")
        @OptionGroup var options: ControlOptions
        @Argument(help: "Zones, such as zone=7; all that have a limit unless given.") var zones: [String] = []
        func run() throws { try self.options.ask(["ct-get-limits"] + self.zones) }
    }

    /// `sluice ct set-limits LIMIT...`.
    struct SetLimits: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set-limits", abstract: "Bound how many connections zones hold.")
        @OptionGroup var options: ControlOptions
        @Argument(help: "Such as default=1000 or zone=7,limit=100; 0 for any number.") var limits: [String]
        func run() throws { try self.options.ask(["ct-set-limits"] + self.limits) }
    }

    /// `sluice ct del-limits zone=Z...`.
    struct RemoveLimits: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "del-limits", abstract: "Give zones the default limit.")
        @OptionGroup var options: ControlOptions
        @Argument(help: "Zones, such as zone=7.") var zones: [String]
        func run() throws { try self.options.ask(["ct-del-limits"] + self.zones) }
    }

    /// `sluice ct get-timeouts`.
    struct Timeouts: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "get-timeouts", abstract: "Show the time-outs that were set.")
        @OptionGroup var options: ControlOptions
        func run() throws { try self.options.ask(["ct-get-timeouts"]) }
    }

    /// `sluice ct set-timeouts zone=Z STATE=SECONDS...`.
    struct SetTimeouts: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set-timeouts", abstract: "Set how long connections of a zone live without packets.")
        @OptionGroup var options: ControlOptions
        @Argument(help: "The zone, such as zone=7.") var zone: String
        @Argument(help: "Seconds by state, such as udp-single=10 or tcp-established=3600.") var seconds: [String]
        func run() throws { try self.options.ask(["ct-set-timeouts", self.zone] + self.seconds) }
    }

    /// `sluice ct del-timeouts zone=Z`.
    struct RemoveTimeouts: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "del-timeouts", abstract: "Give a zone's connections the kernel's time-outs.")
        @OptionGroup var options: ControlOptions
        @Argument(help: "The zone, such as zone=7.") var zone: String
        func run() throws { try self.options.ask(["ct-del-timeouts", self.zone]) }
    }
}
