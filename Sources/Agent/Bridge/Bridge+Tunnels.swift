import Datapath
import OpenFlow

extension Bridge {
    /// Adds a tunnel; its device is the datapath's, and shared.
    func addTunnel(_ port: BridgeSettings.Port, _ settings: TunnelSettings) throws(AgentError) {
        let made: (index: PortIndex, endpoint: TunnelEndpoint)
        do throws(DatapathError) {
            made = try self.datapath.makeTunnel(settings)
        } catch {
            if error.code == .unsupported {
                throw AgentError(
                    .unsupported,
                    "port \(port.device) of bridge \(self.settings.name): "
                        + "tunnels other than geneve need the kernel datapath (\(error))")
            }
            throw Self.agentError(error, device: port.device, bridge: self.settings.name)
        }
        var description = PortDescription(name: port.device)
        description.hardwareAddress = StableAddress.address(patchPort: port.device, hostIdentity: self.hostIdentity)
        description.state = [.live]
        do throws(AgentError) {
            try self.addToSwitch(
                description, index: made.index, requested: port.number, vlans: port.vlans, tunnel: made.endpoint)
        } catch {
            try? self.datapath.removePort(made.index)
            throw error
        }
    }
}
