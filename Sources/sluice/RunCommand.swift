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

            PORTS
              eth1=1              a device, with OpenFlow port number 1
              p0=3,peer=p1        a patch port
              t0=4,type=vxlan,remote=192.0.2.1,key=7
                                  a tunnel: geneve, and vxlan, gre or ip6gre with the
                                  kernel datapath;
                                  remote and key may be "flow"; also local=, port=
              eth2,tag=10         NORMAL: in VLAN 10, without tags; also trunks=10;20 and
                                  vlan-mode=trunk, access, native-tagged, native-untagged,
                                  dot1q-tunnel (with cvlans=1;2, qinq-ethtype=802.1q)
              eth3,queues=1:1000:5000;2:0:9000
                                  queues of the device: number, least and most kbit/s

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
                + "that name, which names this one as its peer; or, with a type, a tunnel. Repeatable; see PORTS.",
            valueName: "name[=number][,option=value]..."))
    var port: [String] = []

    @Option(
        help: ArgumentHelp(
            "Copy packets: select-all=true, select-src=A;B, select-dst=A;B, select-vlan=1;2, with output-port=NAME or "
                + "output-vlan=N, snaplen=BYTES, and filter=MATCH with semicolons for commas. Repeatable.",
            valueName: "name,option=value..."))
    var mirror: [String] = []

    @Option(
        help: ArgumentHelp(
            "Set a flow table: name=NAME, flow-limit=N, overflow-policy=refuse or evict, groups=FIELD;FIELD. "
                + "Repeatable.", valueName: "number,option=value..."))
    var flowTable: [String] = []

    @Option(
        help: ArgumentHelp(
            "Have the kernel give samples for a set of collectors to a group of psample (Linux 6.11). Repeatable.",
            valueName: "set=group"))
    var sampleGroup: [String] = []

    @Option(
        help: ArgumentHelp(
            "How many packets are kept for controllers that are sent only their beginnings, 0 to 65536. (default: 0)",
            valueName: "number"))
    var packetBuffers: [String] = []

    @Option(
        help: ArgumentHelp("VLANs in which NORMAL learns nothing and floods everything.", valueName: "list"))
    var floodVlans: [String] = []

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

    @Option(
        help: ArgumentHelp(
            "Packet-ins of each class per second that a controller gets; 0 is without limit. (default: 0)",
            valueName: "number"))
    var controllerRateLimit: [String] = []

    @Option(
        help: ArgumentHelp(
            "Packet-ins of each class that may come at once. (default: a quarter of the rate)", valueName: "number"))
    var controllerBurstLimit: [String] = []

    @Option(
        help: ArgumentHelp(
            "Packet-ins that wait for a controller whose rate is used up. (default: 100)", valueName: "number"))
    var controllerQueueSize: [String] = []

    @Option(
        help: ArgumentHelp(
            "false: send nothing unasked before a controller has said what it wants. (default: true)",
            valueName: "boolean"))
    var asyncMessages: [String] = []

    @Option(help: ArgumentHelp("Code point of our packets, 0 to 63. (default: 48)", valueName: "number"))
    var dscp: [String] = []

    @Option(help: ArgumentHelp("The address to call controllers from.", valueName: "address"))
    var localAddress: [String] = []

    @Option(
        help: ArgumentHelp(
            "After how long without data the kernel asks whether a peer is there; 0 is never. (default: 0)",
            valueName: "time"))
    var keepalive: [String] = []

    @Option(
        help: ArgumentHelp(
            "The name sent to the controller in a TLS handshake, and demanded by --verify-controller-name. "
                + "(default: the host called)", valueName: "name"))
    var serverName: [String] = []

    @Option(help: ArgumentHelp("Connections beside the main one, from 1.3 on. (default: 0)", valueName: "number"))
    var auxiliaryConnections: [String] = []

    @Option(
        help: ArgumentHelp(
            "true: controllers are reached through the bridge's own ports, by hidden flows. (default: false)",
            valueName: "boolean"))
    var inBand: [String] = []

    @Option(
        help: ArgumentHelp("Log messages of these types, such as FLOW_MOD,PACKET_OUT, or all.", valueName: "types"))
    var logMessages: [String] = []

    @Option(help: ArgumentHelp("Write what is said to a pcapng file, for Wireshark.", valueName: "file"))
    var record: [String] = []

    @Option(
        help: ArgumentHelp("Who may come in by listeners, such as 192.0.2.0/24,2001:db8::1.", valueName: "ranges"))
    var allow: [String] = []

    @Option(help: ArgumentHelp("Connections that a listener holds. (default: 4096)", valueName: "number"))
    var maxConnections: [String] = []

    @Option(
        help: ArgumentHelp("Connections without HELLO that a listener holds. (default: 1024)", valueName: "number"))
    var maxHalfOpen: [String] = []

    @Option(help: ArgumentHelp("Our private key for TLS, PEM.", valueName: "file"))
    var privateKey: String?

    @Option(help: ArgumentHelp("Our certificate for TLS, PEM.", valueName: "file"))
    var certificate: String?

    @Option(help: ArgumentHelp("The certificate of our peers' authority, PEM.", valueName: "file"))
    var caCertificate: String?

    @Flag(
        help: ArgumentHelp(
            "While the file of --ca-certificate is missing, believe the first peer and write its authority there."))
    var bootstrapCaCertificate = false

    @Option(help: ArgumentHelp("Refuse certificates that are in these revocation lists, PEM.", valueName: "file"))
    var crl: String?

    @Option(help: ArgumentHelp("TLSv1.2 or TLSv1.3. (default: TLSv1.2)", valueName: "version"))
    var tlsMinVersion: String?

    @Option(help: ArgumentHelp("Ciphers of TLS 1.2, as openssl-ciphers(1) lists them.", valueName: "list"))
    var tlsCiphers: String?

    @Option(help: ArgumentHelp("Cipher suites of TLS 1.3, with colons between them.", valueName: "list"))
    var tlsCipherSuites: String?

    @Flag(help: "Refuse a controller whose certificate is not made out to the name or address that is called.")
    var verifyControllerName = false

    @Flag(help: "Leave the datapath, its ports and flows as they are at the end.")
    var keepDatapath = false

    @Option(
        help: ArgumentHelp(
            "How long the flows that an earlier agent left in the kernel go on forwarding while controllers fill the "
                + "tables again; sluice restore-complete ends it. (default: 0)", valueName: "time"))
    var flowRestoreWait: String?

    @Option(
        help: ArgumentHelp(
            "Limits of tracked connections: default=1000,zone=7,limit=100. (default: those that there are)",
            valueName: "list"))
    var ctLimits: String?

    @Option(
        help: ArgumentHelp(
            "How long tracked connections live without packets: zone=7,udp-single=10,tcp-established=3600.",
            valueName: "list"))
    var ctTimeouts: String?

    @Option(help: ArgumentHelp("How many megaflows a datapath may have. (default: 200000)", valueName: "number"))
    var flowLimit: String?

    @Option(help: ArgumentHelp("How long a megaflow stays without packets. (default: 10s)", valueName: "time"))
    var maxIdle: String?

    @Option(
        help: ArgumentHelp(
            "How long it is at most until megaflows are looked at again. (default: 500ms)", valueName: "time"))
    var maxRevalidator: String?

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
        let source: ConfigurationSource
        let configuration: AgentConfiguration
        do throws(ConfigurationErrors) {
            let flags = CommandLineSettings.flags(of: CommandLine.arguments.dropFirst(2))
            source = ConfigurationSource(path: self.config, flags: try CommandLineSettings.parse(flags))
            configuration = try source.read()
        } catch {
            AgentProgram.report(error.description)
            throw ExitCode(AgentError.Code.configuration.exitStatus)
        }
        throw ExitCode(AgentProgram.run(configuration, from: source))
    }
}
