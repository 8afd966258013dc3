extension OpenFlowError {
    /// What errors about roles, meters, properties, bundles and monitors mean.
    static let extensionsExplanations: [Code: Explanation] = [
        .switchConfigBadFlags: Explanation(
            meaning: "The flags are not supported.",
            causes: "Reassembly of fragments; both ways of treating fragments at once."),
        .switchConfigBadLength: Explanation(
            meaning: "The miss_send_len is not supported.",
            causes: "A length between the most the switch sends and OFPCML_NO_BUFFER."),
        .switchConfigNotPermitted: Explanation(
            meaning: "The controller may not change this.",
            causes: "A policy of the switch."),
        .roleRequestStale: Explanation(
            meaning: "The generation id is older than one seen before.",
            causes: "A deposed primary; the controllers do not share their generation ids."),
        .roleRequestUnsupported: Explanation(
            meaning: "The switch cannot change roles.",
            causes: "A switch with one connection only."),
        .roleRequestBadRole: Explanation(
            meaning: "The role is not known.",
            causes: "A number above 3; NOCHANGE where Nicira's form is spoken."),
        .roleRequestIDUnsupported: Explanation(
            meaning: "The switch does not support short identifiers.",
            causes: "Leave out the short_id (1.5)."),
        .roleRequestIDInUse: Explanation(
            meaning: "Another controller has this short identifier.",
            causes: "Choose another short_id (1.5)."),
        .meterModUnknown: Explanation(
            meaning: "The meter could not be changed for a reason without a number.",
            causes: "See the switch's log."),
        .meterModMeterExists: Explanation(
            meaning: "There is a meter of that number already.",
            causes: "Use modify, or delete it first."),
        .meterModInvalidMeter: Explanation(
            meaning: "The meter cannot be.",
            causes: "Number 0, or one above OFPM_MAX that is not reserved."),
        .meterModUnknownMeter: Explanation(
            meaning: "There is no such meter.",
            causes: "Modify without add; a flow came before its meter."),
        .meterModBadCommand: Explanation(
            meaning: "The command is not known.",
            causes: "A number above 2."),
        .meterModBadFlags: Explanation(
            meaning: "The flags are not supported.",
            causes: "Both KBPS and PKTPS, or a flag that METER_FEATURES lacks."),
        .meterModBadRate: Explanation(
            meaning: "The rate is not supported.",
            causes: "A rate of 0."),
        .meterModBadBurst: Explanation(
            meaning: "The burst size is not supported.",
            causes: "Larger than the switch can hold."),
        .meterModBadBand: Explanation(
            meaning: "A band is not supported.",
            causes: "A type that METER_FEATURES lacks, such as DSCP remark."),
        .meterModBadBandValue: Explanation(
            meaning: "A value of a band is not supported.",
            causes: "A precedence level that is too large."),
        .meterModOutOfMeters: Explanation(
            meaning: "The switch has no room for another meter.",
            causes: "See max_meter in METER_FEATURES."),
        .meterModOutOfBands: Explanation(
            meaning: "The meter has more bands than the switch supports.",
            causes: "See max_bands in METER_FEATURES."),
        .tableFeaturesBadTable: Explanation(
            meaning: "There is no such table.",
            causes: "The request must name the switch's tables, each once."),
        .tableFeaturesBadMetadata: Explanation(
            meaning: "The metadata bits are not supported.",
            causes: "More bits than the table has."),
        .tableFeaturesNotPermitted: Explanation(
            meaning: "The tables cannot be changed.",
            causes: "Most switches have fixed tables: ask with an empty body."),
        .tableFeaturesBadCapabilities: Explanation(
            meaning: "The capabilities are not supported.",
            causes: "Eviction or vacancy events that the table lacks."),
        .tableFeaturesBadMaximumEntries: Explanation(
            meaning: "The number of flows is not supported.",
            causes: "More than the table can hold."),
        .tableFeaturesBadFeatures: Explanation(
            meaning: "The features are not supported.",
            causes: "Ingress and egress at once, or neither."),
        .tableFeaturesBadCommand: Explanation(
            meaning: "The command is not known.",
            causes: "A number above 3 (1.5)."),
        .tableFeaturesTooMany: Explanation(
            meaning: "There are more tables than the switch can have.",
            causes: "Send fewer."),
        .tableFeaturesNiciraDuplicateTable: Explanation(
            meaning: "A table is named twice.",
            causes: "Name every table once."),
        .propertyBadType: Explanation(
            meaning: "The type of a property is not known.",
            causes: "A property of another message or a newer version."),
        .propertyBadLength: Explanation(
            meaning: "The length of a property is wrong.",
            causes: "The padding is counted; a body of another type."),
        .propertyBadValue: Explanation(
            meaning: "The value of a property is not supported.",
            causes: "See the property's section in the specification."),
        .propertyTooMany: Explanation(
            meaning: "There are more properties of a type than the switch takes.",
            causes: "Send one."),
        .propertyDuplicateType: Explanation(
            meaning: "A property that may occur once occurs twice.",
            causes: "Send one."),
        .propertyBadExperimenter: Explanation(
            meaning: "The experimenter of a property is not known.",
            causes: "The switch lacks that vendor's extensions."),
        .propertyBadExperimenterType: Explanation(
            meaning: "The experimenter is known, but not this property of it.",
            causes: "An extension newer than the switch, or a property in the wrong message."),
        .propertyBadExperimenterValue: Explanation(
            meaning: "The value of an experimenter's property is not supported.",
            causes: "See the extension's description."),
        .propertyNotPermitted: Explanation(
            meaning: "The controller may not set this property.",
            causes: "A policy of the switch."),
        .asyncConfigInvalid: Explanation(
            meaning: "A mask of the asynchronous configuration is wrong.",
            causes: "A bit for a reason that there is not."),
        .asyncConfigUnsupported: Explanation(
            meaning: "The switch does not have this kind of asynchronous message.",
            causes: "A property type of a newer version."),
        .asyncConfigNotPermitted: Explanation(
            meaning: "The controller may not change this.",
            causes: "A policy of the switch."),
        .bundleUnknown: Explanation(
            meaning: "The bundle failed for a reason without a number.",
            causes: "See the switch's log."),
        .bundleNotPermitted: Explanation(
            meaning: "The controller may not use bundles.",
            causes: "A policy of the switch."),
        .bundleBadID: Explanation(
            meaning: "There is no such bundle.",
            causes: "It was committed, discarded or timed out already, or opened on another connection."),
        .bundleExists: Explanation(
            meaning: "There is a bundle of that number already.",
            causes: "Discard it first, or choose another number."),
        .bundleClosed: Explanation(
            meaning: "The bundle is closed.",
            causes: "A message was added after CLOSE_REQUEST."),
        .bundleOutOfBundles: Explanation(
            meaning: "The switch has no room for another bundle.",
            causes: "Commit or discard the open ones."),
        .bundleBadType: Explanation(
            meaning: "The type of the bundle control message is not known.",
            causes: "A number above 7, or a reply sent to the switch."),
        .bundleBadFlags: Explanation(
            meaning: "The flags are not supported, or not those the bundle was opened with.",
            causes: "Send the same flags in every message of a bundle."),
        .bundleMessageBadLength: Explanation(
            meaning: "The message in a bundle has a wrong length.",
            causes: "The inner header's length does not fit the outer one."),
        .bundleMessageBadTransactionID: Explanation(
            meaning: "The message in a bundle has another transaction id.",
            causes: "The inner and the outer xid must be equal."),
        .bundleMessageUnsupported: Explanation(
            meaning: "The message cannot be in a bundle.",
            causes: "Only messages that change the switch, mostly flow, group and port mods."),
        .bundleMessageConflict: Explanation(
            meaning: "The message contradicts others in the bundle.",
            causes: "Two ways of changing one thing."),
        .bundleMessageTooMany: Explanation(
            meaning: "The bundle has more messages than the switch takes.",
            causes: "Split it."),
        .bundleMessageFailed: Explanation(
            meaning: "A message of the bundle failed, and so nothing of it was done.",
            causes: "The error of that message came just before."),
        .bundleTimeout: Explanation(
            meaning: "The bundle was not finished in time and is gone.",
            causes: "Open, fill and commit without long pauses."),
        .bundleInProgress: Explanation(
            meaning: "Another bundle holds what this one needs.",
            causes: "Wait for its commit."),
        .bundleScheduleNotSupported: Explanation(
            meaning: "The switch cannot commit at a given time.",
            causes: "See BUNDLE_FEATURES (1.5)."),
        .bundleScheduleFuture: Explanation(
            meaning: "The time to commit is too far in the future.",
            causes: "See sched_max_future in BUNDLE_FEATURES."),
        .bundleSchedulePast: Explanation(
            meaning: "The time to commit is too far in the past.",
            causes: "The clocks differ; see sched_max_past in BUNDLE_FEATURES."),
        .bundleBadVersion: Explanation(
            meaning: "The message in a bundle is of another version.",
            causes: "The inner header's version must be that of the connection."),
        .flowMonitorUnknown: Explanation(
            meaning: "The flow monitor failed for a reason without a number.",
            causes: "See the switch's log."),
        .flowMonitorExists: Explanation(
            meaning: "There is a monitor of that number already.",
            causes: "Delete it first, or choose another number."),
        .flowMonitorInvalidMonitor: Explanation(
            meaning: "The monitor cannot be.",
            causes: "A reserved number."),
        .flowMonitorUnknownMonitor: Explanation(
            meaning: "There is no such monitor.",
            causes: "It was deleted already."),
        .flowMonitorBadCommand: Explanation(
            meaning: "The command is not known.",
            causes: "A number above 2."),
        .flowMonitorBadFlags: Explanation(
            meaning: "The flags are not supported.",
            causes: "No event at all, or unknown bits."),
        .flowMonitorBadTableID: Explanation(
            meaning: "There is no such table.",
            causes: "A table beyond n_tables."),
        .flowMonitorBadOut: Explanation(
            meaning: "The port or group that restricts the monitor cannot be.",
            causes: "A port or group that is not there."),
        .tlvTableBadCommand: Explanation(
            meaning: "The command is not known.",
            causes: "A number above 2."),
        .tlvTableBadOptionLength: Explanation(
            meaning: "The length of a tunnel option is wrong.",
            causes: "It must be a multiple of 4, from 4 to 124."),
        .tlvTableBadFieldIndex: Explanation(
            meaning: "There is no such tun_metadata field.",
            causes: "An index above 63."),
        .tlvTableFull: Explanation(
            meaning: "The tunnel options mapped are too long together.",
            causes: "At most 256 bytes: remove some."),
        .tlvTableAlreadyMapped: Explanation(
            meaning: "The tunnel option or the field is mapped already.",
            causes: "Delete the mapping first."),
        .tlvTableDuplicateEntry: Explanation(
            meaning: "A mapping occurs twice in the message.",
            causes: "Name it once."),
        .tlvTableInvalidTLVDelete: Explanation(
            meaning: "The mapping cannot be deleted: a flow uses it.",
            causes: "Delete the flows first."),
        .resumeNotSupported: Explanation(
            meaning: "The datapath cannot resume a paused packet.",
            causes: "The bridge was given another datapath."),
        .resumeStale: Explanation(
            meaning: "What the packet was paused with is not there any more.",
            causes: "The bridge was restarted, or its pipeline state has expired."),
        .statisticsNiciraNotConfigured: Explanation(
            meaning: "What was asked for is not configured.",
            causes: "IPFIX statistics of a bridge without IPFIX."),
    ]
}
