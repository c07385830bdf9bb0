import KCMCore
import KCMEdge
import KCMEngine
import KCMStore
import KMIP
import NIOCore
import Testing

/// How much of the store each operation reads and writes: as much with a thousand keys as with ten.
@Suite struct StoreCallTests {
    /// A world with some keys of one tenant, whose store is counted.
    private struct Stock {
        let world: World
        let store: CountingStore
        let keys: [String]

        /// - Parameter count: of Active AES keys named `k0`, `k1` …, all of the group `all`, each of a group of its own; and three that are
        ///   Compromised.
        init(_ count: Int) async throws {
            var counting: CountingStore?
            let world = try World.atEdge { store in
                let made = CountingStore(store)
                counting = made
                return made
            }
            guard let counting else { throw Unexpected() }
            var keys: [String] = []
            for number in 0..<count {
                let attributes = [
                    Attribute(.activationDate, .dateTime(1000)), Attribute(.objectGroup, .text("all")), Attribute(Stock.own, .text("\(number)")),
                ]
                let made: CreateResponse = try await world.ask(World.create("k\(number)", attributes: attributes))
                keys.append(made.uniqueIdentifier)
            }
            for key in keys.suffix(3) {
                _ = try await world.ask(RevokeRequest(uniqueIdentifier: key, revocationReason: World.revoke), as: RevokeResponse.self)
            }
            self.world = world
            self.keys = keys
            store = counting
        }

        static let own = AttributeName(rawValue: "x-own")

        /// What a request costs when nothing is in memory but the index's directory.
        func cost(_ payload: any RequestPayload) async throws -> CountingStore.Counts {
            world.engine.repository.forget(tenant: "acme")
            return try await store.counts {
                let reason = try await world.reason(payload)
                #expect(reason == nil)
            }
        }

        func locate(_ attributes: [Attribute], maximum: Int32? = nil) async throws -> (found: [String], cost: CountingStore.Counts) {
            world.engine.repository.forget(tenant: "acme")
            var found: [String] = []
            let cost = try await store.counts {
                let answer: LocateResponse = try await world.ask(LocateRequest(maximumItems: maximum, attributes: attributes), version: .v1_2)
                found = answer.uniqueIdentifiers
            }
            return (found, cost)
        }
    }

    private static let state = Attribute(.state, .enumeration(State.active.rawValue))
    private static let compromised = Attribute(.state, .enumeration(State.compromised.rawValue))
    private static let algorithm = Attribute(.cryptographicAlgorithm, .enumeration(CryptographicAlgorithm.aes.rawValue))
    private static let all = Attribute(.objectGroup, .text("all"))

