extension OpenFlowError {
    /// What errors about requests, actions and instructions mean.
    static let requestsExplanations: [Code: Explanation] = [
        .helloIncompatible: Explanation(
            meaning: "The two sides have no protocol version in common.",
            causes: "The controller and the bridge allow different versions; compare their settings, and look "
                + "at the text in the error's data."),
        .helloNotPermitted: Explanation(
            meaning: "The peer may not connect.",
            causes: "An access rule or a certificate turned the peer away."),
        .requestBadVersion: Explanation(
            meaning: "The version in the header is not the one negotiated.",
            causes: "A library that keeps its own version after the HELLOs; a message copied from another "
                + "connection."),
        .requestBadType: Explanation(
            meaning: "The message type is not known, or not in this version.",
            causes: "The request belongs to another version (METER_MOD before 1.3, bundles before 1.4), or "
                + "only the switch may send it."),
        .requestBadMultipart: Explanation(
            meaning: "The multipart (statistics) type is not known, or not in this version.",
            causes: "TABLE_FEATURES or METER before 1.3, TABLE_DESC before 1.4; an optional type that the "
                + "switch lacks."),
        .requestBadExperimenter: Explanation(
            meaning: "The experimenter (vendor) number is not known.",
            causes: "The switch lacks that vendor's extensions; the number is in the wrong byte order."),
        .requestBadExperimenterType: Explanation(
            meaning: "The experimenter is known, but not this type of message.",
            causes: "An extension newer than the switch, or a message that has become part of the protocol in "
                + "this version."),
        .requestNotPermitted: Explanation(
            meaning: "The controller may not do this.",
            causes: "A restricted connection; a value that the extension reserves."),
        .requestBadLength: Explanation(
            meaning: "The length does not suit the type of the message.",
            causes: "Padding left out or added; the structure of another version; a body cut short."),
        .requestBufferEmpty: Explanation(
            meaning: "The buffer named was used already.",
            causes: "Two messages name the same buffer_id; only the first gets the packet."),
        .requestBufferUnknown: Explanation(
            meaning: "There is no packet in the buffer named.",
            causes: "The packet expired, or the switch buffers nothing: send the packet in the message, with "
                + "OFP_NO_BUFFER."),
        .requestBadTableID: Explanation(
            meaning: "There is no such table, or it is out of bounds here.",
            causes: "A table beyond n_tables; OFPTT_ALL where one table must be named."),
        .requestIsSecondary: Explanation(
            meaning: "A controller in the secondary (slave) role may only read.",
            causes: "Another controller became primary: ask for the role again, with a newer generation id."),
        .requestBadPort: Explanation(
            meaning: "The port is wrong or not there.",
            causes: "A port that was removed; a reserved port where a real one must be named, such as "
                + "in_port=ANY of a packet-out."),
        .requestBadPacket: Explanation(
            meaning: "The packet in a packet-out is not one.",
            causes: "A frame shorter than its Ethernet header, or not of the packet type that the message "
                + "names."),
        .requestMultipartBufferOverflow: Explanation(
            meaning: "A multipart request in several parts grew beyond what the switch stores.",
            causes: "Table features for all tables in one request: send fewer at a time."),
        .requestMultipartRequestTimeout: Explanation(
            meaning: "The next part of a multipart request did not come in time.",
            causes: "The last part carries the \"more\" flag; the controller stopped in between."),
        .requestMultipartReplyTimeout: Explanation(
            meaning: "The next part of a multipart reply did not come in time.",
            causes: "The switch stopped in the middle of a dump."),
        .requestMultipartBadSchedule: Explanation(
            meaning: "The switch could not collect what was asked for in time.",
            causes: "A multipart request within a bundle that is committed too soon."),
        .requestPipelineFieldsOnly: Explanation(
            meaning: "The match of a packet-out names fields that are not of the pipeline.",
            causes: "Header fields such as eth_type in the match: only in_port, metadata, registers and the "
                + "like may be there."),
        .requestUnknown: Explanation(
            meaning: "The request failed for a reason without a number.",
            causes: "See the switch's log."),
        .requestNiciraNXMInvalid: Explanation(
            meaning: "A match in Nicira's form (NXM) is malformed.",
            causes: "A length in an NXM header that does not suit its field; bytes cut off."),
        .requestNiciraNXMBadType: Explanation(
            meaning: "An NXM header names an unknown field, or one of another length.",
            causes: "A field newer than the switch."),
        .requestNiciraMustBeZero: Explanation(
            meaning: "Reserved bytes that must be zero are not.",
            causes: "A structure of another version; memory that was not cleared."),
        .requestNiciraBadReason: Explanation(
            meaning: "The reason in an asynchronous message is not known.",
            causes: "A reason of a newer version; a PACKET_IN sent by something that is not a switch."),
        .requestNiciraFlowMonitorBadEvent: Explanation(
            meaning: "An update of a flow monitor has an unknown event.",
            causes: "An event of a newer version."),
        .requestNiciraUnencodableError: Explanation(
            meaning: "There is an error that this version cannot say.",
            causes: "Ask again in a newer version, or see the switch's log."),
        .actionBadType: Explanation(
            meaning: "The action type is not known, or not in this version.",
            causes: "An action of another version; one that the datapath cannot perform."),
        .actionBadLength: Explanation(
            meaning: "The length of an action is wrong.",
            causes: "Padding to a multiple of eight left out; the action's structure in another version."),
        .actionBadExperimenter: Explanation(
            meaning: "The experimenter of an action is not known.",
            causes: "The switch lacks that vendor's extensions."),
        .actionBadExperimenterType: Explanation(
            meaning: "The experimenter is known, but not this action of it.",
            causes: "An action newer than the switch (a newer Open vSwitch's)."),
        .actionBadOutPort: Explanation(
            meaning: "An action outputs to a port that cannot be.",
            causes: "Port 0, a port beyond OFPP_MAX that is not reserved, OFPP_ANY, or in some switches one "
                + "that does not exist."),
        .actionBadArgument: Explanation(
            meaning: "An argument of an action is wrong.",
            causes: "A VLAN identifier above 4095, an EtherType that cannot be pushed, a table to resubmit to "
                + "that is not there."),
        .actionNotPermitted: Explanation(
            meaning: "The controller may not use this action.",
            causes: "A policy of the switch."),
        .actionTooMany: Explanation(
            meaning: "There are more actions than the switch can take.",
            causes: "Split them over tables or groups."),
        .actionBadQueue: Explanation(
            meaning: "An action names a queue that is not there.",
            causes: "Queues are configured on the switch, not by OpenFlow; the queue belongs to another port."),
        .actionBadOutGroup: Explanation(
            meaning: "An action names a group that is not there, or a reserved one.",
            causes: "The flow came before its group: send the GROUP_MOD and a barrier first."),
        .actionMatchInconsistent: Explanation(
            meaning: "An action needs a header that the match does not promise.",
            causes: "set_field on tcp_dst without tcp in the match; an action after pop_mpls that needs IP; "
                + "dec_ttl for every packet."),
        .actionUnsupportedOrder: Explanation(
            meaning: "The action set or list has an order that the switch cannot perform.",
            causes: "Use the apply-actions instruction."),
        .actionBadTag: Explanation(
            meaning: "A tag pushed or popped cannot be.",
            causes: "push_vlan with an EtherType other than 0x8100 or 0x88a8; popping what the match does not "
                + "have."),
        .actionBadSetType: Explanation(
            meaning: "SET_FIELD names a field that is not known.",
            causes: "A field of a newer version or another vendor."),
        .actionBadSetLength: Explanation(
            meaning: "The field in SET_FIELD has a wrong length.",
            causes: "The padding is counted, or the mask of 1.5 is sent in an older version."),
        .actionBadSetArgument: Explanation(
            meaning: "The value or field in SET_FIELD is not allowed.",
            causes: "A field that can only be matched (eth_type, in_phy_port); a vlan_vid without the bit "
                + "0x1000; a mask before 1.5."),
        .actionBadSetMask: Explanation(
            meaning: "The mask in SET_FIELD is not allowed.",
            causes: "A field that has no mask; bits of the value outside of the mask."),
        .actionBadMeter: Explanation(
            meaning: "The meter in an action cannot be.",
            causes: "There is no such meter; a second meter where the switch takes one."),
        .actionNiciraMustBeZero: Explanation(
            meaning: "Reserved bytes of an action that must be zero are not.",
            causes: "Memory that was not cleared; the action's structure in another version."),
        .actionNiciraBadConjunction: Explanation(
            meaning: "A conjunction action is wrong.",
            causes: "A clause that is not from 1 to n, n not from 2 to 64, or other actions beside it."),
        .actionNiciraBadHeaderType: Explanation(
            meaning: "encap or decap names a header that the switch cannot push or remove.",
            causes: "A packet type other than Ethernet, NSH and MPLS."),
        .actionNiciraUnknownEncapDecapProperty: Explanation(
            meaning: "encap has a property that is not known.",
            causes: "A property class or type of a newer version."),
        .actionNiciraBadEncapDecapProperty: Explanation(
            meaning: "A property of encap is wrong.",
            causes: "Its length, or a value such as an NSH metadata type other than 1 and 2."),
        .actionNiciraConnectionTrackingDatapathSupport: Explanation(
            meaning: "The datapath cannot do what ct asks for.",
            causes: "Connection tracking, zones, marks, labels or NAT are missing in the kernel or its "
                + "modules."),
        .instructionUnknown: Explanation(
            meaning: "The instruction type is not known.",
            causes: "An instruction of another version."),
        .instructionUnsupported: Explanation(
            meaning: "The instruction is known, but not supported in this table.",
            causes: "Not every table can meter, write metadata or go on; see TABLE_FEATURES."),
        .instructionBadTableID: Explanation(
            meaning: "GOTO_TABLE names a table that cannot be.",
            causes: "A table before this one, this one, or one that is not there."),
        .instructionUnsupportedMetadata: Explanation(
            meaning: "The metadata value is not supported.",
            causes: "The switch has fewer bits of metadata; see metadata_write in TABLE_FEATURES."),
        .instructionUnsupportedMetadataMask: Explanation(
            meaning: "The metadata mask is not supported.",
            causes: "The switch has fewer bits of metadata; see metadata_write in TABLE_FEATURES."),
        .instructionBadExperimenter: Explanation(
            meaning: "The experimenter of an instruction is not known.",
            causes: "The switch lacks that vendor's extensions."),
        .instructionBadExperimenterType: Explanation(
            meaning: "The experimenter is known, but not this instruction of it.",
            causes: "An extension newer than the switch."),
        .instructionBadLength: Explanation(
            meaning: "The length of an instruction is wrong.",
            causes: "Padding left out; actions that do not fill it."),
        .instructionNotPermitted: Explanation(
            meaning: "The controller may not use this instruction.",
            causes: "A policy of the switch."),
        .instructionDuplicate: Explanation(
            meaning: "An instruction occurs twice in a flow.",
            causes: "Two apply-actions: put the actions into one."),
    ]
}
