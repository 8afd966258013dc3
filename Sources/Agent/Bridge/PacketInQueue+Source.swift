extension PacketInQueue: PacketInSource {}
