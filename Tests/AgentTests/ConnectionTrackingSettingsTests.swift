import Datapath
import Logging
import Synchronization
import Testing

@testable import Agent

@Suite("Configured limits and time-outs of connections")
struct ConnectionTrackingSettingsTests {
    @Test("what is configured replaces what was there; what is not spoken of stays")
    func applied() throws {
        let datapath = ScriptedDatapath()
        datapath.state.withLock { $0.connectionLimits = [nil: 9, 3: 30, 7: 70] }
        let service = try DatapathService(backend: datapath, logger: Logger(label: "test"))
        try service.apply(ConnectionTrackingSettings())
        #expect(datapath.state.withLock { $0.connectionLimits } == [nil: 9, 3: 30, 7: 70])
        var settings = ConnectionTrackingSettings()
        settings.limits = [ConnectionLimit(zone: 7, limit: 5)]
        settings.timeouts = [ConnectionTimeoutPolicy(zone: 8, seconds: [.icmp: 4])]
        try service.apply(settings)
        #expect(datapath.state.withLock { $0.connectionLimits } == [nil: 0, 7: 5])
        #expect(datapath.state.withLock { $0.connectionTimeouts } == [8: settings.timeouts?.first])
        #expect(service.connectionTimeouts.contains(8))
    }

    @Test("a datapath that tracks no connections cannot have any")
    func unsupported() throws {
        let datapath = try UserspaceDatapath()
        defer { datapath.close(keep: false) }
        let service = try DatapathService(backend: datapath, logger: Logger(label: "test"))
        try service.apply(ConnectionTrackingSettings())
        var settings = ConnectionTrackingSettings()
        settings.limits = []
        #expect(throws: DatapathError.self) { try service.apply(settings) }
    }
}
