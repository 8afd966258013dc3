import Agent
import ArgumentParser

/// `sluice run`: the agent in the foreground.
///
/// The flags are declared here for their help and their spelling; what they mean, and what is wrong with them, is the
/// configuration's business, which takes them in the order in which they were written.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run bridges in the foreground until SIGTERM or SIGINT.",
        discussion: """
            Settings come from a file, from flags, or from both: flags win, and lists add \
            to the file's. The flags of a bridge are those after its --bridge; flags before \
            the first --bridge are the first bridge's. With a file of one bridge, --bridge \
            may be left out.

            When all bridges run, one line on standard output says so, such as
              sluice: ready (bridge br0, userspace datapath, listening on ptcp:6653)
            and the service manager is told where one started the program. SIGHUP and \
            SIGUSR1 open the log file anew.

            ADDRESSES
              tcp:HOST[:PORT]     call a controller; HOST is a name, an IPv4 address or
                                  [IPv6]; PORT is 6653 unless given
              unix:PATH           call a controller on this host
              ptcp:[PORT][:HOST]  listen, on every address unless HOST is given; port 0
                                  is any free one
              punix:PATH          listen on a socket of this host
              ssl:HOST[:PORT]     tcp: over TLS, and
              pssl:[PORT][:HOST]  ptcp: over TLS, both with --private-key, --certificate
                                  and --ca-certificate
            Every bridge also listens on the socket BRIDGE.mgmt in the run directory:
              ovs-ofctl show unix:/run/sluice/br0.mgmt

            FILE
              run-dir: /run/sluice
              log-level: connection=debug,info
              bridges:
                - name: br0
                  datapath: userspace
                  ports: [eth1=1, eth2=2, "p0=3,peer=p1"]
                  protocols: [OpenFlow10, OpenFlow13]
                  controllers: ["tcp:192.0.2.1:6653"]
                  listen: ["ptcp:6653:127.0.0.1"]

            EXIT STATUS
              0   ended by SIGTERM or SIGINT
              1   another failure
              2   wrong configuration, or one that this build or host cannot have
              3   a device is missing or in use
              4   not permitted
              5   an address, a socket or the run directory is in use
              64  wrong command line
            """)

    @Option(help: ArgumentHelp("Read settings from a YAML file.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("Add a bridge, or name one of the file's; repeatable.", valueName: "name"))
    var bridge: [String] = []

    @Option(help: ArgumentHelp("auto, kernel or userspace. (default: auto)", valueName: "kind"))
    var datapath: [String] = []

    @Option(
        help: ArgumentHelp(
            "The bridge's identity, 1 to 16 hexadecimal digits. (default: from the local port's MAC address)",
            valueName: "id"))
    var datapathId: [String] = []

    @Option(
        help: ArgumentHelp(
            "Without a controller: standalone forwards as a learning switch, secure keeps to the flows. "
                + "(default: standalone)", valueName: "mode"))
    var failMode: [String] = []

    @Option(
        help: ArgumentHelp(
            "Versions to speak, OpenFlow10 to OpenFlow15, with commas. (default: OpenFlow10,OpenFlow13)",
            valueName: "list"))
    var protocols: [String] = []

    @Option(
        help: ArgumentHelp(
            "Add a device as a port, with the OpenFlow number given; or, with a peer, a patch port to the port of "
                + "that name, which names this one as its peer. Repeatable.", valueName: "name[=number][,peer=name]"))
    var port: [String] = []

    @Option(help: ArgumentHelp("Call a controller; repeatable.", valueName: "address"))
    var controller: [String] = []

    @Option(help: ArgumentHelp("Listen for controllers and ovs-ofctl; repeatable.", valueName: "address"))
    var listen: [String] = []

    @Option(help: ArgumentHelp("The longest wait between two calls of a controller. (default: 8s)", valueName: "time"))
    var maxBackoff: [String] = []

    @Option(
        help: ArgumentHelp(
            "How long a controller may be silent before it is asked for a sign of life; 0 is for ever. (default: 5s)",
            valueName: "time"))
    var inactivityProbe: [String] = []

    @Option(help: ArgumentHelp("Our private key for TLS, PEM.", valueName: "file"))
    var privateKey: String?

    @Option(help: ArgumentHelp("Our certificate for TLS, PEM.", valueName: "file"))
    var certificate: String?

    @Option(help: ArgumentHelp("The certificate of our peers' authority, PEM.", valueName: "file"))
    var caCertificate: String?

    @Flag(help: "Leave the datapath, its ports and flows as they are at the end.")
    var keepDatapath = false

    @Option(help: ArgumentHelp("Where sockets and state are. (default: /run/sluice)", valueName: "dir"))
    var runDir: String?

    @Option(help: ArgumentHelp("Log to a file rather than to standard error.", valueName: "file"))
    var logFile: String?

    @Option(
        help: ArgumentHelp(
            "trace, debug, info, notice, warning, error or critical, for all or by part (agent, connection, datapath, "
                + "switch, upcall): connection=debug,info. (default: info)", valueName: "level"))
    var logLevel: String?

    func run() throws {
        let configuration: AgentConfiguration
        do throws(ConfigurationErrors) {
            let file = try self.config.map { path throws(ConfigurationErrors) in try ConfigurationFile.load(path) }
            let flags = CommandLineSettings.flags(of: CommandLine.arguments.dropFirst(2))
            configuration = try ConfigurationBuilder.build(file: file, flags: CommandLineSettings.parse(flags))
        } catch {
            AgentProgram.report(error.description)
            throw ExitCode(AgentError.Code.configuration.exitStatus)
        }
        throw ExitCode(AgentProgram.run(configuration))
    }
}
