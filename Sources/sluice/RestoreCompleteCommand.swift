import ArgumentParser

/// `sluice restore-complete`: the tables are full again.
struct RestoreCompleteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore-complete",
        abstract: "End the wait of --flow-restore-wait: what the tables do not say is forwarded no longer.")

    @OptionGroup var options: ControlOptions

    func run() throws { try self.options.ask(["restore-complete"]) }
}
