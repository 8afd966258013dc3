/// Limits of the agent, every one in one place.
package enum AgentLimits {}
