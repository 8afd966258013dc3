import Datapath

/// Which network device has which name, as the kernel has told so far: finds out which devices have gone or come.
///
/// A value without I/O; a device that is another one under the same name has been gone, whatever was told of that.
struct LinkRegistry {
    /// What is known of a device's name.
    struct News: Hashable {
        /// The name.
        var device: String
        /// Whether the device that had the name is gone; another may have it.
        var isGone: Bool
    }

    private var names: [UInt32: String] = [:]
    private var indices: [String: UInt32] = [:]
    /// The devices that were known when messages were lost, and have not been told of since.
    private var unconfirmed: Set<String> = []

    /// Takes in what the kernel says; returns what follows for devices, in order.
    mutating func note(_ event: LinkEvent) -> [News] {
        switch event {
        case .present(let state):
            var news: [News] = []
            if let former = self.names[state.index], former != state.name {
                if self.indices[former] == state.index { self.indices[former] = nil }
                self.unconfirmed.remove(former)
                news.append(News(device: former, isGone: true))
            }
            let isOther = self.indices[state.name].map { $0 != state.index } ?? false
            if isOther, let former = self.indices[state.name], self.names[former] == state.name {
                self.names[former] = nil
            }
            self.names[state.index] = state.name
            self.indices[state.name] = state.index
            self.unconfirmed.remove(state.name)
            return news + [News(device: state.name, isGone: isOther)]
        case .removed(let index, let name):
            // The name may be that of a newer device already.
            if self.indices[name] == index { self.indices[name] = nil }
            if let known = self.names.removeValue(forKey: index), known != name, self.indices[known] == index {
                self.indices[known] = nil
            }
            self.unconfirmed.remove(name)
            return [News(device: name, isGone: true)]
        case .overrun:
            self.unconfirmed = Set(self.indices.keys)
            return []
        case .allPresent: return []
        }
    }

    /// Every device has been told of anew since messages were lost: returns those that are not there any longer.
    mutating func confirm() -> [News] {
        let gone = self.unconfirmed.sorted()
        self.unconfirmed = []
        for name in gone {
            if let index = self.indices.removeValue(forKey: name) { self.names[index] = nil }
        }
        return gone.map { News(device: $0, isGone: true) }
    }
}
