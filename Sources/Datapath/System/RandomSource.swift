/// The system's random numbers, for seeds of hash tables and generators.
package enum RandomSource {
    /// 64 random bits.
    package static func seed() -> UInt64 { UInt64.random(in: .min ... .max) }
}
