import Datapath

extension DatapathFactory {
    /// The datapaths of this host.
    package static let host = DatapathFactory(
        kernelObstacle: { "not built" },
        makeKernel: { () throws(DatapathError) -> any DatapathBackend in
            throw DatapathError(.unsupported, operation: "open the kernel datapath")
        },
        makeUserspace: { () throws(DatapathError) -> any DatapathBackend in
            throw DatapathError(.unsupported, operation: "open the embedded datapath")
        })
}
