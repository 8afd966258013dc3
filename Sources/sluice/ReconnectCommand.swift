import ArgumentParser

/// `sluice reconnect`: closes the connections to controllers and calls them anew.
struct ReconnectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconnect",
        abstract: "Close the connections to controllers and call them anew, at once.",
        discussion: "Flows stay as they are, and so do connections that came in by listeners.")

    @OptionGroup var options: ControlOptions
    @Argument(help: "The bridge; all unless given.") var bridge: String?

    func run() throws { try self.options.ask(["reconnect"] + (self.bridge.map { [$0] } ?? [])) }
}
