import Datapath
import OpenFlow
import Testing

@testable import Agent

@Suite("What a datapath can do, and what of it is used")
struct DatapathFeatureTests {
    @Test("a feature is turned off and on again, up to what was found; the rest is refused")
    func values() throws {
        var probed = DatapathCapabilities()
        (probed.mplsDepth, probed.recirculation, probed.sampleNesting) = (3, true, 2)
        let features = DatapathFeatureSet(probed: probed)
        #expect(features.current.generation == 0)
        try features.set(.mplsDepth, to: 2)
        try features.set(.mplsDepth, to: 2)
        #expect(features.current.capabilities.mplsDepth == 2 && features.current.generation == 1)
        try features.set(.recirculation, to: 0)
        #expect(!features.current.capabilities.recirculation)
        try features.set(.recirculation, to: 1)
        try features.set(.mplsDepth, to: 3)
        #expect(features.current.capabilities == probed && features.current.generation == 4)
        for (feature, value) in [(.mplsDepth, 4), (.mplsDepth, 0), (.clone, 1), (.vlanDepth, 0), (.sampleNesting, 3)]
            as [(DatapathFeature, Int)]
        { #expect(throws: DatapathError.self, "\(feature)") { try features.set(feature, to: value) } }
        #expect(features.current.generation == 4)
    }

    @Test(
        "each feature is one of the capabilities, with a name and words for its values",
        arguments: DatapathFeature.allCases)
    func names(feature: DatapathFeature) {
        var capabilities = DatapathCapabilities()
        let before = capabilities[feature]
        capabilities[feature] = before + 1
        #expect(capabilities[feature] == before + 1)
        for other in DatapathFeature.allCases where other != feature {
            #expect(capabilities[other] == DatapathCapabilities()[other])
        }
        #expect(feature.value(feature.text(before + 1)) == before + 1)
        #expect(feature.value("perhaps") == nil && feature.value("") == nil)
    }

    @Test("megaflows follow a feature that is turned off, and turned on again")
    func revalidation() throws {
        var tracking = ConnectionTracking()
        tracking.recirculationTable = TableID(rawValue: 4)
        let action = Action.connectionTracking(tracking)
        let fixture = try UpcallFixture { $0.add(actions: [output(2), action]) }
        fixture.miss()
        let whole = try #require(fixture.datapath.flows.first?.actions)
        #expect(whole.count == 3)
        try fixture.service.set(.recirculation, to: 0)
        #expect(fixture.service.revalidateOnce(now: UpcallFixture.start).repaired == 1)
        let less = try #require(fixture.datapath.flows.first?.actions)
        #expect(less.count == 2 && less.first == out(2))
        // Once is enough.
        #expect(fixture.service.revalidateOnce(now: UpcallFixture.start).examined == 0)
        try fixture.service.set(.recirculation, to: 1)
        #expect(fixture.service.revalidateOnce(now: UpcallFixture.start).repaired == 1)
        #expect(fixture.datapath.flows.first?.actions == whole)
        // What is made from now on follows what holds now.
        #expect(fixture.service.flows.flows { _ in true }.map(\.features) == [2])
    }
}
