/// Where an agent's configuration comes from, so that it can be read again: a file, and the flags of the command line.
///
/// The flags mean the same each time: they win over the file, and their lists add to the file's.
package struct ConfigurationSource: Sendable {
    /// The file of `--config`; nil where there are only flags.
    package var path: String?
    /// What the flags said.
    package var flags: PartialConfiguration

    /// Names the sources; nothing is read.
    package init(path: String?, flags: PartialConfiguration) {
        self.path = path
        self.flags = flags
    }

    /// Reads the file as it is now, and makes a complete configuration of it and the flags.
    package func read() throws(ConfigurationErrors) -> AgentConfiguration {
        let file = try self.path.map { path throws(ConfigurationErrors) in try ConfigurationFile.load(path) }
        return try ConfigurationBuilder.build(file: file, flags: self.flags)
    }
}
