import ArgumentParser

/// `sluice reload`: has a running agent read its configuration file again.
struct ReloadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Read the configuration file again, and change what is different.",
        discussion: """
            What the file and the flags of sluice run say now is compared with what runs. Bridges, ports, controllers \
            and listeners come, go or change; whatever is alike is left alone, with its connections and flows. \
            A bridge is made anew only where it is to have another datapath. A file with an error changes nothing.
            """)

    @OptionGroup var options: ControlOptions
    @Flag(help: "Only say what would change.") var dryRun = false

    func run() throws { try self.options.ask(["reload"] + (self.dryRun ? ["dry-run"] : [])) }
}
