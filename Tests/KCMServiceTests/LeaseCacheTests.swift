import KCMEdge
import KCMEngine
import KCMService
import KCMStore
import KMIP
import NIOCore
import Synchronization
import Testing

/// Nothing that was opened with a sealing key outlives the lease of it.
@Suite struct LeaseCacheTests {
    /// A real Core's service in place of the connection to it, which can be cut.
    private final class NearCore: CoreService {
        let world: World
        let isAway = Atomic(false)

        init(_ world: World) { self.world = world }

        func send(_ frame: ByteBuffer, clientChain: [[UInt8]]?, tenant: String?, traceparent: String) async throws(CoreFailure) -> ByteBuffer {
            guard !isAway.load(ordering: .relaxed) else { throw CoreFailure(.unreachable, "cut") }
            let exchange = Exchange(frame: frame, traceparent: traceparent, propagatedChain: clientChain, actingTenant: tenant)
            return await world.answer(exchange, from: World.edge).frame
        }
    }

    private struct Edge {
        let world: World
        let keyring: LeasedKeyring
        let core: NearCore
        /// The L3 key at Core.
        let coreKey: String
        var repository: ObjectRepository { world.engine.repository }
    }

    /// An Edge with three opened objects.
    private func edge(lease: Int64) async throws -> Edge {
        let core = NearCore(try World.atCore())
        let coreKey = try await core.world.key("edge-sealing", from: World.admin)
        var made: LeasedKeyring?
        let world = try World.atEdge { store, _ in
            let keyring = LeasedKeyring(store: store, core: core, keyName: "edge-sealing", lease: lease)
            made = keyring
            return (store, keyring)
        }
        let keyring = try #require(made)
        let repository = world.engine.repository
        keyring.setClosedHandler { repository.forget(tenant: $0) }
        for number in 0..<3 { _ = try await world.key("k\(number)") }
        if lease > 60_000_000_000 { #expect(repository.cacheStatistics.entries == 3, "nothing is kept, so nothing can go") }
        return Edge(world: world, keyring: keyring, core: core, coreKey: coreKey)
    }

    @Test func everythingGoesWhenCoreRefuses() async throws {
        let edge = try await edge(lease: 3_600_000_000_000)
        await edge.keyring.renewLeases()
        #expect(edge.repository.cacheStatistics.entries == 3)
        let revoke = RevokeRequest(uniqueIdentifier: edge.coreKey, revocationReason: World.revoke)
        #expect(try await edge.core.world.reason(revoke, from: World.admin) == nil)
        await edge.keyring.renewLeases()
        #expect(edge.repository.cacheStatistics.entries == 0)
        #expect(edge.repository.cacheStatistics.bytes == 0)
    }

    @Test func everythingGoesWhenTheLeaseEnds() async throws {
        // On a busy machine the first ones may end before there is anything to go.
        for lease: Int64 in [400_000_000, 4_000_000_000, 20_000_000_000] {
            let edge = try await edge(lease: lease)
            guard edge.repository.cacheStatistics.entries == 3 else { continue }
            edge.core.isAway.store(true, ordering: .relaxed)
            await edge.keyring.renewLeases()
            try await Task.sleep(nanoseconds: UInt64(lease) + 50_000_000)
            await edge.keyring.renewLeases()
            #expect(edge.repository.cacheStatistics.entries == 0)
            #expect(try await edge.world.reason(World.create("late")) == .generalFailure)
            return
        }
        Issue.record("nothing was kept for as long as a lease")
    }
}
