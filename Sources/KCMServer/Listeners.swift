internal import NIOConcurrencyHelpers
internal import NIOCore

/// The listening sockets of a server.
final class Listeners: Sendable {
    private let channels = NIOLockedValueBox<[any Channel]>([])

    func add(_ channel: any Channel) { channels.withLockedValue { $0.append(channel) } }

    func takeAll() -> [any Channel] {
        channels.withLockedValue { channels in
            defer { channels = [] }
            return channels
        }
    }
}
