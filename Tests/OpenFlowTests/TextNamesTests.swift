import Testing

@testable import OpenFlow

@Suite("Names of ports and tables in text")
struct TextNamesTests {
    /// Names that need no quotes, and such as do: they look like numbers, words, fields, lists or JSON.
    private static let names: [String] = [
        "p1", "eth0.5", "s1-eth1", "1", "0x10", "LOCAL", "normal", "in_port", "reg0", "drop", "a b", "a,b", "a(b", "x)",
        "x=y", "x:y", "actions=output", "\"", "\\", "tab\tfeed\n", "\u{1}", "\u{79c1}\u{306e}", "vxlan_sys_4789", "-1",
    ]
    private static let known = TextNames(
        ports: Dictionary(
            uniqueKeysWithValues: names.enumerated().map { (PortNumber(rawValue: UInt32($0.offset + 1)), $0.element) }),
        tables: Dictionary(
            uniqueKeysWithValues: names.enumerated().map { (TableID(rawValue: UInt8($0.offset + 1)), $0.element) }))

    @Test("A name is written plain or in quotes")
    func quotes() throws {
        let names = TextNames(
            ports: [
                PortNumber(rawValue: 1): "p1", PortNumber(rawValue: 2): "eth0.5", PortNumber(rawValue: 3): "a\"b",
                PortNumber(rawValue: 4): "local",
            ], tables: [TableID(rawValue: 7): "acl", TableID(rawValue: 8): "two words"])
        let flow = try FlowMod(
            text:
                "table=acl,in_port=p1 actions=p1,output:\"eth0.5\",enqueue:\"a\\\"b\":7,"
                + "resubmit(\"local\",\"two words\"),"
                + "goto_table:\"two words\"",
            names: names)
        #expect(flow.tableID.rawValue == 7)
        #expect(
            flow.text == "table=7,in_port=1 actions=output:1,output:2,enqueue:3:7,resubmit(4,8),goto_table:8")
        #expect(
            names.printed { flow.text }
                == "table=acl,in_port=p1 actions=output:p1,output:\"eth0.5\",enqueue:\"a\\\"b\":7,"
                + "resubmit(\"local\",\"two words\"),goto_table:\"two words\"")
        #expect(
            Message.flowMod(flow).text(
                version: .v1_3, transactionID: TransactionID(rawValue: 1), names: names
            ).hasPrefix("OFPT_FLOW_MOD (OF1.3) (xid=0x1): ADD table:acl in_port=p1 actions=output:p1,"))
    }

    @Test("Every place of a port or table is read back by every name", arguments: names.indices)
    func roundTrip(index: Int) throws {
        let port = PortNumber(rawValue: UInt32(index + 1))
        let table = TableID(rawValue: UInt8(index + 1))
        let number = index + 1
        let text =
            "table=\(number),out_port=\(number),priority=5,in_port=\(number) "
            + "actions=output:\(number),\(number),enqueue:\(number):2,resubmit:\(number),resubmit(\(number),\(number)),"
            + "output(port=\(number),max_len=9),learn(table=\(number),in_port=\(number),output:NXM_OF_IN_PORT[]),"
            + "ct(table=\(number)),bundle(eth_src,0,hrw,ofport,members:\(number),\(number)),"
            + "set_field:\(number)->in_port,"
            + "clone(output:\(number)),goto_table:\(number)"
        let flow = try FlowMod(text: text)
        #expect(flow.tableID == table && flow.outPort == port)
        let named = Self.known.printed { flow.description }
        #expect(try FlowMod(text: named, names: Self.known) == flow, "\(named)")
        // Every number has become a name, but for queue, priority and length.
        #expect(!named.contains("output:\(number)") || "\(number)" == Self.names[index], "\(named)")
        let match = try Match(text: "in_port=\(number),tcp")
        #expect(try Match(text: Self.known.printed { match.description }, names: Self.known) == match)
        let group = try GroupMod(text: "group_id=1,type=ff,bucket=watch_port:\(number),actions=output:\(number)")
        let groupText = Self.known.printed { group.description }
        #expect(
            try Self.known.applied { () throws(TextError) in try GroupMod(text: groupText) } == group, "\(groupText)")
        let packet = try PacketOut(text: "in_port=\(number),packet=00,actions=output:\(number)")
        let packetText = Self.known.printed { packet.description }
        #expect(
            try Self.known.applied { () throws(TextError) in try PacketOut(text: packetText) } == packet,
            "\(packetText)")
    }

    @Test("A name of two ports is none's, nor is an empty one; outside, names are not known")
    func ambiguous() throws {
        let names = TextNames(
            ports: [
                PortNumber(rawValue: 1): "same", PortNumber(rawValue: 2): "same", PortNumber(rawValue: 3): "",
                .local: "br0",
            ])
        #expect(throws: TextError.self) { try FlowMod(text: "actions=same", names: names) }
        #expect(throws: TextError.self) { try FlowMod(text: "actions=output:br0", names: names) }
        #expect(throws: TextError.self) { try FlowMod(text: "actions=output:\"\"", names: names) }
        #expect(throws: TextError.self) { try FlowMod(text: "actions=output:p1") }
        let flow = try FlowMod(text: "actions=1,2,3,LOCAL", names: names)
        #expect(names.printed { flow.text } == "actions=output:1,output:2,output:3,LOCAL")
    }

    @Test(
        "Quotes that do not end, and escapes that mean nothing, are errors",
        arguments: [
            "in_port=\"p1 actions=drop", "actions=output:\"p1", "actions=\"", "actions=output:\"p\\x1\"",
            "actions=output:\"\\ud800\"", "actions=output:\"p1\"x", "actions=output:\"\\u00",
            "table=\"acl actions=drop",
            "actions=clone(output:\"a)", "actions=resubmit(\"p1,2)",
        ])
    func refused(text: String) {
        #expect(throws: TextError.self) { try FlowMod(text: text, names: Self.known) }
    }
}
