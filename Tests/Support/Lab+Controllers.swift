import Foundation

// The controllers that live in an environment of their own: Faucet, Gauge and os-ken.
extension Lab {
    /// Starts `application` in os-ken in the switch's namespace, listening on `port` of 127.0.0.1.
    ///
    /// - Parameters:
    ///   - application: a module of the environment, or a file of Python.
    ///   - flags: further flags of os-ken.
    ///   - environment: variables for it.
    package func startOSKen(
        _ application: String, port: Int, flags: [String] = [], environment: [String: String] = [:]
    ) throws(LabError) -> ChildProcess {
        // Without a file of its own it looks for one of the system.
        let configuration = try self.write("", to: "os-ken.conf")
        var variables = environment
        variables["PYTHONUNBUFFERED"] = "1"
        variables["PYTHONWARNINGS"] = "ignore"
        let listen = ["--ofp-listen-host", "127.0.0.1", "--ofp-tcp-listen-port", "\(port)"]
        return try self.start(
            ["\(Repository.faucetPrograms)/python", "-m", "os_ken.cmd.manager", "--config-file", configuration]
                + listen + flags + [application], in: self.switchNamespace, environment: variables)
    }

    /// Writes a file into the lab's folder and returns its path.
    package func write(_ text: String, to name: String) throws(LabError) -> String {
        let path = "\(self.folder)/\(name)"
        do {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        } catch {
            throw .other("cannot write \(path): \(error)")
        }
        return path
    }
}
