extension OpenFlowError {
    /// One row per error, in the order of the cases, so that the raw value is the index.
    static let table: [Row] = [
        Row(.helloIncompatible, "OFPHFC_INCOMPATIBLE", [.standard(.v1_0 ... .v1_5, 0, 0)]),
        Row(.helloNotPermitted, "OFPHFC_EPERM", [.standard(.v1_0 ... .v1_5, 0, 1)]),
        Row(.requestBadVersion, "OFPBRC_BAD_VERSION", [.standard(.v1_0 ... .v1_5, 1, 0)]),
        Row(.requestBadType, "OFPBRC_BAD_TYPE", [.standard(.v1_0 ... .v1_5, 1, 1)]),
        Row(.requestBadMultipart, "OFPBRC_BAD_STAT", [.standard(.v1_0 ... .v1_5, 1, 2)]),
        Row(.requestBadExperimenter, "OFPBRC_BAD_VENDOR", [.standard(.v1_0 ... .v1_5, 1, 3)]),
        Row(.requestBadExperimenterType, "OFPBRC_BAD_SUBTYPE", [.standard(.v1_0 ... .v1_5, 1, 4)]),
        Row(.requestNotPermitted, "OFPBRC_EPERM", [.standard(.v1_0 ... .v1_5, 1, 5)]),
        Row(.requestBadLength, "OFPBRC_BAD_LEN", [.standard(.v1_0 ... .v1_5, 1, 6)]),
        Row(.requestBufferEmpty, "OFPBRC_BUFFER_EMPTY", [.standard(.v1_0 ... .v1_5, 1, 7)]),
        Row(.requestBufferUnknown, "OFPBRC_BUFFER_UNKNOWN", [.standard(.v1_0 ... .v1_5, 1, 8)]),
        Row(
            .requestBadTableID, "OFPBRC_BAD_TABLE_ID",
            [.envelope(.v1_0 ... .v1_0, 1, 512), .standard(.v1_1 ... .v1_5, 1, 9)]),
        Row(
            .requestIsSecondary, "OFPBRC_IS_SECONDARY",
            [.standard(.v1_0 ... .v1_1, 1, 5), .standard(.v1_2 ... .v1_5, 1, 10)]),
        Row(
            .requestBadPort, "OFPBRC_BAD_PORT",
            [.envelope(.v1_0 ... .v1_1, 1, 514), .standard(.v1_2 ... .v1_5, 1, 11)]),
        Row(.requestBadPacket, "OFPBRC_BAD_PACKET", [.standard(.v1_2 ... .v1_5, 1, 12)]),
        Row(
            .requestMultipartBufferOverflow, "OFPBRC_MULTIPART_BUFFER_OVERFLOW",
            [.standard(.v1_3 ... .v1_5, 1, 13)]),
        Row(
            .requestMultipartRequestTimeout, "OFPBRC_MULTIPART_REQUEST_TIMEOUT",
            [.onf(.v1_3 ... .v1_3, 2640), .standard(.v1_4 ... .v1_5, 1, 14)]),
        Row(
            .requestMultipartReplyTimeout, "OFPBRC_MULTIPART_REPLY_TIMEOUT",
            [.onf(.v1_3 ... .v1_3, 2641), .standard(.v1_4 ... .v1_5, 1, 15)]),
        Row(.requestMultipartBadSchedule, "OFPBRC_MULTIPART_BAD_SCHED", [.standard(.v1_5 ... .v1_5, 1, 16)]),
        Row(.requestPipelineFieldsOnly, "OFPBRC_PIPELINE_FIELDS_ONLY", [.standard(.v1_5 ... .v1_5, 1, 17)]),
        Row(.requestUnknown, "OFPBRC_UNKNOWN", [.standard(.v1_5 ... .v1_5, 1, 18)]),
        Row(
            .requestNiciraNXMInvalid, "NXBRC_NXM_INVALID",
            [.envelope(.v1_0 ... .v1_1, 1, 256), .nicira(.v1_2 ... .v1_5, 2)]),
        Row(
            .requestNiciraNXMBadType, "NXBRC_NXM_BAD_TYPE",
            [.envelope(.v1_0 ... .v1_1, 1, 257), .nicira(.v1_2 ... .v1_5, 3)]),
        Row(
            .requestNiciraMustBeZero, "NXBRC_MUST_BE_ZERO",
            [.envelope(.v1_0 ... .v1_1, 1, 515), .nicira(.v1_2 ... .v1_5, 4)]),
        Row(
            .requestNiciraBadReason, "NXBRC_BAD_REASON",
            [.envelope(.v1_0 ... .v1_1, 1, 516), .nicira(.v1_2 ... .v1_5, 5)]),
        Row(
            .requestNiciraFlowMonitorBadEvent, "NXBRC_FM_BAD_EVENT",
            [.envelope(.v1_0 ... .v1_1, 1, 520), .nicira(.v1_2 ... .v1_5, 9)]),
        Row(
            .requestNiciraUnencodableError, "NXBRC_UNENCODABLE_ERROR",
            [.envelope(.v1_0 ... .v1_1, 1, 521), .nicira(.v1_2 ... .v1_5, 10)]),
        Row(.actionBadType, "OFPBAC_BAD_TYPE", [.standard(.v1_0 ... .v1_5, 2, 0)]),
        Row(.actionBadLength, "OFPBAC_BAD_LEN", [.standard(.v1_0 ... .v1_5, 2, 1)]),
        Row(.actionBadExperimenter, "OFPBAC_BAD_VENDOR", [.standard(.v1_0 ... .v1_5, 2, 2)]),
        Row(.actionBadExperimenterType, "OFPBAC_BAD_VENDOR_TYPE", [.standard(.v1_0 ... .v1_5, 2, 3)]),
        Row(.actionBadOutPort, "OFPBAC_BAD_OUT_PORT", [.standard(.v1_0 ... .v1_5, 2, 4)]),
        Row(.actionBadArgument, "OFPBAC_BAD_ARGUMENT", [.standard(.v1_0 ... .v1_5, 2, 5)]),
        Row(.actionNotPermitted, "OFPBAC_EPERM", [.standard(.v1_0 ... .v1_5, 2, 6)]),
        Row(.actionTooMany, "OFPBAC_TOO_MANY", [.standard(.v1_0 ... .v1_5, 2, 7)]),
        Row(.actionBadQueue, "OFPBAC_BAD_QUEUE", [.standard(.v1_0 ... .v1_5, 2, 8)]),
        Row(
            .actionBadOutGroup, "OFPBAC_BAD_OUT_GROUP",
            [.envelope(.v1_0 ... .v1_0, 2, 9), .standard(.v1_1 ... .v1_5, 2, 9)]),
        Row(
            .actionMatchInconsistent, "OFPBAC_MATCH_INCONSISTENT",
            [.envelope(.v1_0 ... .v1_0, 1, 522), .standard(.v1_1 ... .v1_5, 2, 10)]),
        Row(.actionUnsupportedOrder, "OFPBAC_UNSUPPORTED_ORDER", [.standard(.v1_1 ... .v1_5, 2, 11)]),
        Row(.actionBadTag, "OFPBAC_BAD_TAG", [.standard(.v1_1 ... .v1_5, 2, 12)]),
        Row(
            .actionBadSetType, "OFPBAC_BAD_SET_TYPE",
            [.envelope(.v1_0 ... .v1_1, 1, 523), .standard(.v1_2 ... .v1_5, 2, 13)]),
        Row(
            .actionBadSetLength, "OFPBAC_BAD_SET_LEN",
            [.envelope(.v1_0 ... .v1_1, 1, 524), .standard(.v1_2 ... .v1_5, 2, 14)]),
        Row(
            .actionBadSetArgument, "OFPBAC_BAD_SET_ARGUMENT",
            [.envelope(.v1_0 ... .v1_1, 1, 525), .standard(.v1_2 ... .v1_5, 2, 15)]),
        Row(
            .actionBadSetMask, "OFPBAC_BAD_SET_MASK",
            [.onf(.v1_3 ... .v1_4, 4250), .standard(.v1_5 ... .v1_5, 2, 16)]),
        Row(.actionBadMeter, "OFPBAC_BAD_METER", [.standard(.v1_5 ... .v1_5, 2, 17)]),
        Row(
            .actionNiciraMustBeZero, "NXBAC_MUST_BE_ZERO",
            [.envelope(.v1_0 ... .v1_1, 2, 256), .nicira(.v1_2 ... .v1_5, 11)]),
        Row(
            .actionNiciraBadConjunction, "NXBAC_BAD_CONJUNCTION",
            [.envelope(.v1_0 ... .v1_1, 2, 526), .nicira(.v1_2 ... .v1_5, 15)]),
        Row(.actionNiciraBadHeaderType, "NXBAC_BAD_HEADER_TYPE", [.nicira(.v1_3 ... .v1_5, 39)]),
        Row(.actionNiciraUnknownEncapDecapProperty, "NXBAC_UNKNOWN_ED_PROP", [.nicira(.v1_3 ... .v1_5, 40)]),
        Row(.actionNiciraBadEncapDecapProperty, "NXBAC_BAD_ED_PROP", [.nicira(.v1_3 ... .v1_5, 41)]),
        Row(
            .actionNiciraConnectionTrackingDatapathSupport, "NXBAC_CT_DATAPATH_SUPPORT",
            [.envelope(.v1_0 ... .v1_1, 1, 265), .nicira(.v1_2 ... .v1_5, 42)]),
        Row(.instructionUnknown, "OFPBIC_UNKNOWN_INST", [.standard(.v1_1 ... .v1_5, 3, 0)]),
        Row(
            .instructionUnsupported, "OFPBIC_UNSUP_INST",
            [.envelope(.v1_0 ... .v1_0, 2, 257), .standard(.v1_1 ... .v1_5, 3, 1)]),
        Row(.instructionBadTableID, "OFPBIC_BAD_TABLE_ID", [.standard(.v1_1 ... .v1_5, 3, 2)]),
        Row(.instructionUnsupportedMetadata, "OFPBIC_UNSUP_METADATA", [.standard(.v1_1 ... .v1_5, 3, 3)]),
        Row(
            .instructionUnsupportedMetadataMask, "OFPBIC_UNSUP_METADATA_MASK",
            [.standard(.v1_1 ... .v1_5, 3, 4)]),
        Row(.instructionBadExperimenter, "OFPBIC_BAD_EXPERIMENTER", [.standard(.v1_1 ... .v1_5, 3, 5)]),
        Row(
            .instructionBadExperimenterType, "OFPBIC_BAD_EXP_TYPE",
            [.standard(.v1_1 ... .v1_1, 3, 5), .standard(.v1_2 ... .v1_5, 3, 6)]),
        Row(.instructionBadLength, "OFPBIC_BAD_LEN", [.standard(.v1_2 ... .v1_5, 3, 7)]),
        Row(.instructionNotPermitted, "OFPBIC_EPERM", [.standard(.v1_2 ... .v1_5, 3, 8)]),
        Row(
            .instructionDuplicate, "OFPBIC_DUP_INST",
            [
                .envelope(.v1_1 ... .v1_1, 3, 256), .onf(.v1_2 ... .v1_3, 2600),
                .standard(.v1_4 ... .v1_5, 3, 9),
            ]),
        Row(.matchBadType, "OFPBMC_BAD_TYPE", [.standard(.v1_1 ... .v1_5, 4, 0)]),
        Row(.matchBadLength, "OFPBMC_BAD_LEN", [.standard(.v1_1 ... .v1_5, 4, 1)]),
        Row(.matchBadTag, "OFPBMC_BAD_TAG", [.standard(.v1_1 ... .v1_5, 4, 2)]),
        Row(.matchBadDatalinkAddressMask, "OFPBMC_BAD_DL_ADDR_MASK", [.standard(.v1_1 ... .v1_5, 4, 3)]),
        Row(.matchBadNetworkAddressMask, "OFPBMC_BAD_NW_ADDR_MASK", [.standard(.v1_1 ... .v1_5, 4, 4)]),
        Row(
            .matchBadWildcards, "OFPBMC_BAD_WILDCARDS",
            [.envelope(.v1_0 ... .v1_0, 1, 262), .standard(.v1_1 ... .v1_5, 4, 5)]),
        Row(
            .matchBadField, "OFPBMC_BAD_FIELD",
            [.envelope(.v1_0 ... .v1_0, 0, 263), .standard(.v1_1 ... .v1_5, 4, 6)]),
        Row(
            .matchBadValue, "OFPBMC_BAD_VALUE",
            [.envelope(.v1_0 ... .v1_0, 1, 258), .standard(.v1_1 ... .v1_5, 4, 7)]),
        Row(
            .matchBadMask, "OFPBMC_BAD_MASK",
            [.envelope(.v1_0 ... .v1_1, 1, 259), .standard(.v1_2 ... .v1_5, 4, 8)]),
        Row(
            .matchBadPrerequisite, "OFPBMC_BAD_PREREQ",
            [.envelope(.v1_0 ... .v1_1, 1, 260), .standard(.v1_2 ... .v1_5, 4, 9)]),
        Row(
            .matchDuplicateField, "OFPBMC_DUP_FIELD",
            [.envelope(.v1_0 ... .v1_1, 1, 261), .standard(.v1_2 ... .v1_5, 4, 10)]),
        Row(.matchNotPermitted, "OFPBMC_EPERM", [.standard(.v1_2 ... .v1_5, 4, 11)]),
        Row(
            .matchNiciraConnectionTrackingDatapathSupport, "NXBMC_CT_DATAPATH_SUPPORT",
            [.envelope(.v1_0 ... .v1_1, 1, 264), .nicira(.v1_2 ... .v1_5, 43)]),
        Row(.flowModUnknown, "OFPFMFC_UNKNOWN", [.standard(.v1_1 ... .v1_5, 5, 0)]),
        Row(
            .flowModTableFull, "OFPFMFC_TABLE_FULL",
            [.standard(.v1_0 ... .v1_0, 3, 0), .standard(.v1_1 ... .v1_5, 5, 1)]),
        Row(.flowModBadTableID, "OFPFMFC_BAD_TABLE_ID", [.standard(.v1_1 ... .v1_5, 5, 2)]),
        Row(
            .flowModOverlap, "OFPFMFC_OVERLAP",
            [.standard(.v1_0 ... .v1_0, 3, 1), .standard(.v1_1 ... .v1_5, 5, 3)]),
        Row(
            .flowModNotPermitted, "OFPFMFC_EPERM",
            [.standard(.v1_0 ... .v1_0, 3, 2), .standard(.v1_1 ... .v1_5, 5, 4)]),
        Row(.flowModBadTimeout, "OFPFMFC_BAD_TIMEOUT", [.standard(.v1_1 ... .v1_5, 5, 5)]),
        Row(.flowModBadEmergencyTimeout, "OFPFMFC_BAD_EMERG_TIMEOUT", [.standard(.v1_0 ... .v1_0, 3, 3)]),
        Row(
            .flowModBadCommand, "OFPFMFC_BAD_COMMAND",
            [.standard(.v1_0 ... .v1_0, 3, 4), .standard(.v1_1 ... .v1_5, 5, 6)]),
        Row(
            .flowModBadFlags, "OFPFMFC_BAD_FLAGS",
            [
                .envelope(.v1_0 ... .v1_0, 3, 258), .envelope(.v1_1 ... .v1_1, 5, 258),
                .standard(.v1_2 ... .v1_5, 5, 7),
            ]),
        Row(.flowModCannotSync, "OFPFMFC_CANT_SYNC", [.standard(.v1_4 ... .v1_5, 5, 8)]),
        Row(
            .flowModBadPriority, "OFPFMFC_BAD_PRIORITY",
            [.onf(.v1_3 ... .v1_3, 2360), .standard(.v1_4 ... .v1_5, 5, 9)]),
        Row(.flowModIsSync, "OFPFMFC_IS_SYNC", [.standard(.v1_4 ... .v1_5, 5, 10)]),
        Row(.flowModUnsupported, "OFPFMFC_UNSUPPORTED", [.standard(.v1_0 ... .v1_0, 3, 5)]),
        Row(
            .flowModNiciraHardware, "NXFMFC_HARDWARE",
            [.envelope(.v1_0 ... .v1_1, 5, 256), .nicira(.v1_2 ... .v1_5, 12)]),
        Row(
            .flowModNiciraBadTableID, "NXFMFC_BAD_TABLE_ID",
            [.envelope(.v1_0 ... .v1_1, 5, 257), .nicira(.v1_2 ... .v1_5, 13)]),
        Row(
            .flowModNiciraInvalidTLVField, "NXFMFC_INVALID_TLV_FIELD",
            [.envelope(.v1_0 ... .v1_1, 1, 536), .nicira(.v1_2 ... .v1_5, 37)]),
        Row(
            .groupModGroupExists, "OFPGMFC_GROUP_EXISTS",
            [.envelope(.v1_0 ... .v1_0, 6, 0), .standard(.v1_1 ... .v1_5, 6, 0)]),
        Row(
            .groupModInvalidGroup, "OFPGMFC_INVALID_GROUP",
            [.envelope(.v1_0 ... .v1_0, 6, 1), .standard(.v1_1 ... .v1_5, 6, 1)]),
        Row(
            .groupModWeightUnsupported, "OFPGMFC_WEIGHT_UNSUPPORTED",
            [.envelope(.v1_0 ... .v1_0, 6, 2), .standard(.v1_1 ... .v1_5, 6, 2)]),
        Row(
            .groupModOutOfGroups, "OFPGMFC_OUT_OF_GROUPS",
            [.envelope(.v1_0 ... .v1_0, 6, 3), .standard(.v1_1 ... .v1_5, 6, 3)]),
        Row(
            .groupModOutOfBuckets, "OFPGMFC_OUT_OF_BUCKETS",
            [.envelope(.v1_0 ... .v1_0, 6, 4), .standard(.v1_1 ... .v1_5, 6, 4)]),
        Row(
            .groupModChainingUnsupported, "OFPGMFC_CHAINING_UNSUPPORTED",
            [.envelope(.v1_0 ... .v1_0, 6, 5), .standard(.v1_1 ... .v1_5, 6, 5)]),
        Row(
            .groupModWatchUnsupported, "OFPGMFC_WATCH_UNSUPPORTED",
            [.envelope(.v1_0 ... .v1_0, 6, 6), .standard(.v1_1 ... .v1_5, 6, 6)]),
        Row(
            .groupModLoop, "OFPGMFC_LOOP",
            [.envelope(.v1_0 ... .v1_0, 6, 7), .standard(.v1_1 ... .v1_5, 6, 7)]),
        Row(
            .groupModUnknownGroup, "OFPGMFC_UNKNOWN_GROUP",
            [.envelope(.v1_0 ... .v1_0, 6, 8), .standard(.v1_1 ... .v1_5, 6, 8)]),
        Row(
            .groupModChainedGroup, "OFPGMFC_CHAINED_GROUP",
            [.envelope(.v1_0 ... .v1_0, 6, 9), .standard(.v1_2 ... .v1_5, 6, 9)]),
        Row(
            .groupModBadType, "OFPGMFC_BAD_TYPE",
            [.envelope(.v1_0 ... .v1_0, 6, 10), .standard(.v1_2 ... .v1_5, 6, 10)]),
        Row(
            .groupModBadCommand, "OFPGMFC_BAD_COMMAND",
            [.envelope(.v1_0 ... .v1_0, 6, 11), .standard(.v1_2 ... .v1_5, 6, 11)]),
        Row(
            .groupModBadBucket, "OFPGMFC_BAD_BUCKET",
            [.envelope(.v1_0 ... .v1_0, 6, 12), .standard(.v1_2 ... .v1_5, 6, 12)]),
        Row(
            .groupModBadWatch, "OFPGMFC_BAD_WATCH",
            [.envelope(.v1_0 ... .v1_0, 6, 13), .standard(.v1_2 ... .v1_5, 6, 13)]),
        Row(
            .groupModNotPermitted, "OFPGMFC_EPERM",
            [.envelope(.v1_0 ... .v1_0, 6, 14), .standard(.v1_2 ... .v1_5, 6, 14)]),
        Row(
            .groupModUnknownBucket, "OFPGMFC_UNKNOWN_BUCKET",
            [.envelope(.v1_0 ... .v1_0, 6, 15), .standard(.v1_5 ... .v1_5, 6, 15)]),
        Row(
            .groupModBucketExists, "OFPGMFC_BUCKET_EXISTS",
            [.envelope(.v1_0 ... .v1_0, 6, 16), .standard(.v1_5 ... .v1_5, 6, 16)]),
        Row(
            .portModBadPort, "OFPPMFC_BAD_PORT",
            [.standard(.v1_0 ... .v1_0, 4, 0), .standard(.v1_1 ... .v1_5, 7, 0)]),
        Row(
            .portModBadHardwareAddress, "OFPPMFC_BAD_HW_ADDR",
            [.standard(.v1_0 ... .v1_0, 4, 1), .standard(.v1_1 ... .v1_5, 7, 1)]),
        Row(.portModBadConfig, "OFPPMFC_BAD_CONFIG", [.standard(.v1_1 ... .v1_5, 7, 2)]),
        Row(.portModBadAdvertise, "OFPPMFC_BAD_ADVERTISE", [.standard(.v1_1 ... .v1_5, 7, 3)]),
        Row(.portModNotPermitted, "OFPPMFC_EPERM", [.standard(.v1_2 ... .v1_5, 7, 4)]),
        Row(.tableModBadTable, "OFPTMFC_BAD_TABLE", [.standard(.v1_1 ... .v1_5, 8, 0)]),
        Row(.tableModBadConfig, "OFPTMFC_BAD_CONFIG", [.standard(.v1_1 ... .v1_5, 8, 1)]),
        Row(.tableModNotPermitted, "OFPTMFC_EPERM", [.standard(.v1_2 ... .v1_5, 8, 2)]),
        Row(
            .queueOperationBadPort, "OFPQOFC_BAD_PORT",
            [.standard(.v1_0 ... .v1_0, 5, 0), .standard(.v1_1 ... .v1_5, 9, 0)]),
        Row(
            .queueOperationBadQueue, "OFPQOFC_BAD_QUEUE",
            [.standard(.v1_0 ... .v1_0, 5, 1), .standard(.v1_1 ... .v1_5, 9, 1)]),
        Row(
            .queueOperationNotPermitted, "OFPQOFC_EPERM",
            [.standard(.v1_0 ... .v1_0, 5, 2), .standard(.v1_1 ... .v1_5, 9, 2)]),
        Row(.queueOperationNiciraQueueError, "NXQOFC_QUEUE_ERROR", [.nicira(.v1_4 ... .v1_5, 23)]),
        Row(.switchConfigBadFlags, "OFPSCFC_BAD_FLAGS", [.standard(.v1_1 ... .v1_5, 10, 0)]),
        Row(.switchConfigBadLength, "OFPSCFC_BAD_LEN", [.standard(.v1_1 ... .v1_5, 10, 1)]),
        Row(.switchConfigNotPermitted, "OFPSCFC_EPERM", [.standard(.v1_2 ... .v1_5, 10, 2)]),
        Row(.roleRequestStale, "OFPRRFC_STALE", [.standard(.v1_2 ... .v1_5, 11, 0)]),
        Row(.roleRequestUnsupported, "OFPRRFC_UNSUP", [.standard(.v1_2 ... .v1_5, 11, 1)]),
        Row(
            .roleRequestBadRole, "OFPRRFC_BAD_ROLE",
            [.envelope(.v1_0 ... .v1_1, 1, 513), .standard(.v1_2 ... .v1_5, 11, 2)]),
        Row(.roleRequestIDUnsupported, "OFPRRFC_ID_UNSUP", [.standard(.v1_5 ... .v1_5, 11, 3)]),
        Row(.roleRequestIDInUse, "OFPRRFC_ID_IN_USE", [.standard(.v1_5 ... .v1_5, 11, 4)]),
        Row(.meterModUnknown, "OFPMMFC_UNKNOWN", [.standard(.v1_3 ... .v1_5, 12, 0)]),
        Row(.meterModMeterExists, "OFPMMFC_METER_EXISTS", [.standard(.v1_3 ... .v1_5, 12, 1)]),
        Row(.meterModInvalidMeter, "OFPMMFC_INVALID_METER", [.standard(.v1_3 ... .v1_5, 12, 2)]),
        Row(.meterModUnknownMeter, "OFPMMFC_UNKNOWN_METER", [.standard(.v1_3 ... .v1_5, 12, 3)]),
        Row(.meterModBadCommand, "OFPMMFC_BAD_COMMAND", [.standard(.v1_3 ... .v1_5, 12, 4)]),
        Row(.meterModBadFlags, "OFPMMFC_BAD_FLAGS", [.standard(.v1_3 ... .v1_5, 12, 5)]),
        Row(.meterModBadRate, "OFPMMFC_BAD_RATE", [.standard(.v1_3 ... .v1_5, 12, 6)]),
        Row(.meterModBadBurst, "OFPMMFC_BAD_BURST", [.standard(.v1_3 ... .v1_5, 12, 7)]),
        Row(.meterModBadBand, "OFPMMFC_BAD_BAND", [.standard(.v1_3 ... .v1_5, 12, 8)]),
        Row(.meterModBadBandValue, "OFPMMFC_BAD_BAND_VALUE", [.standard(.v1_3 ... .v1_5, 12, 9)]),
        Row(.meterModOutOfMeters, "OFPMMFC_OUT_OF_METERS", [.standard(.v1_3 ... .v1_5, 12, 10)]),
        Row(.meterModOutOfBands, "OFPMMFC_OUT_OF_BANDS", [.standard(.v1_3 ... .v1_5, 12, 11)]),
        Row(.tableFeaturesBadTable, "OFPTFFC_BAD_TABLE", [.standard(.v1_3 ... .v1_5, 13, 0)]),
        Row(.tableFeaturesBadMetadata, "OFPTFFC_BAD_METADATA", [.standard(.v1_3 ... .v1_5, 13, 1)]),
        Row(.tableFeaturesNotPermitted, "OFPTFFC_EPERM", [.standard(.v1_3 ... .v1_5, 13, 5)]),
        Row(.tableFeaturesBadCapabilities, "OFPTFFC_BAD_CAPA", [.standard(.v1_5 ... .v1_5, 13, 6)]),
        Row(.tableFeaturesBadMaximumEntries, "OFPTFFC_BAD_MAX_ENT", [.standard(.v1_5 ... .v1_5, 13, 7)]),
        Row(.tableFeaturesBadFeatures, "OFPTFFC_BAD_FEATURES", [.standard(.v1_5 ... .v1_5, 13, 8)]),
        Row(.tableFeaturesBadCommand, "OFPTFFC_BAD_COMMAND", [.standard(.v1_5 ... .v1_5, 13, 9)]),
        Row(.tableFeaturesTooMany, "OFPTFFC_TOO_MANY", [.standard(.v1_5 ... .v1_5, 13, 10)]),
        Row(.tableFeaturesNiciraDuplicateTable, "NXTFFC_DUP_TABLE", [.nicira(.v1_3 ... .v1_5, 44)]),
        Row(
            .propertyBadType, "OFPBPC_BAD_TYPE",
            [
                .envelope(.v1_0 ... .v1_1, 13, 2), .nicira(.v1_2 ... .v1_2, 25),
                .standard(.v1_3 ... .v1_3, 13, 2), .standard(.v1_4 ... .v1_5, 14, 0),
            ]),
        Row(
            .propertyBadLength, "OFPBPC_BAD_LEN",
            [
                .envelope(.v1_0 ... .v1_1, 13, 3), .nicira(.v1_2 ... .v1_2, 26),
                .standard(.v1_3 ... .v1_3, 13, 3), .standard(.v1_4 ... .v1_5, 14, 1),
            ]),
        Row(
            .propertyBadValue, "OFPBPC_BAD_VALUE",
            [
                .envelope(.v1_0 ... .v1_1, 13, 4), .nicira(.v1_2 ... .v1_2, 27),
                .standard(.v1_3 ... .v1_3, 13, 4), .standard(.v1_4 ... .v1_5, 14, 2),
            ]),
        Row(
            .propertyTooMany, "OFPBPC_TOO_MANY",
            [
                .envelope(.v1_0 ... .v1_1, 14, 3), .nicira(.v1_2 ... .v1_2, 28),
                .onf(.v1_3 ... .v1_3, 4443), .standard(.v1_4 ... .v1_5, 14, 3),
            ]),
        Row(
            .propertyDuplicateType, "OFPBPC_DUP_TYPE",
            [
                .envelope(.v1_0 ... .v1_1, 14, 4), .nicira(.v1_2 ... .v1_2, 29),
                .onf(.v1_3 ... .v1_3, 4444), .standard(.v1_4 ... .v1_5, 14, 4),
            ]),
        Row(
            .propertyBadExperimenter, "OFPBPC_BAD_EXPERIMENTER",
            [
                .envelope(.v1_0 ... .v1_1, 14, 5), .nicira(.v1_2 ... .v1_2, 30),
                .onf(.v1_3 ... .v1_3, 4445), .standard(.v1_4 ... .v1_5, 14, 5),
            ]),
        Row(
            .propertyBadExperimenterType, "OFPBPC_BAD_EXP_TYPE",
            [
                .envelope(.v1_0 ... .v1_1, 14, 6), .nicira(.v1_2 ... .v1_2, 31),
                .onf(.v1_3 ... .v1_3, 4446), .standard(.v1_4 ... .v1_5, 14, 6),
            ]),
        Row(
            .propertyBadExperimenterValue, "OFPBPC_BAD_EXP_VALUE",
            [
                .envelope(.v1_0 ... .v1_1, 14, 7), .nicira(.v1_2 ... .v1_2, 32),
                .onf(.v1_3 ... .v1_3, 4447), .standard(.v1_4 ... .v1_5, 14, 7),
            ]),
        Row(
            .propertyNotPermitted, "OFPBPC_EPERM",
            [
                .envelope(.v1_0 ... .v1_1, 14, 8), .nicira(.v1_2 ... .v1_2, 33),
                .onf(.v1_3 ... .v1_3, 4448), .standard(.v1_4 ... .v1_5, 14, 8),
            ]),
        Row(
            .asyncConfigInvalid, "OFPACFC_INVALID",
            [.onf(.v1_3 ... .v1_3, 2370), .standard(.v1_4 ... .v1_5, 15, 0)]),
        Row(
            .asyncConfigUnsupported, "OFPACFC_UNSUPPORTED",
            [.onf(.v1_3 ... .v1_3, 2371), .standard(.v1_4 ... .v1_5, 15, 1)]),
        Row(
            .asyncConfigNotPermitted, "OFPACFC_EPERM",
            [.onf(.v1_3 ... .v1_3, 2372), .standard(.v1_4 ... .v1_5, 15, 2)]),
        Row(
            .bundleUnknown, "OFPBFC_UNKNOWN",
            [.onf(.v1_3 ... .v1_3, 2300), .standard(.v1_4 ... .v1_5, 17, 0)]),
        Row(
            .bundleNotPermitted, "OFPBFC_EPERM",
            [.onf(.v1_3 ... .v1_3, 2301), .standard(.v1_4 ... .v1_5, 17, 1)]),
        Row(.bundleBadID, "OFPBFC_BAD_ID", [.onf(.v1_3 ... .v1_3, 2302), .standard(.v1_4 ... .v1_5, 17, 2)]),
        Row(
            .bundleExists, "OFPBFC_BUNDLE_EXIST",
            [.onf(.v1_3 ... .v1_3, 2303), .standard(.v1_4 ... .v1_5, 17, 3)]),
        Row(
            .bundleClosed, "OFPBFC_BUNDLE_CLOSED",
            [.onf(.v1_3 ... .v1_3, 2304), .standard(.v1_4 ... .v1_5, 17, 4)]),
        Row(
            .bundleOutOfBundles, "OFPBFC_OUT_OF_BUNDLES",
            [.onf(.v1_3 ... .v1_3, 2305), .standard(.v1_4 ... .v1_5, 17, 5)]),
        Row(
            .bundleBadType, "OFPBFC_BAD_TYPE",
            [.onf(.v1_3 ... .v1_3, 2306), .standard(.v1_4 ... .v1_5, 17, 6)]),
        Row(
            .bundleBadFlags, "OFPBFC_BAD_FLAGS",
            [.onf(.v1_3 ... .v1_3, 2307), .standard(.v1_4 ... .v1_5, 17, 7)]),
        Row(
            .bundleMessageBadLength, "OFPBFC_MSG_BAD_LEN",
            [.onf(.v1_3 ... .v1_3, 2308), .standard(.v1_4 ... .v1_5, 17, 8)]),
        Row(
            .bundleMessageBadTransactionID, "OFPBFC_MSG_BAD_XID",
            [.onf(.v1_3 ... .v1_3, 2309), .standard(.v1_4 ... .v1_5, 17, 9)]),
        Row(
            .bundleMessageUnsupported, "OFPBFC_MSG_UNSUP",
            [.onf(.v1_3 ... .v1_3, 2310), .standard(.v1_4 ... .v1_5, 17, 10)]),
        Row(
            .bundleMessageConflict, "OFPBFC_MSG_CONFLICT",
            [.onf(.v1_3 ... .v1_3, 2311), .standard(.v1_4 ... .v1_5, 17, 11)]),
        Row(
            .bundleMessageTooMany, "OFPBFC_MSG_TOO_MANY",
            [.onf(.v1_3 ... .v1_3, 2312), .standard(.v1_4 ... .v1_5, 17, 12)]),
        Row(
            .bundleMessageFailed, "OFPBFC_MSG_FAILED",
            [.onf(.v1_3 ... .v1_3, 2313), .standard(.v1_4 ... .v1_5, 17, 13)]),
        Row(
            .bundleTimeout, "OFPBFC_TIMEOUT",
            [.onf(.v1_3 ... .v1_3, 2314), .standard(.v1_4 ... .v1_5, 17, 14)]),
        Row(
            .bundleInProgress, "OFPBFC_BUNDLE_IN_PROGRESS",
            [.onf(.v1_3 ... .v1_3, 2315), .standard(.v1_4 ... .v1_5, 17, 15)]),
        Row(.bundleScheduleNotSupported, "OFPBFC_SCHED_NOT_SUPPORTED", [.standard(.v1_5 ... .v1_5, 17, 16)]),
        Row(.bundleScheduleFuture, "OFPBFC_SCHED_FUTURE", [.standard(.v1_5 ... .v1_5, 17, 17)]),
        Row(.bundleSchedulePast, "OFPBFC_SCHED_PAST", [.standard(.v1_5 ... .v1_5, 17, 18)]),
        Row(.bundleBadVersion, "OFPBFC_BAD_VERSION", [.nicira(.v1_4 ... .v1_5, 22)]),
        Row(.flowMonitorUnknown, "OFPMOFC_UNKNOWN", [.standard(.v1_4 ... .v1_5, 16, 0)]),
        Row(
            .flowMonitorExists, "OFPMOFC_MONITOR_EXISTS",
            [
                .envelope(.v1_0 ... .v1_1, 1, 517), .nicira(.v1_2 ... .v1_3, 6),
                .standard(.v1_4 ... .v1_5, 16, 1),
            ]),
        Row(.flowMonitorInvalidMonitor, "OFPMOFC_INVALID_MONITOR", [.standard(.v1_4 ... .v1_5, 16, 2)]),
        Row(
            .flowMonitorUnknownMonitor, "OFPMOFC_UNKNOWN_MONITOR",
            [
                .envelope(.v1_0 ... .v1_1, 1, 519), .nicira(.v1_2 ... .v1_3, 8),
                .standard(.v1_4 ... .v1_5, 16, 3),
            ]),
        Row(.flowMonitorBadCommand, "OFPMOFC_BAD_COMMAND", [.standard(.v1_4 ... .v1_5, 16, 4)]),
        Row(
            .flowMonitorBadFlags, "OFPMOFC_BAD_FLAGS",
            [
                .envelope(.v1_0 ... .v1_1, 1, 518), .nicira(.v1_2 ... .v1_3, 7),
                .standard(.v1_4 ... .v1_5, 16, 5),
            ]),
        Row(.flowMonitorBadTableID, "OFPMOFC_BAD_TABLE_ID", [.standard(.v1_4 ... .v1_5, 16, 6)]),
        Row(.flowMonitorBadOut, "OFPMOFC_BAD_OUT", [.standard(.v1_4 ... .v1_5, 16, 7)]),
        Row(
            .tlvTableBadCommand, "NXTTMFC_BAD_COMMAND",
            [.envelope(.v1_0 ... .v1_1, 1, 527), .nicira(.v1_2 ... .v1_5, 16)]),
        Row(
            .tlvTableBadOptionLength, "NXTTMFC_BAD_OPT_LEN",
            [.envelope(.v1_0 ... .v1_1, 1, 528), .nicira(.v1_2 ... .v1_5, 17)]),
        Row(
            .tlvTableBadFieldIndex, "NXTTMFC_BAD_FIELD_IDX",
            [.envelope(.v1_0 ... .v1_1, 1, 529), .nicira(.v1_2 ... .v1_5, 18)]),
        Row(
            .tlvTableFull, "NXTTMFC_TABLE_FULL",
            [.envelope(.v1_0 ... .v1_1, 1, 530), .nicira(.v1_2 ... .v1_5, 19)]),
        Row(
            .tlvTableAlreadyMapped, "NXTTMFC_ALREADY_MAPPED",
            [.envelope(.v1_0 ... .v1_1, 1, 531), .nicira(.v1_2 ... .v1_5, 20)]),
        Row(
            .tlvTableDuplicateEntry, "NXTTMFC_DUP_ENTRY",
            [.envelope(.v1_0 ... .v1_1, 1, 532), .nicira(.v1_2 ... .v1_5, 21)]),
        Row(
            .tlvTableInvalidTLVDelete, "NXTTMFC_INVALID_TLV_DEL",
            [.envelope(.v1_0 ... .v1_1, 1, 537), .nicira(.v1_2 ... .v1_5, 38)]),
        Row(
            .resumeNotSupported, "NXR_NOT_SUPPORTED",
            [.envelope(.v1_0 ... .v1_1, 1, 533), .nicira(.v1_2 ... .v1_5, 34)]),
        Row(.resumeStale, "NXR_STALE", [.envelope(.v1_0 ... .v1_1, 1, 534), .nicira(.v1_2 ... .v1_5, 35)]),
        Row(
            .statisticsNiciraNotConfigured, "NXST_NOT_CONFIGURED",
            [.envelope(.v1_0 ... .v1_1, 1, 535), .nicira(.v1_2 ... .v1_5, 36)]),
    ]
}
