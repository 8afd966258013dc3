/// A message of the protocol, without its header, in the newest version's terms.
public enum Message: Hashable, Sendable {
    /// The first message on a connection.
    case hello(Hello)
    /// A refusal.
    case error(ErrorMessage)
    /// Are you there? With bytes to send back.
    case echoRequest([UInt8])
    /// I am here; the request's bytes.
    case echoReply([UInt8])
    /// An experimenter's message that this module does not know further.
    case experimenter(Experimenter)
    /// One of Nicira's messages.
    case nicira(NiciraMessage)
    /// Asks what the switch is.
    case featuresRequest
    /// What the switch is.
    case featuresReply(SwitchFeatures)
    /// Asks for the configuration.
    case getConfigRequest
    /// The configuration.
    case getConfigReply(SwitchConfig)
    /// Changes the configuration.
    case setConfig(SwitchConfig)
    /// A packet for the controller.
    case packetIn(PacketIn)
    /// A flow went.
    case flowRemoved(FlowRemoved)
    /// A port came, went or changed.
    ///
    /// Kept apart, for it would make every message half as large again.
    indirect case portStatus(PortStatus)
    /// A packet from the controller.
    case packetOut(PacketOut)
    /// Changes flows.
    case flowMod(FlowMod)
    /// Changes groups.
    case groupMod(GroupMod)
    /// Changes a port.
    case portMod(PortMod)
    /// Changes a table.
    case tableMod(TableMod)
    /// Changes meters.
    case meterMod(MeterMod)
    /// Asks for statistics or descriptions.
    case multipartRequest(MultipartRequest)
    /// Statistics or descriptions.
    case multipartReply(MultipartReply)
    /// Asks to finish what came before.
    case barrierRequest
    /// What came before the request is finished.
    case barrierReply
    /// Asks for the queues of a port (1.3 and earlier).
    case queueGetConfigRequest(PortNumber)
    /// The queues of a port (1.3 and earlier).
    case queueGetConfigReply(QueueConfiguration)
    /// Asks for a role.
    case roleRequest(RoleMessage)
    /// The role.
    case roleReply(RoleMessage)
    /// Asks which asynchronous messages are sent (1.3 and later).
    case getAsyncRequest
    /// Which asynchronous messages are sent (1.3 and later).
    case getAsyncReply(AsyncConfig)
    /// Chooses which asynchronous messages are sent.
    case setAsync(AsyncConfig)
    /// The controller's role is another now (1.4 and later, ONF 1.3).
    case roleStatus(RoleStatus)
    /// A table's vacancy crossed a threshold (1.4 and later).
    case tableStatus(TableStatus)
    /// Another controller changed groups or meters (1.4 and later, ONF 1.3, Nicira below).
    indirect case requestForward(RequestForward)
    /// Opens, closes, commits or discards a bundle, or says so (1.4 and later, ONF 1.3).
    case bundleControl(BundleControl)
    /// Adds a message to a bundle (1.4 and later, ONF 1.3).
    indirect case bundleAdd(BundleAdd)
    /// A controller's status changed (1.5).
    case controllerStatus(ControllerStatus)
    /// Ends a flow monitor; from 1.4 on written as a multipart request, as which it is also read there.
    case flowMonitorCancel(FlowMonitorID)
    /// Flow updates pause; from 1.4 on written as an update, as which it is also read there.
    case flowMonitorPaused
    /// Flow updates go on; from 1.4 on written as an update, as which it is also read there.
    case flowMonitorResumed
}
