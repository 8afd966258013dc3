internal import NetworkTypes

extension ConnectionTrackingRequest {
    /// The action in the manner of ovs-dpctl(8).
    var text: String {
        var parts: [String] = []
        if self.commits { parts.append(self.forces ? "force_commit" : "commit") }
        if self.zone != 0 { parts.append("zone=\(self.zone)") }
        if self.markMask != 0 {
            parts.append("mark=0x\(String(self.mark, radix: 16))/0x\(String(self.markMask, radix: 16))")
        }
        if self.labelMask != 0 {
            parts.append("label=0x\(String(self.label, radix: 16))/0x\(String(self.labelMask, radix: 16))")
        }
        if !self.helper.isEmpty { parts.append("helper=\(self.helper)") }
        if !self.timeoutPolicy.isEmpty { parts.append("timeout=\(self.timeoutPolicy)") }
        if let translation = self.translation { parts.append(translation.text) }
        return parts.isEmpty ? "ct" : "ct(\(parts.joined(separator: ",")))"
    }
}

extension ConnectionTrackingRequest.Translation {
    fileprivate var text: String {
        guard self.direction != .existing else { return "nat" }
        var range = self.address(self.firstAddress)
        if self.lastAddress != 0 { range += "-\(self.address(self.lastAddress))" }
        if self.firstPort != 0 { range += ":\(self.firstPort)" }
        if self.lastPort != 0 { range += "-\(self.lastPort)" }
        return "nat(\(self.direction == .source ? "src" : "dst")\(range.isEmpty ? "" : "=\(range)"))"
    }

    private func address(_ value: UInt128) -> String {
        guard value != 0 else { return "" }
        return self.isIPv6
            ? "[\(IPv6Address(rawValue: value))]" : IPv4Address(rawValue: UInt32(truncatingIfNeeded: value)).description
    }
}
