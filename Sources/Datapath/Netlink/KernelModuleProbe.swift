internal import Glibc

/// Whether this host's kernel has a datapath that this process may use.
package enum KernelModuleProbe {
    /// What was found.
    package enum Result: Sendable, Equatable {
        /// The module is there and obeys.
        case usable
        /// It cannot be used; why, in one line.
        case unusable(String)
    }

    /// Asks the kernel for the openvswitch families, after having tried to load the module; then whether it would obey.
    ///
    /// Takes milliseconds, or what modprobe(8) takes where the module is not loaded. Changes nothing but that.
    package static func run(
        provider: any NetlinkProvider = KernelNetlink(), loadModule: () -> String? = Self.loadModule
    ) -> Result {
        do throws(NetlinkError) {
            return try self.tryCommand(provider)
        } catch {
            guard error.errno == ENOENT else {
                return .unusable("the kernel's generic netlink does not answer: \(error)")
            }
        }
        let failure = loadModule()
        do throws(NetlinkError) {
            return try self.tryCommand(provider)
        } catch {
            return .unusable("the kernel has no openvswitch module (\(failure ?? "modprobe openvswitch did not help"))")
        }
    }

    /// Changes a datapath that cannot exist: whether this process may is decided before whether there is one.
    private static func tryCommand(_ provider: any NetlinkProvider) throws(NetlinkError) -> Result {
        let client = try OpenVSwitchClient(provider)
        do throws(NetlinkError) {
            var header = client.header(.datapath, OpenVSwitch.Command.set.rawValue)
            header.datapathInterfaceIndex = 0
            try client.command(header) {
                $0.attribute(OpenVSwitch.DatapathAttribute.name.rawValue, zeroTerminated: "no/such")
                return true
            }
        } catch {
            guard error.errno == EPERM || error.errno == EACCES else { return .usable }
            return .unusable("this process may not change the kernel's datapaths (CAP_NET_ADMIN is missing)")
        }
        return .usable
    }

    /// Runs `modprobe -q openvswitch` without output; nil when it succeeded, else why not.
    package static func loadModule() -> String? {
        var actions = posix_spawn_file_actions_t()
        guard posix_spawn_file_actions_init(&actions) == 0 else { return "out of memory" }
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in Int32(0)...2 {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
        }
        var arguments: [UnsafeMutablePointer<CChar>?] = []
        for word in ["modprobe", "-q", "openvswitch"] { arguments.append(strdup(word)) }
        arguments.append(nil)
        defer { for argument in arguments { free(argument) } }
        var child: pid_t = 0
        var result = ENOENT
        for path in ["/sbin/modprobe", "/usr/sbin/modprobe"] where result != 0 {
            result = posix_spawn(&child, path, &actions, nil, arguments, environ)
        }
        guard result == 0 else { return "modprobe cannot be run" }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 {
            guard errno == EINTR else { return "modprobe was lost" }
        }
        return status == 0 ? nil : "modprobe openvswitch failed"
    }
}
