import KCMEdge
import Testing

@testable import KCMDelegation

/// What an alert of TLS says of a request that was already sent.
struct ExchangeFailureTests {
    private struct Alert: Error, CustomStringConvertible {
        let description: String
    }

    @Test(arguments: ["SSLV3_ALERT_CERTIFICATE_REVOKED", "SSLV3_ALERT_BAD_CERTIFICATE", "TLSV1_ALERT_UNKNOWN_CA", "TLSV1_ALERT_CERTIFICATE_REQUIRED"])
    func aRefusedCertificateMeansThatNobodyReadTheRequest(_ name: String) {
        let failure = ExchangeFailure(Alert(description: "SSL: \(name)"), .closedUnanswered, refusal: nil)
        #expect(failure.kind == .refused && failure.stage == .notSent)
    }

    @Test(arguments: ["SSLV3_ALERT_BAD_RECORD_MAC", "TLSV1_ALERT_INTERNAL_ERROR", "SSLV3_ALERT_UNEXPECTED_MESSAGE"])
    func anotherAlertMayComeWhenCoreHasTakenIt(_ name: String) {
        let failure = ExchangeFailure(Alert(description: "SSL: \(name)"), .closedUnanswered, refusal: nil)
        #expect(failure.kind == .unreachable && failure.stage == .closedUnanswered)
    }

    @Test func noAlertUndoesAHandshakeThatIsLongDone() {
        let alert = Alert(description: "SSL: SSLV3_ALERT_CERTIFICATE_EXPIRED")
        #expect(ExchangeFailure(alert, .closedUnanswered, refusal: nil, hasAnswered: true).stage == .closedUnanswered)
    }

    @Test func anAlertInTheHandshakeIsARefusal() {
        let failure = ExchangeFailure(Alert(description: "SSL: SSLV3_ALERT_HANDSHAKE_FAILURE"), .notSent, refusal: nil)
        #expect(failure.kind == .refused && failure.stage == .notSent)
    }
}
