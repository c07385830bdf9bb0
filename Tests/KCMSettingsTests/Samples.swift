/// Complete configurations of both modes, as `kcmctl init` writes them.
enum Samples {
    static let edge = """
        mode: edge
        node: edge-1
        listen:
          kmip:  {address: 127.0.0.1, port: 5696}
          https: {address: 127.0.0.1, port: 5697}
          admin: {address: 127.0.0.1, port: 5698}
        tls: {certificate: pki/edge.pem, key: pki/edge.key, trust: pki/ca.pem, crl: pki/crl.pem}
        keystore: {plugin: sqlite, settings: {path: data/edge.sqlite, cache: 4MiB}}
        core: {url: "https://127.0.0.1:5691/kmip", timeout: 2s}
        sealing: {key: edge-sealing, lease: 5m}
        audit: {path: data/edge-audit.jsonl, key: data/edge-audit.key, durability: fsync, rotate: {size: 1MiB, age: 12h}}
        limits: {message: 64KiB, connections: 100, batch: 10, idle: 10m, handshake: 250ms, in_flight: 7, drain: 3s, locked_memory: 1MiB}
        plugins: {path: [lib/kcm/plugins, /opt/kcm], timeout: 1s}
        log: {level: debug, format: json}
        cache: {entries: 500, memory: 256KiB}
        """

    static let core = """
        mode: core
        node: core-1
        listen:
          kmip:  {address: 127.0.0.1, port: 5690}
          https: {address: 127.0.0.1, port: 5691}
        tls: {certificate: pki/core.pem, key: pki/core.key, trust: pki/ca.pem}
        keystore: {plugin: ./libkcm-mine.so}
        root: {plugin: file, settings: {path: data/root.key}}
        audit: {path: data/core-audit.jsonl, key: data/core-audit.key}
        identity:
          - match:
              subject: {OU: edge, O: "*"}
              san_uri: "spiffe://openkcm/*/edge"
              issuer: "CN=Development CA"
            tenant: $O
            service: $CN
            roles: [edge]
            tenants: [acme, globex]
          - {match: {san_dns: "*.kcm.example"}, tenant: $1, service: $CN, roles: "$OU"}
        policy:
          roles:
            service: [Create]
        provision:
          - {tenant: acme, key: edge-sealing}
        """
}
