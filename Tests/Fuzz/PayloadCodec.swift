import KMIP

/// Reads the payloads of one operation, and writes again what was read, so that both ways are tried.
struct PayloadCodec {
    let request: (inout TTLVReader) throws(KMIPError) -> Void
    let response: (inout TTLVReader) throws(KMIPError) -> Void

    private init<Q: RequestPayload, R: ResponsePayload>(_: Q.Type, _: R.Type) {
        request = { (reader) throws(KMIPError) in
            let payload = try Q(from: &reader)
            var writer = TTLVWriter()
            payload.encode(to: &writer)
        }
        response = { (reader) throws(KMIPError) in
            let payload = try R(from: &reader)
            var writer = TTLVWriter()
            payload.encode(to: &writer)
        }
    }

    /// An operation that has no response of its own.
    private init<Q: RequestPayload>(_: Q.Type) {
        request = { (reader) throws(KMIPError) in
            let payload = try Q(from: &reader)
            var writer = TTLVWriter()
            payload.encode(to: &writer)
        }
        response = { (reader) throws(KMIPError) in while let item = try reader.next() { try reader.validate(item) } }
    }

    /// nil for an operation without types of its own.
    static func of(_ operation: KMIP.Operation) -> PayloadCodec? {
        switch operation {
        case .create: PayloadCodec(CreateRequest.self, CreateResponse.self)
        case .register: PayloadCodec(RegisterRequest.self, RegisterResponse.self)
        case .locate: PayloadCodec(LocateRequest.self, LocateResponse.self)
        case .get: PayloadCodec(GetRequest.self, GetResponse.self)
        case .getAttributes: PayloadCodec(GetAttributesRequest.self, GetAttributesResponse.self)
        case .getAttributeList: PayloadCodec(GetAttributeListRequest.self, GetAttributeListResponse.self)
        case .activate: PayloadCodec(ActivateRequest.self, ActivateResponse.self)
        case .revoke: PayloadCodec(RevokeRequest.self, RevokeResponse.self)
        case .destroy: PayloadCodec(DestroyRequest.self, DestroyResponse.self)
        case .encrypt: PayloadCodec(EncryptRequest.self, EncryptResponse.self)
        case .decrypt: PayloadCodec(DecryptRequest.self, DecryptResponse.self)
        case .poll: PayloadCodec(PollRequest.self)
        case .query: PayloadCodec(QueryRequest.self, QueryResponse.self)
        case .discoverVersions: PayloadCodec(DiscoverVersionsRequest.self, DiscoverVersionsResponse.self)
        case .addAttribute: PayloadCodec(AddAttributeRequest.self, AddAttributeResponse.self)
        case .archive: PayloadCodec(ArchiveRequest.self, ArchiveResponse.self)
        case .cancel: PayloadCodec(CancelRequest.self, CancelResponse.self)
        case .check: PayloadCodec(CheckRequest.self, CheckResponse.self)
        case .deleteAttribute: PayloadCodec(DeleteAttributeRequest.self, DeleteAttributeResponse.self)
        case .getUsageAllocation: PayloadCodec(GetUsageAllocationRequest.self, GetUsageAllocationResponse.self)
        case .hash: PayloadCodec(HashRequest.self, HashResponse.self)
        case .mac: PayloadCodec(MACRequest.self, MACResponse.self)
        case .macVerify: PayloadCodec(MACVerifyRequest.self, MACVerifyResponse.self)
        case .modifyAttribute: PayloadCodec(ModifyAttributeRequest.self, ModifyAttributeResponse.self)
        case .obtainLease: PayloadCodec(ObtainLeaseRequest.self, ObtainLeaseResponse.self)
        case .rngRetrieve: PayloadCodec(RNGRetrieveRequest.self, RNGRetrieveResponse.self)
        case .rngSeed: PayloadCodec(RNGSeedRequest.self, RNGSeedResponse.self)
        case .recover: PayloadCodec(RecoverRequest.self, RecoverResponse.self)
        case .sign: PayloadCodec(SignRequest.self, SignResponse.self)
        case .signatureVerify: PayloadCodec(SignatureVerifyRequest.self, SignatureVerifyResponse.self)
        case .certify: PayloadCodec(CertifyRequest.self, CertifyResponse.self)
        case .createKeyPair: PayloadCodec(CreateKeyPairRequest.self, CreateKeyPairResponse.self)
        case .createSplitKey: PayloadCodec(CreateSplitKeyRequest.self, CreateSplitKeyResponse.self)
        case .deriveKey: PayloadCodec(DeriveKeyRequest.self, DeriveKeyResponse.self)
        case .joinSplitKey: PayloadCodec(JoinSplitKeyRequest.self, JoinSplitKeyResponse.self)
        case .reCertify: PayloadCodec(ReCertifyRequest.self, ReCertifyResponse.self)
        case .reKey: PayloadCodec(ReKeyRequest.self, ReKeyResponse.self)
        case .reKeyKeyPair: PayloadCodec(ReKeyKeyPairRequest.self, ReKeyKeyPairResponse.self)
        default: nil
        }
    }
}