    @Test func operationsByIdentifierCostTheSameHoweverManyKeysThereAre() async throws {
        var costs: [[CountingStore.Counts]] = []
        for count in [10, 1000] {
            let stock = try await Stock(count)
            let key = stock.keys[4]
            // The first of a class stores the class as well.
            _ = try await stock.cost(World.create("the first that is not Active"))
            _ = try await stock.cost(GetRequest(uniqueIdentifier: key))
            let get = try await stock.cost(GetRequest(uniqueIdentifier: key))
            #expect(get.reads == 1 && get.commits == 0, "the records of an object are read at once")
            let cached = try await stock.store.counts { _ = try await stock.world.reason(GetRequest(uniqueIdentifier: key)) }
            #expect(cached == CountingStore.Counts())
            costs.append([
                get,
                try await stock.cost(GetAttributesRequest(uniqueIdentifier: key, attributeNames: [])),
                try await stock.cost(AddAttributeRequest(uniqueIdentifier: key, attribute: Attribute(AttributeName(rawValue: "x-new"), .text("n")))),
                try await stock.cost(ReKeyRequest(uniqueIdentifier: key)),
                try await stock.cost(RevokeRequest(uniqueIdentifier: key, revocationReason: World.revoke)),
                try await stock.cost(DestroyRequest(uniqueIdentifier: key)),
                try await stock.cost(World.create("another")),
            ])
        }
        #expect(costs[0] == costs[1])
        for cost in costs[1] { #expect(cost.reads <= 4 && cost.commits <= 1 && cost.writes <= 20 && cost.surveys == 0) }
        #expect(costs[1][6].reads == 0 && costs[1][6].writes <= 5, "two records, the name, and the index: name and class")
    }

    @Test func locateCostsTheSameHoweverManyKeysThereAre() async throws {
        var costs: [[CountingStore.Counts]] = []
        for count in [100, 1000] {
            let stock = try await Stock(count)
            func cost(_ attributes: [Attribute], finds expected: [String], maximum: Int32? = nil) async throws -> CountingStore.Counts {
                let (found, cost) = try await stock.locate(attributes, maximum: maximum)
                #expect(Set(found) == Set(expected) && found == found.sorted())
                return cost
            }
            let name = Attribute(.name, Name("k7").attributeValue)
            let own = Attribute(Stock.own, .text("7"))
            let key = [stock.keys[7]]
            let rare = Array(stock.keys.suffix(3))
            // Identifiers are random, so that what leaping lists have in a page is, too: those are held to a bound below.
            costs.append([
                try await cost([name], finds: key),
                try await cost([name, Self.state, Self.algorithm], finds: key),
                try await cost([own], finds: key),
                try await cost([Self.all, own, Self.state, Self.algorithm], finds: key),
                try await cost([Self.compromised], finds: rare),
                try await cost([Self.compromised, Self.algorithm], finds: rare),
                try await cost([Attribute(.cryptographicAlgorithm, .enumeration(CryptographicAlgorithm.rsa.rawValue))], finds: []),
                try await cost([Self.state, Attribute(.objectGroup, .text("none"))], finds: []),
                try await cost([Attribute(.uniqueIdentifier, .text(key[0])), Self.state], finds: key),
            ])
            #expect(costs[costs.count - 1].allSatisfy { $0.reads <= 6 && $0.commits == 0 && $0.surveys == 0 })
            let both = try await cost([Self.all, Self.compromised], finds: rare)
            #expect(both.reads <= 16, "the long list is leapt through")
            let first = try await stock.locate([Self.state, Self.algorithm], maximum: 5)
            #expect(first.found.count == 5 && first.cost.reads <= 8, "stops at Maximum Items")
        }
        #expect(costs[0] == costs[1])
        #expect(costs[1][0].reads == 2, "the name and the object")
        #expect(costs[1][6].reads == 0, "no object is of such a class")
    }

    @Test func whatADaemonReadsFirstDoesNotGrow() async throws {
        var costs: [CountingStore.Counts] = []
        for count in [10, 1000] {
            let stock = try await Stock(count)
            let again = try stock.world.restartedAtEdge { _ in stock.store }
            let context = OperationContext(tenant: "acme", version: .v1_4, now: 2000, placeholder: nil, level: .l4)
            costs.append(
                try await stock.store.counts {
                    let (had, never) = (
                        try await again.engine.hasEverHad(name: "k1", in: context), try await again.engine.hasEverHad(name: "never", in: context)
                    )
                    #expect(had && !never)
                    let found: LocateResponse = try await again.ask(LocateRequest(attributes: [Self.compromised]))
                    #expect(found.uniqueIdentifiers.count == 3)
                }
            )
        }
        #expect(costs[0] == costs[1] && costs[0].reads <= 16 && costs[0].surveys == 0)
    }

    @Test func provisioningAsksNoMoreThanTwoKeys() async throws {
        var counting: CountingStore?
        let world = try World.atCore(wrap: { store in
            let made = CountingStore(store)
            counting = made
            return made
        })
        guard let counting else { throw Unexpected() }
        let wanted = Provisioning.Key(tenant: "acme", name: "edge-sealing")
        let made = try await Provisioning.ensure(wanted, in: world.engine, now: 2000)
        let key = try #require(made)
        func again() async throws -> CountingStore.Counts {
            try await counting.counts {
                let made = try await Provisioning.ensure(wanted, in: world.engine, now: 2000)
                #expect(made == nil)
            }
        }
        let held = try await again()
        #expect(held.reads == 1 && held.commits == 0)
        _ = try await world.ask(RevokeRequest(uniqueIdentifier: key, revocationReason: World.revoke), from: World.admin, as: RevokeResponse.self)
        _ = try await world.ask(DestroyRequest(uniqueIdentifier: key), from: World.admin, as: DestroyResponse.self)
        let after = try await again()
        #expect(after.reads == 2 && after.commits == 0)
        // A name that was taken away is remembered as well.
        let other: CreateResponse = try await world.ask(World.create("renamed"), from: World.admin)
        let unname = DeleteAttributeRequest(uniqueIdentifier: other.uniqueIdentifier, attributeName: "Name")
        _ = try await world.ask(unname, from: World.admin, as: DeleteAttributeResponse.self)
        #expect(try await Provisioning.ensure(.init(tenant: "acme", name: "renamed"), in: world.engine, now: 2000) == nil)
    }
}
