import KCMService
import Testing

@Suite struct LoadGateTests {
    /// Lets expectations call what changes the value.
    private final class Gate {
        private var gate: LoadGate
        init(_ gate: LoadGate) { self.gate = gate }
        var all: LoadGate.Held { gate.all }
        func enter(tenant: String, bytes: Int) -> LoadRefusal? { gate.enter(tenant: tenant, bytes: bytes) }
        func leave(tenant: String, bytes: Int) { gate.leave(tenant: tenant, bytes: bytes) }
        func hold(tenant: String, bytes: Int, beside counted: Int) -> LoadRefusal? {
            gate.hold(tenant: tenant, bytes: bytes, beside: counted)
        }
        func release(tenant: String, bytes: Int) { gate.release(tenant: tenant, bytes: bytes) }
        func held(by tenant: String) -> LoadGate.Held { gate.held(by: tenant) }
    }

    private func gate(_ requests: Int, bytes: Int = 0, tenantBytes: Int = 0) -> Gate {
        Gate(LoadGate(.init(requests: requests, bytes: bytes, tenantBytes: tenantBytes)))
    }

    @Test func whatIsBeyondTheLimitIsRefusedUntilOneLeaves() {
        let gate = gate(2)
        #expect(gate.enter(tenant: "acme", bytes: 1) == nil)
        #expect(gate.enter(tenant: "acme", bytes: 1) == nil)
        #expect(gate.enter(tenant: "acme", bytes: 1) == .requests)
        #expect(gate.all == LoadGate.Held(requests: 2, bytes: 2))
        gate.leave(tenant: "acme", bytes: 1)
        #expect(gate.enter(tenant: "acme", bytes: 1) == nil)
    }

    @Test func bytesCount() {
        let gate = gate(0, bytes: 700)
        #expect(gate.enter(tenant: "acme", bytes: 600) == nil)
        #expect(gate.enter(tenant: "acme", bytes: 600) == .bytes)
        #expect(gate.enter(tenant: "acme", bytes: 10) == nil)
        gate.leave(tenant: "acme", bytes: 600)
        #expect(gate.enter(tenant: "acme", bytes: 600) == nil)
    }

    @Test func nothingIsTooLargeForAnEmptyGate() {
        let gate = gate(8, bytes: 100, tenantBytes: 50)
        #expect(gate.enter(tenant: "acme", bytes: 5_000) == nil)
        #expect(gate.enter(tenant: "acme", bytes: 1) == .tenantBytes)
        #expect(gate.enter(tenant: "globex", bytes: 1) == .bytes)
        gate.leave(tenant: "acme", bytes: 5_000)
        #expect(gate.all == LoadGate.Held())
        #expect(gate.enter(tenant: "globex", bytes: 1) == nil)
    }

    @Test func aTenantIsHeldToItsBytesAndOthersAreNot() {
        let gate = gate(0, tenantBytes: 100)
        #expect(gate.enter(tenant: "acme", bytes: 80) == nil)
        #expect(gate.enter(tenant: "acme", bytes: 30) == .tenantBytes)
        #expect(gate.enter(tenant: "globex", bytes: 80) == nil)
        gate.leave(tenant: "acme", bytes: 80)
        #expect(gate.enter(tenant: "acme", bytes: 30) == nil)
    }

    @Test func aFloodLeavesRoomForOthers() {
        let gate = gate(64)
        var flood = 0
        while gate.enter(tenant: "acme", bytes: 1) == nil { flood += 1 }
        #expect(flood == 56, "an eighth is kept")
        var others = 0
        while gate.enter(tenant: "globex", bytes: 1) == nil { others += 1 }
        #expect(others == 8)
        // What the flood gives back goes to who has less than an even share.
        for _ in 0..<4 { gate.leave(tenant: "acme", bytes: 1) }
        #expect(gate.enter(tenant: "acme", bytes: 1) == .requests)
        for _ in 0..<4 { #expect(gate.enter(tenant: "globex", bytes: 1) == nil) }
        #expect(gate.all.requests == 64)
    }

    @Test func whatIsBeingReceivedCounts() {
        let gate = gate(0, bytes: 800, tenantBytes: 600)
        #expect(gate.hold(tenant: "acme", bytes: 400, beside: 0) == nil)
        #expect(gate.all == LoadGate.Held(requests: 0, bytes: 400))
        #expect(gate.hold(tenant: "acme", bytes: 300, beside: 0) == .tenantBytes, "a second message")
        #expect(gate.enter(tenant: "acme", bytes: 100) == nil)
        #expect(gate.hold(tenant: "acme", bytes: 200, beside: 400) == .tenantBytes, "the first one's next bytes")
        #expect(gate.hold(tenant: "globex", bytes: 250, beside: 0) == nil, "the eighth that is kept")
        #expect(gate.hold(tenant: "globex", bytes: 100, beside: 250) == .bytes)
        gate.leave(tenant: "acme", bytes: 100)
        gate.release(tenant: "acme", bytes: 400)
        #expect(gate.held(by: "acme") == LoadGate.Held())
        // Nobody else is there: a message of any size comes in whole.
        #expect(gate.hold(tenant: "globex", bytes: 5_000, beside: 250) == nil)
        gate.release(tenant: "globex", bytes: 5_250)
        #expect(gate.all == LoadGate.Held())
        #expect(gate.enter(tenant: "globex", bytes: 1) == nil)
    }

    @Test func countsEndWhereTheyBegan() {
        let gate = gate(100, bytes: 1_000)
        for _ in 0..<50 {
            for tenant in ["a", "b", "c"] { #expect(gate.enter(tenant: tenant, bytes: 3) == nil) }
            for tenant in ["c", "a", "b"] { gate.leave(tenant: tenant, bytes: 3) }
        }
        #expect(gate.all == LoadGate.Held() && gate.held(by: "a") == LoadGate.Held())
    }
}
