import Datapath

/// The commands about what datapaths can do: `show-datapath-features`, `set-datapath-feature`.
enum DatapathFeatureReport {
    /// What was found of the datapaths of bridges, and what of it is turned off.
    static func show(_ bridges: [ControlContext.Bridge]) -> String {
        var text = ""
        var services: Set<ObjectIdentifier> = []
        for bridge in bridges where services.insert(ObjectIdentifier(bridge.service)).inserted {
            text += "Datapath \(bridge.service.backend.name):\n"
            let features = bridge.service.features
            let current = features.current.capabilities
            for feature in DatapathFeature.allCases {
                text += "  \(feature.rawValue): \(feature.text(current[feature]))"
                if current[feature] != features.probed[feature] { text += " (found: \(features.text(feature)))" }
                text += feature.isFixed ? ", fixed\n" : "\n"
            }
        }
        return text
    }

    /// Turns a feature of a bridge's datapath off, or on again.
    static func set(_ bridge: ControlContext.Bridge, _ name: String, _ text: String) throws(ControlError) -> String {
        guard let feature = DatapathFeature(rawValue: name) else {
            let names = DatapathFeature.allCases.map(\.rawValue).joined(separator: ", ")
            throw ControlError("\(name): not a feature, which are \(names)")
        }
        guard let value = feature.value(text) else {
            throw ControlError("\(name): expected \(feature.isNumber ? "a number" : "yes or no"), not \(text)")
        }
        do throws(DatapathError) {
            try bridge.service.set(feature, to: value)
            return ""
        } catch {
            throw ControlError("\(error)")
        }
    }
}
