import Agent
import ArgumentParser

/// The program: arguments and exit status, nothing else.
@main
struct SluiceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice",
        abstract: "An OpenFlow switch agent.",
        discussion: """
            Speaks OpenFlow to controllers and drives a datapath: the Linux kernel's openvswitch module, \
            or the one that is \
            built in.
            """,
        version: "sluice \(AgentVersion.current)",
        subcommands: [
            RunCommand.self, TraceCommand.self, DumpDatapathFlowsCommand.self, DumpDropsCommand.self,
            DumpHiddenFlowsCommand.self, ShowCommand.self, MetricsCommand.self, ReconnectCommand.self,
            ForwardingDatabaseCommand.self, ConnectionTrackingCommand.self, DatapathCommand.self,
            RestoreCompleteCommand.self, ReloadCommand.self,
            DecodeCommand.self, ErrorCommand.self,
        ])
}
