/// The version of the program.
package enum AgentVersion {
    /// As `sluice --version` and DESC statistics say it.
    package static let current = "0.1.0"
}
