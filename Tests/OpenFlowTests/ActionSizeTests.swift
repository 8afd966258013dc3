import Testing

@testable import OpenFlow

/// Sizes of actions, as Open vSwitch's ofp-actions.c asserts them, with what follows their fixed part.
@Suite("Structure sizes of actions")
struct ActionSizeTests {
    /// One action, a version, and its bytes.
    private static let sizes: [(text: String, version: OpenFlowVersion, bytes: Int)] = [
        ("output:1", .v1_0, 8), ("output:1", .v1_1, 16), ("mod_vlan_vid:5", .v1_0, 8), ("strip_vlan", .v1_0, 8),
        ("mod_dl_src:00:00:00:00:00:01", .v1_0, 16), ("mod_dl_dst:00:00:00:00:00:01", .v1_1, 16),
        ("mod_nw_src:1.2.3.4", .v1_0, 8), ("mod_nw_tos:32", .v1_1, 8), ("mod_tp_src:5", .v1_0, 8),
        ("enqueue:1:2", .v1_0, 16), ("set_queue:3", .v1_0, 16), ("set_queue:3", .v1_1, 8), ("group:5", .v1_0, 16),
        ("group:5", .v1_1, 8), ("push_mpls:0x8847", .v1_0, 16), ("push_mpls:0x8847", .v1_1, 8),
        ("dec_ttl", .v1_0, 16), ("dec_ttl", .v1_1, 8), ("dec_ttl(1,2)", .v1_0, 24), ("push_vlan:0x8100", .v1_1, 8),
        ("set_mpls_ttl:5", .v1_0, 16), ("copy_ttl_out", .v1_1, 8), ("push_pbb:0x88e7", .v1_3, 8), ("pop_pbb", .v1_3, 8),
        ("meter:5", .v1_5, 8), ("set_field:5->reg0", .v1_2, 16), ("set_field:5->metadata", .v1_2, 16),
        ("set_field:::1->ipv6_src", .v1_3, 24), ("load:5->NXM_NX_REG0[]", .v1_0, 24),
        ("load:5->NXM_NX_REG0[0..3]", .v1_3, 24), ("move:NXM_NX_REG0[]->NXM_NX_REG1[]", .v1_0, 24),
        ("move:NXM_NX_REG0[]->NXM_NX_REG1[]", .v1_5, 24), ("set_tunnel:5", .v1_0, 16),
        ("set_tunnel64:0x100000000", .v1_0, 24), ("pop_queue", .v1_0, 16), ("exit", .v1_3, 16),
        ("controller(id=5,max_len=9)", .v1_3, 16), ("controller(userdata=01)", .v1_3, 24),
        ("output:NXM_NX_REG0[]", .v1_3, 24), ("output(port=1,max_len=99)", .v1_3, 16), ("resubmit:1", .v1_3, 16),
        ("resubmit(1,2)", .v1_3, 16), ("resubmit(1,2,ct)", .v1_3, 16), ("note:00.01.02.03.04.05", .v1_3, 16),
        ("note:00.01.02.03.04.05.06", .v1_3, 24), ("fin_timeout(idle_timeout=1)", .v1_3, 16),
        ("write_metadata:5/7", .v1_0, 32), ("push:NXM_NX_REG0[]", .v1_3, 24), ("pop:NXM_NX_REG0[]", .v1_3, 24),
        ("conjunction(5,1/2)", .v1_3, 16), ("learn(table=1)", .v1_3, 32), ("learn(table=1,limit=5)", .v1_3, 40),
        ("learn(table=1,in_port=5)", .v1_3, 32 + 16),
        ("multipath(eth_src,5,modulo_n,4,0,NXM_NX_REG0[])", .v1_3, 32),
        ("bundle(eth_src,0,hrw,ofport,members:1,2)", .v1_3, 32 + 8),
        ("bundle_load(eth_src,0,hrw,ofport,NXM_NX_REG0[],members:1)", .v1_3, 32 + 8),
        ("sample(probability=5,collector_set_id=1,obs_domain_id=2,obs_point_id=3)", .v1_3, 24),
        ("sample(probability=5,collector_set_id=1,obs_domain_id=2,obs_point_id=3,sampling_port=1)", .v1_3, 32),
        ("ct(commit)", .v1_3, 24), ("ct(nat)", .v1_3, 24 + 16), ("ct(commit,nat(src=10.0.0.1))", .v1_3, 24 + 24),
        ("ct_clear", .v1_3, 16), ("clone(output:1)", .v1_3, 16 + 16), ("encap(ethernet)", .v1_3, 16),
        ("decap()", .v1_3, 16), ("dec_nsh_ttl", .v1_3, 16), ("check_pkt_larger(1500)->NXM_NX_REG0[0]", .v1_3, 24),
        ("delete_field:tun_metadata0", .v1_3, 24),
    ]

    @Test("Each action has its size, and the same within a packet-out", arguments: sizes.indices)
    func size(index: Int) throws {
        let (text, version, bytes) = Self.sizes[index]
        let actions = try [Action](text: text)
        let empty = try Self.packetOut([], version)
        #expect(try Self.packetOut(actions, version) - empty == bytes, "\(text) in \(version)")
    }

    private static func packetOut(_ actions: [Action], _ version: OpenFlowVersion) throws -> Int {
        try MessageCodec.encode(
            .packetOut(PacketOut(actions: actions)), version: version, transactionID: TransactionID(rawValue: 1)
        ).count
    }
}
