import Datapath
import OpenFlow

// Copies of the packet: what is done to one must not show in what comes after it.
extension Translator {
    /// What a copy must not change for what comes after it.
    struct PacketCopyState {
        fileprivate let key: FlowKey
        fileprivate let constant: FlowMask
        fileprivate let pending: FlowMask
        fileprivate let tags: VLANStack
        fileprivate let actionSet: ActionSet
        fileprivate let stack: [UInt128]
        fileprivate let hasExited: Bool

        /// The packet as it is.
        init(_ translator: borrowing Translator) {
            self.key = translator.key
            self.constant = translator.constant
            self.pending = translator.pending
            self.tags = translator.tags
            self.actionSet = translator.actionSet
            self.stack = translator.stack
            self.hasExited = translator.hasExited
        }
    }

    /// Makes the packet what it was: what the datapath has been told to rewrite since is pending again, and only sent
    /// if the packet goes on.
    mutating func restoreCopy(_ state: PacketCopyState) {
        self.key = state.key
        self.constant = state.constant
        self.tags = state.tags
        self.actionSet = state.actionSet
        self.stack = state.stack
        self.hasExited = state.hasExited
        for word in 0..<FlowKey.wordCount {
            let known = self.constant.words[word] | self.result.mask.words[word]
            let rewritten = self.rewritten.words[word]
            let differs = ~known | (self.rewrittenKey.words[word] ^ self.key.words[word])
            self.pending.words[word] = state.pending.words[word] & ~rewritten | rewritten & differs
        }
    }
}
