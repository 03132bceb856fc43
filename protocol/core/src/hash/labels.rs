//! Every label that names a hash use (§1.2). A label is used for one purpose only.
//!
//! The domain separation tag of a label is `COSIGN-v1/<suite>/<label>` followed by its length byte, which makes the
//! tags of one suite prefix-free.

macro_rules! labels {
    ($($(#[$doc:meta])* $name:ident = $value:literal;)*) => {
        $($(#[$doc])* pub const $name: &str = $value;)*

        /// Every label of this file.
        pub const ALL: &[&str] = &[$($name),*];
    };
}

labels! {
    /// HDR-1: request identity from the header.
    REQ_ID = "REQ/id";
    /// HDR-2: hash of a body without its device signature.
    DEV_BODY = "DEV/body";
    /// HDR-2: hash of the encapsulated key of the request's envelope.
    DEV_ENC = "DEV/enc";
    /// HDR-2: what the device key signs for a key operation.
    DEV_SIG = "DEV/sig";
    /// What the device key signs for a unary call without an envelope.
    DEV_RPC = "DEV/rpc";
    /// Hash of the fields of such a call.
    DEV_RPC_BODY = "DEV/rpc-body";
    /// Draw of a device or identity key.
    DEV_KEY = "DEV/key";
    /// Hedged nonce of a device or identity signature.
    DEV_NONCE = "DEV/nonce";
    /// HEDGE-1: seed of a phone request.
    NONCE_PHONE = "NONCE/p";
    /// HEDGE-1: one secret of a phone request.
    NONCE_PHONE_OUT = "NONCE/p-out";
    /// HEDGE-1: stands for a context that would contain a point made from the secret itself.
    NONCE_PRE = "NONCE/pre";
    /// HEDGE-2: seed of a server step.
    NONCE_SERVER = "NONCE/s";
    /// HEDGE-2: one secret of a server step.
    NONCE_SERVER_OUT = "NONCE/s-out";
    /// KG-1: context of M1, signing keys.
    KG_0 = "KG/0";
    /// KG-1: commitment to the phone's point.
    KG_COM = "KG/com";
    /// KG-2: transcript up to the server's nonce.
    KG_1 = "KG/1";
    /// KG-3: transcript up to the server's proof.
    KG_2 = "KG/2";
    /// KG-5: what the core's identity key signs.
    KG_3 = "KG/3";
    /// KG-2: the server's proof of its share.
    KG_POK_S = "KG/pok-s";
    /// KG-3: the phone's proof of its share.
    KG_POK_P = "KG/pok-p";
    /// KG-8: `KG/0` of multiplicative keys.
    KGM_0 = "KGM/0";
    /// KG-8: `KG/com` of multiplicative keys.
    KGM_COM = "KGM/com";
    /// KG-8: `KG/1` of multiplicative keys.
    KGM_1 = "KGM/1";
    /// KG-8: `KG/2` of multiplicative keys.
    KGM_2 = "KGM/2";
    /// KG-8: `KG/3` of multiplicative keys.
    KGM_3 = "KGM/3";
    /// KG-8: `KG/pok-s` of multiplicative keys.
    KGM_POK_S = "KGM/pok-s";
    /// KG-8: `KG/pok-p` of multiplicative keys.
    KGM_POK_P = "KGM/pok-p";
    /// HSM-3: what a share that is born in a token signs in place of `KGM/pok-s`.
    KGM_TOKEN = "KGM/token";
    /// SIGN-3: context of a signing request.
    SIGN2_CTX = "SIGN2/ctx";
    /// SIGN-4: proof of the nonces and the share.
    SIGN2_POK = "SIGN2/pok";
    /// SIGN-9: binding factor rho of one item.
    SIGN2_BIND = "SIGN2/bind";
    /// DEC-2: context of a decryption request.
    DEC_CTX = "DEC/ctx";
    /// DEC-2: proof of the share.
    DEC_POK = "DEC/pok";
    /// What an audit row shows of a ciphertext point.
    SM2_C1 = "SM2/c1";
    /// ECDH-1: context of a key-agreement request.
    ECDH_CTX = "ECDH/ctx";
    /// ECDH-1: proof of the share.
    ECDH_POK = "ECDH/pok";
    /// ECDH-3: proof that S = b·T for the b of B = b·G.
    ECDH_DLEQ = "ECDH/dleq";
    /// What an audit row shows of a peer point.
    ECDH_T = "ECDH/t";
    /// RF-1: context of a refresh request.
    RF_CTX = "RF/ctx";
    /// RF-1: proof of the current share.
    RF_POK = "RF/pok";
    /// RF-2: refresh factor from the shared point.
    RF_RHO = "RF/rho";
    /// RF-6: context of a confirmation.
    CF_CTX = "CF/ctx";
    /// RF-6: hash of OTS part 2, empty for SM2.
    CF_OTS = "CF/ots";
    /// RF-6: proof of the new share.
    CF_POK = "CF/pok";
    /// RS-4: context of an adoption.
    AD_CTX = "AD/ctx";
    /// RS-4: proof of the current share.
    AD_POK = "AD/pok";
    /// CLONE-5: context of a SYNC.
    SY_CTX = "SY/ctx";
    /// EC-1: context of an ECDSA request before the phone's points.
    EC_CTX0 = "EC/ctx0";
    /// EC-1: session of OT extension and multiplication.
    EC_SID = "EC/sid";
    /// EC-1: session of one of the two multiplications.
    EC_MUL = "EC/mul";
    /// EC-2: choice bits of the phone.
    EC_X = "EC/x";
    /// EC-4: what the phone sends before its proof.
    EC_BODY = "EC/body";
    /// EC-4: context of an ECDSA request.
    EC_CTX = "EC/ctx";
    /// EC-4: proof of the nonce and the share.
    EC_POK = "EC/pok";
    /// EC-7: offset of the server's nonce.
    EC_R = "EC/R";
    /// EC-7: proof of the server's nonce.
    EC_POK_R = "EC/pok-r";
    /// EC-8: pads of one row.
    EC_PAD = "EC/pad";
    /// EC-9: all corrections of one multiplication.
    EC_AT = "EC/at";
    /// EC-9: check factor over the corrections.
    EC_THETA = "EC/theta";
    /// EC-9: consistency value of one multiplication.
    EC_MU = "EC/mu";
    /// EC-10: pad of phi.
    EC_G1 = "EC/g1";
    /// EC-10: pad of the server's part of s.
    EC_G2 = "EC/g2";
    /// §6.1: weight of one choice bit.
    EC_GADGET = "EC/gadget";
    /// PIN-2: blinding factor of the phone's share.
    PIN = "PIN";
    /// §10.1: hash that stands in the audit row of an accepted request.
    AUDIT = "AUDIT";
    /// §10.1: signed head of the audit chain.
    AUDIT_HEAD = "AUDIT/head";
    /// R-ACC-14: signed descriptor of an intranet environment.
    ENV_DESCRIPTOR = "ENV/descriptor";
    /// E2E-4: signed statement about an envelope key.
    E2E_KEY = "E2E/key";
    /// E2E-4: identifier of an envelope key.
    E2E_KEY_ID = "E2E/key-id";
    /// E2E-1: draw of an HPKE key pair, ephemeral or of a core.
    E2E_SECRET = "E2E/secret";
    /// OTS-1: session of one OT set-up.
    OTS_SID = "OTS/sid";
    /// HC of §6.2: hash to the curve.
    OTS_H2C = "OTS/h2c";
    /// OTS-2, OTS-5: key of one base OT.
    OTS_KEY = "OTS/key";
    /// OTS-3: the two leaves below a node.
    OTS_TREE = "OTS/tree";
    /// OTS-4: hash of one leaf.
    OTS_LEAF = "OTS/leaf";
    /// OTS-4: hash of the leaf hashes of one tree.
    OTS_TREE_HASH = "OTS/tree-hash";
    /// §6.2: context of an `OT_SETUP` request.
    OTS_CTX = "OTS/ctx";
    /// §6.2: proof of the share in an `OT_SETUP` request.
    OTS_POK = "OTS/pok";
    /// EC-3: expansion of one leaf.
    EC_PRG = "EC/prg";
    /// EC-3: coefficients of the consistency check.
    EC_CHI = "EC/chi";
    /// PIN-6: mask of the phone's seeds.
    PIN_SEED = "PIN/seed";
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn labels_are_unique_and_fit_a_tag() {
        for (i, a) in ALL.iter().enumerate() {
            assert!(a.is_ascii() && a.len() + "COSIGN-v1/P256/".len() < 256);
            assert!(!ALL[i + 1..].contains(a), "{a} is listed twice");
        }
    }
}
