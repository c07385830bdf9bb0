extension Settings.Limits {
    /// What a running daemon takes of limits that were read again. Those that buffers, tables and connections were made for stay as they
    /// are until the next start.
    /// - Returns: the limits that are in force then, and the keys of those that differ and wait for the next start.
    public func taking(_ read: Settings.Limits) -> (limits: Settings.Limits, waiting: [String]) {
        let limits = Settings.Limits(
            message: message,
            connections: read.connections,
            batch: batch,
            idle: idle,
            handshake: handshake,
            handshakes: read.handshakes,
            inFlight: read.inFlight,
            inFlightBytes: read.inFlightBytes,
            tenant: read.tenant,
            drain: read.drain,
            lockedMemory: lockedMemory
        )
        let fixed = [
            ("message", message == read.message), ("batch", batch == read.batch), ("idle", idle == read.idle),
            ("handshake", handshake == read.handshake), ("locked_memory", lockedMemory == read.lockedMemory),
        ]
        return (limits, fixed.filter { !$0.1 }.map { "limits.\($0.0)" })
    }
}
