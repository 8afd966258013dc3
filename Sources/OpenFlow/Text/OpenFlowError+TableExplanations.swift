extension OpenFlowError {
    /// What errors about matches, flows, groups and ports mean.
    static let tablesExplanations: [Code: Explanation] = [
        .matchBadType: Explanation(
            meaning: "The type of the match is not supported.",
            causes: "A fixed match (type 0) in 1.2 and later."),
        .matchBadLength: Explanation(
            meaning: "The length of the match, or of a field in it, is wrong.",
            causes: "The padding is counted; a mask is there but not said, or the other way about."),
        .matchBadTag: Explanation(
            meaning: "The match names a tag that cannot be.",
            causes: "A VLAN identifier with other bits than 12 and the one that says it is there."),
        .matchBadDatalinkAddressMask: Explanation(
            meaning: "The switch cannot match an Ethernet address with this mask.",
            causes: "Only whole addresses, or only the multicast bit."),
        .matchBadNetworkAddressMask: Explanation(
            meaning: "The switch cannot match an IP address with this mask.",
            causes: "Only prefixes."),
        .matchBadWildcards: Explanation(
            meaning: "The switch cannot leave out (or not leave out) what the match leaves out.",
            causes: "Wildcard bits that contradict each other; fields that must be named together."),
        .matchBadField: Explanation(
            meaning: "The match names a field that is not supported.",
            causes: "A field of a newer version or another vendor; tun_metadata that is not mapped."),
        .matchBadValue: Explanation(
            meaning: "The value of a field cannot be.",
            causes: "More bits than the field has: an ip_dscp above 63, a vlan_vid above 0x1fff."),
        .matchBadMask: Explanation(
            meaning: "The mask of a field cannot be.",
            causes: "A field that has no mask; bits of the value outside of the mask."),
        .matchBadPrerequisite: Explanation(
            meaning: "A field is named without what it needs.",
            causes: "tcp_dst without ip_proto=6, ip_proto without eth_type; in OXM the prerequisite must "
                + "stand before the field."),
        .matchDuplicateField: Explanation(
            meaning: "A field occurs twice.",
            causes: "Both ways of naming one field, or a list that was appended to."),
        .matchNotPermitted: Explanation(
            meaning: "The controller may not match this.",
            causes: "A policy of the switch."),
        .matchNiciraConnectionTrackingDatapathSupport: Explanation(
            meaning: "The datapath cannot match connection tracking fields.",
            causes: "The kernel lacks conntrack, or bits of ct_state that the match names."),
        .flowModUnknown: Explanation(
            meaning: "The flow could not be changed for a reason without a number.",
            causes: "See the switch's log."),
        .flowModTableFull: Explanation(
            meaning: "The table is full.",
            causes: "Too many flows; eviction is off; in 1.0, an emergency flow."),
        .flowModBadTableID: Explanation(
            meaning: "There is no such table.",
            causes: "A table beyond n_tables; OFPTT_ALL with another command than delete."),
        .flowModOverlap: Explanation(
            meaning: "The flow overlaps another of the same priority, and CHECK_OVERLAP was given.",
            causes: "Give one of them another priority."),
        .flowModNotPermitted: Explanation(
            meaning: "The controller may not change this flow.",
            causes: "A flow of the switch itself, a read-only table, or a policy."),
        .flowModBadTimeout: Explanation(
            meaning: "The timeouts are not supported.",
            causes: "An idle timeout where the switch has none."),
        .flowModBadEmergencyTimeout: Explanation(
            meaning: "An emergency flow (1.0) has timeouts.",
            causes: "Emergency flows must not have any."),
        .flowModBadCommand: Explanation(
            meaning: "The command is not known.",
            causes: "A number above 4; in 1.0 with flow_mod_table_id on, the table in the upper byte."),
        .flowModBadFlags: Explanation(
            meaning: "A flag is not known in this version.",
            causes: "RESET_COUNTS before 1.2, the NO_*_COUNTS flags before 1.3."),
        .flowModCannotSync: Explanation(
            meaning: "The table is synchronised with another and cannot hold this flow.",
            causes: "A field that the other table lacks."),
        .flowModBadPriority: Explanation(
            meaning: "The priority is not supported.",
            causes: "The table has fixed priorities, or one for the table-miss flow only."),
        .flowModIsSync: Explanation(
            meaning: "The flow comes from a synchronised table and is read-only.",
            causes: "Change it in the table that it comes from."),
        .flowModUnsupported: Explanation(
            meaning: "The actions cannot be performed in the order given (1.0).",
            causes: "Reorder the actions: first what changes the packet, then the output."),
        .flowModNiciraHardware: Explanation(
            meaning: "The hardware refused the flow.",
            causes: "Its tables are full, or it cannot match or do this."),
        .flowModNiciraBadTableID: Explanation(
            meaning: "The table named cannot be used here.",
            causes: "A table above those that a controller may use."),
        .flowModNiciraInvalidTLVField: Explanation(
            meaning: "The flow names a tunnel option that is not mapped.",
            causes: "Send a TLV table mod first; the mapping was removed."),
        .groupModGroupExists: Explanation(
            meaning: "There is a group of that number already.",
            causes: "Use modify, or delete it first; a controller that restarted adds its groups again."),
        .groupModInvalidGroup: Explanation(
            meaning: "The group cannot be.",
            causes: "A reserved number; in older versions anything else that is wrong with it."),
        .groupModWeightUnsupported: Explanation(
            meaning: "The switch does not support unequal weights.",
            causes: "Give every bucket the same weight."),
        .groupModOutOfGroups: Explanation(
            meaning: "The switch has no room for another group.",
            causes: "See max_groups in GROUP_FEATURES."),
        .groupModOutOfBuckets: Explanation(
            meaning: "The switch has no room for so many buckets.",
            causes: "Use fewer buckets."),
        .groupModChainingUnsupported: Explanation(
            meaning: "The switch cannot have a group in a group's bucket.",
            causes: "See the chaining bit in GROUP_FEATURES."),
        .groupModWatchUnsupported: Explanation(
            meaning: "The switch cannot watch what the bucket names.",
            causes: "A watch_group, or a port whose liveness is not known."),
        .groupModLoop: Explanation(
            meaning: "The group would lead back to itself.",
            causes: "A bucket names a group that leads to this one."),
        .groupModUnknownGroup: Explanation(
            meaning: "There is no such group.",
            causes: "Modify without add; deleted by another controller; a watch_group or bucket that names a "
                + "missing one."),
        .groupModChainedGroup: Explanation(
            meaning: "The group cannot be deleted: another one leads to it.",
            causes: "Delete that group first."),
        .groupModBadType: Explanation(
            meaning: "The type of the group is not known or not supported.",
            causes: "See the types in GROUP_FEATURES."),
        .groupModBadCommand: Explanation(
            meaning: "The command is not known.",
            causes: "insert_bucket and remove_bucket before 1.5."),
        .groupModBadBucket: Explanation(
            meaning: "A bucket is wrong.",
            causes: "An indirect group with other than one bucket; a weight outside of a select group; "
                + "actions that are wrong."),
        .groupModBadWatch: Explanation(
            meaning: "The port or group to be watched cannot be.",
            causes: "A bucket of a fast failover group without watch_port and watch_group."),
        .groupModNotPermitted: Explanation(
            meaning: "The controller may not change this group.",
            causes: "A policy of the switch."),
        .groupModUnknownBucket: Explanation(
            meaning: "There is no bucket of that number.",
            causes: "command_bucket_id of insert or remove that is not in the group."),
        .groupModBucketExists: Explanation(
            meaning: "There is a bucket of that number already.",
            causes: "Two buckets of one bucket_id; in 1.5 every bucket has its own."),
        .portModBadPort: Explanation(
            meaning: "There is no such port.",
            causes: "The port was removed; a reserved port."),
        .portModBadHardwareAddress: Explanation(
            meaning: "The hardware address is not the port's.",
            causes: "The port was replaced meanwhile: ask for PORT_DESC again."),
        .portModBadConfig: Explanation(
            meaning: "The configuration is not supported.",
            causes: "A bit of 1.0 (NO_STP, NO_FLOOD) in a later version."),
        .portModBadAdvertise: Explanation(
            meaning: "What is to be advertised is not supported.",
            causes: "A speed or medium that the port lacks."),
        .portModNotPermitted: Explanation(
            meaning: "The controller may not change this port.",
            causes: "A policy of the switch."),
        .tableModBadTable: Explanation(
            meaning: "There is no such table.",
            causes: "A table beyond n_tables."),
        .tableModBadConfig: Explanation(
            meaning: "The configuration is not supported.",
            causes: "Bits of another version; a vacancy with down above up."),
        .tableModNotPermitted: Explanation(
            meaning: "The controller may not change this table.",
            causes: "A policy of the switch."),
        .queueOperationBadPort: Explanation(
            meaning: "There is no such port.",
            causes: "The port was removed, or OFPP_ANY where one must be named (before 1.4)."),
        .queueOperationBadQueue: Explanation(
            meaning: "There is no such queue.",
            causes: "Queues are configured on the switch, not by OpenFlow."),
        .queueOperationNotPermitted: Explanation(
            meaning: "The controller may not see these queues.",
            causes: "A policy of the switch."),
        .queueOperationNiciraQueueError: Explanation(
            meaning: "The queue's configuration cannot be read.",
            causes: "The host's traffic control refused."),
    ]
}
