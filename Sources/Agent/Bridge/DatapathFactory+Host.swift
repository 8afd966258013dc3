import Datapath

extension DatapathFactory {
    /// The datapaths of this host.
    package static let host = DatapathFactory(
        kernelObstacle: {
            switch KernelModuleProbe.run() {
            case .usable: nil
            case .unusable(let why): why
            }
        },
        makeKernel: { (devices) throws(DatapathError) -> any DatapathBackend in
            let datapath = try NetlinkDatapath.open()
            do throws(DatapathError) {
                // Flows go on until tables are back, or are flushed by whoever does not wait for that.
                _ = try datapath.reconcile(keeping: devices, flushing: false)
            } catch {
                datapath.close(keep: datapath.isAdopted)
                throw error
            }
            return datapath
        },
        makeUserspace: { () throws(DatapathError) -> any DatapathBackend in try UserspaceDatapath() })
}
