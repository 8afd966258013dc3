/// A socket to the kernel, or something that plays it.
///
/// One thread at a time sends and receives; ``wake()`` may be called by any.
package protocol NetlinkTransport: AnyObject, Sendable {
    /// The socket's address, by which the kernel names it (`nl_pid`).
    var portID: UInt32 { get }
    /// Sends one datagram of one or more messages.
    func send(_ datagram: UnsafeRawBufferPointer) throws(NetlinkError)
    /// Receives datagrams, at most `maximum` and the slab's slots, waiting for the first for `timeoutMilliseconds`
    /// (nil: without end).
    ///
    /// Returns how many came; 0 after the time-out or a ``wake()``. ENOBUFS where the kernel had to drop some.
    func receive(
        into slab: inout DatagramSlab, maximum: Int, timeoutMilliseconds: Int?
    ) throws(NetlinkError) -> Int
    /// Makes a waiting, or the next, `receive` that would wait return 0 at once.
    func wake()
}

/// Where sockets come from: the kernel, or something that plays it in tests.
///
/// Callable from any thread.
package protocol NetlinkProvider: Sendable {
    /// Opens a socket with a receive buffer of at least so many bytes where the system allows it.
    func open(receiveBufferBytes: Int) throws(NetlinkError) -> any NetlinkTransport
    /// The number of a generic netlink family; ENOENT where the kernel does not have it.
    func resolve(_ family: OpenVSwitch.Family) throws(NetlinkError) -> UInt16
}
