import Datapath
import Logging

extension Bridge {
    /// Sets the queues of a port's device, and returns those that it came to have.
    ///
    /// A device or kernel that does not allow them leaves the port without: that is said, and no reason to do without
    /// the port.
    func setQueues(of port: BridgeSettings.Port) -> [DeviceQueue] {
        guard !port.queues.isEmpty else { return [] }
        do throws(DatapathError) {
            try QueueDiscipline.set(port.queues, of: port.device)
            return port.queues
        } catch {
            self.warn("port \(port.device) of bridge \(self.settings.name) has no queues: \(error)")
            return []
        }
    }
}
