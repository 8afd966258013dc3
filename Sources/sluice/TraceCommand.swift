import ArgumentParser

/// `sluice trace`: what a running agent's tables do to a packet.
struct TraceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "Show step by step what a bridge does to a packet.",
        discussion: """
            The packet is described as ovs-ofctl describes flows, or given whole with --packet; \
            in_port is needed. Nothing is sent, learned or counted. Shown are the tables it meets, \
            the rules that it hits, what actions change, the datapath's actions, the megaflow that \
            would be installed, and why the packet is dropped where it is. A packet that the datapath \
            hands back (after connection tracking, or to look at headers behind labels) is followed; \
            connections are assumed to be new, or what --ct-next says, once for each time.

              sluice trace br0 in_port=1,tcp,nw_dst=192.0.2.1,tp_dst=80
              sluice trace br0 in_port=1,tcp,nw_dst=192.0.2.1 --ct-next trk,est
            """)

    @OptionGroup var options: ControlOptions
    @Argument(help: "The bridge.") var bridge: String
    @Argument(help: "The packet, such as in_port=1,udp,nw_dst=192.0.2.1.") var flow: String
    @Option(help: ArgumentHelp("The packet's bytes, in hexadecimal.", valueName: "hex")) var packet: String?
    @Option(
        help: ArgumentHelp(
            "What the connection tracker says of the packet the next time: new, est, rel, rpl, inv, trk, snat, dnat.",
            valueName: "states"))
    var ctNext: [String] = []

    func run() throws {
        let packet = self.packet == nil && self.ctNext.isEmpty ? [] : [self.packet ?? ""]
        try self.options.ask(["trace", self.bridge, self.flow] + packet + self.ctNext)
    }
}
