package import NIOCore

/// The requests of one connection, in turn, out of a list that all connections share.
package struct RequestSequence: Sendable {
    private let frames: [ByteBuffer]
    private var position: Int
    private let step: Int
    private let isEndless: Bool

    /// Goes round and round, each connection from another place on.
    /// - Parameter frames: whole request messages, at least one.
    package static func around(_ frames: [ByteBuffer], connection: Int, of connections: Int) -> RequestSequence {
        RequestSequence(frames: frames, position: frames.count * connection / max(connections, 1), step: 1, isEndless: !frames.isEmpty)
    }

    /// Every request once, by one of the connections: for what can be done to an object once.
    package static func once(_ frames: [ByteBuffer], connection: Int, of connections: Int) -> RequestSequence {
        RequestSequence(frames: frames, position: connection, step: connections, isEndless: false)
    }

    /// The next request; `nil` where all were sent.
    package mutating func next() -> ByteBuffer? {
        if position >= frames.count {
            guard isEndless else { return nil }
            position = 0
        }
        defer { position += step }
        return frames[position]
    }
}
