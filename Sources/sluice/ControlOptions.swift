import Agent
import ArgumentParser

/// What commands that ask a running agent have in common.
struct ControlOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The agent's run directory.", valueName: "dir"))
    var runDir = "/run/sluice"

    /// Asks the agent and prints its answer.
    func ask(_ words: [String]) throws {
        do throws(AgentError) {
            print(try ControlClient.ask(words, runDirectory: self.runDir), terminator: "")
        } catch {
            AgentProgram.report(error.message)
            throw ExitCode(error.code.exitStatus)
        }
    }
}
