import Datapath
import Testing

@testable import Agent

@Suite("Which devices have gone or come")
struct LinkRegistryTests {
    private typealias News = LinkRegistry.News

    private func present(_ index: UInt32, _ name: String) -> LinkEvent {
        .present(LinkEvent.LinkState(index: index, name: name, flags: 1))
    }

    @Test("a device comes, changes, goes and comes back")
    func lifeOfADevice() {
        var registry = LinkRegistry()
        #expect(registry.note(self.present(5, "eth1")) == [News(device: "eth1", isGone: false)])
        #expect(registry.note(self.present(5, "eth1")) == [News(device: "eth1", isGone: false)])
        #expect(registry.note(.removed(index: 5, name: "eth1")) == [News(device: "eth1", isGone: true)])
        #expect(registry.note(self.present(9, "eth1")) == [News(device: "eth1", isGone: false)])
    }

    @Test("a device that is renamed is gone under its old name")
    func renamed() {
        var registry = LinkRegistry()
        _ = registry.note(self.present(5, "eth1"))
        #expect(
            registry.note(self.present(5, "other"))
                == [News(device: "eth1", isGone: true), News(device: "other", isGone: false)])
        #expect(
            registry.note(self.present(5, "eth1"))
                == [News(device: "other", isGone: true), News(device: "eth1", isGone: false)])
    }

    @Test("another device of the same name is another device, even where nothing was told of the first one's end")
    func replaced() {
        var registry = LinkRegistry()
        _ = registry.note(self.present(5, "eth1"))
        #expect(registry.note(self.present(8, "eth1")) == [News(device: "eth1", isGone: true)])
        // The end of the first is told late.
        #expect(registry.note(.removed(index: 5, name: "eth1")) == [News(device: "eth1", isGone: true)])
        #expect(registry.note(self.present(8, "eth1")) == [News(device: "eth1", isGone: false)])
    }

    @Test("after messages were lost, whatever is not told of again is gone; what is another device is found out")
    func overrun() {
        var registry = LinkRegistry()
        for (index, name) in [(5, "eth1"), (6, "eth2"), (7, "eth3")] as [(UInt32, String)] {
            _ = registry.note(self.present(index, name))
        }
        #expect(registry.note(.overrun) == [])
        #expect(registry.note(self.present(5, "eth1")) == [News(device: "eth1", isGone: false)])
        #expect(registry.note(self.present(17, "eth3")) == [News(device: "eth3", isGone: true)])
        #expect(registry.confirm() == [News(device: "eth2", isGone: true)])
        #expect(registry.confirm() == [])
    }
}
