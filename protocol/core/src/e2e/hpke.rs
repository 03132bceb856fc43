//! HPKE base mode (RFC 9180) with DHKEM(P-256, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM.
//!
//! A context here carries one message and then exports; there is no sequence number to get wrong.

use hkdf::{Hkdf, HkdfExtract};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::curve::{mul, mul_base, mul_batch, Affine, SecretScalar, P256};
use crate::error::{Error, Result};
use crate::hash::{h2s, label};
use crate::random;
use crate::seal::gcm;

const VERSION: &[u8] = b"HPKE-v1";
/// "KEM" ‖ 0x0010.
const KEM_SUITE: &[u8] = b"KEM\x00\x10";
/// "HPKE" ‖ KEM 0x0010 ‖ KDF 0x0001 ‖ AEAD 0x0002.
const HPKE_SUITE: &[u8] = b"HPKE\x00\x10\x00\x01\x00\x02";
const MODE_BASE: u8 = 0;

/// Key pair of a recipient, or the ephemeral one of a sender. Wiped when dropped.
pub struct KeyPair {
    secret: SecretScalar<P256>,
    public: Affine<P256>,
}

impl KeyPair {
    /// Draws a key pair; `hedge` is any further secret or request-bound input (may be empty).
    ///
    /// # Errors
    /// [`Error::RandomUnavailable`].
    pub fn generate(hedge: &[&[u8]]) -> Result<Self> {
        let fresh = random::fresh32()?;
        let mut fields: Vec<&[u8]> = vec![fresh.as_slice()];
        fields.extend_from_slice(hedge);
        Self::new(SecretScalar::new(h2s::<P256>(label::E2E_SECRET, &fields)))
    }

    /// The key pair of a 32-byte secret scalar.
    ///
    /// # Errors
    /// [`Error::MalformedScalar`].
    pub fn from_bytes(secret: &[u8; 32]) -> Result<Self> {
        Self::new(SecretScalar::from_bytes(secret).ok_or(Error::MalformedScalar)?)
    }

    fn new(secret: SecretScalar<P256>) -> Result<Self> {
        let public = mul_base(&secret).ok_or(Error::MalformedScalar)?;
        Ok(Self { secret, public })
    }

    /// The public key.
    #[must_use]
    pub fn public(&self) -> &Affine<P256> {
        &self.public
    }

    pub(crate) fn secret_bytes(&self) -> Zeroizing<[u8; 32]> {
        self.secret.to_bytes()
    }
}

/// Both ends' state after the key schedule: good for one message and for exports.
pub struct Context {
    key: Zeroizing<[u8; 32]>,
    nonce: Zeroizing<[u8; 12]>,
    exporter: Exporter,
}

/// What remains of a context after its message.
pub struct Exporter {
    prk: Hkdf<Sha256>,
}

impl Context {
    /// `SetupBaseS` with a given ephemeral key pair.
    ///
    /// # Errors
    /// [`Error::InternalFault`], for a point at infinity that valid keys cannot produce.
    pub fn sender(ephemeral: &KeyPair, recipient: &Affine<P256>, info: &[u8]) -> Result<Self> {
        let dh = mul(&ephemeral.secret, recipient).ok_or(Error::InternalFault)?;
        let secret = shared_secret(&dh, &ephemeral.public, recipient)?;
        Self::schedule(&secret, info)
    }

    /// `SetupBaseR`; `enc` is the sender's ephemeral public key.
    ///
    /// # Errors
    /// [`Error::InternalFault`], as for [`Context::sender`].
    pub fn recipient(key: &KeyPair, enc: &Affine<P256>, info: &[u8]) -> Result<Self> {
        Self::recipients(&[(key, *enc, info)])
            .pop()
            .unwrap_or(Err(Error::InternalFault))
    }

    /// [`Context::recipient`] for many triples of key, `enc` and `info`: the multiplications share lanes.
    #[must_use]
    pub fn recipients(items: &[(&KeyPair, Affine<P256>, &[u8])]) -> Vec<Result<Self>> {
        let secrets: Vec<_> = items.iter().map(|(key, _, _)| &key.secret).collect();
        let points: Vec<_> = items.iter().map(|(_, enc, _)| *enc).collect();
        let products = Zeroizing::new(mul_batch(&secrets, &points));
        items
            .iter()
            .zip(products.iter())
            .map(|((key, enc, info), dh)| {
                let dh = dh.as_ref().ok_or(Error::InternalFault)?;
                Self::agreed(dh, enc, &key.public, info)
            })
            .collect()
    }

    /// `SetupBaseR` from the Diffie-Hellman point itself, for a recipient whose secret is shared between two parties
    /// (ECDH-2).
    ///
    /// # Errors
    /// [`Error::InternalFault`].
    pub fn agreed(
        dh: &Affine<P256>,
        enc: &Affine<P256>,
        recipient: &Affine<P256>,
        info: &[u8],
    ) -> Result<Self> {
        let secret = shared_secret(dh, enc, recipient)?;
        Self::schedule(&secret, info)
    }

    fn schedule(shared_secret: &[u8; 32], info: &[u8]) -> Result<Self> {
        let secrets = Secrets::schedule(HPKE_SUITE, shared_secret, info);
        let (mut key, mut nonce) = (Zeroizing::new([0; 32]), Zeroizing::new([0; 12]));
        let mut exporter_secret = Zeroizing::new([0; 32]);
        secrets.expand(HPKE_SUITE, b"key", key.as_mut_slice())?;
        secrets.expand(HPKE_SUITE, b"base_nonce", nonce.as_mut_slice())?;
        secrets.expand(HPKE_SUITE, b"exp", exporter_secret.as_mut_slice())?;
        let prk = Hkdf::from_prk(exporter_secret.as_slice()).map_err(|_| Error::InternalFault)?;
        Ok(Self {
            key,
            nonce,
            exporter: Exporter { prk },
        })
    }

    /// `Seal` of the one message.
    ///
    /// # Errors
    /// [`Error::InternalFault`] for a message of more than 64 GiB.
    pub fn seal(self, aad: &[u8], plaintext: &[u8]) -> Result<(Vec<u8>, Exporter)> {
        let sealed =
            gcm::encrypt(&self.key, &self.nonce, aad, plaintext).ok_or(Error::InternalFault)?;
        Ok((sealed, self.exporter))
    }

    /// `Open` of the one message.
    ///
    /// # Errors
    /// [`Error::EnvelopeInvalid`].
    pub fn open(self, aad: &[u8], sealed: &[u8]) -> Result<(Zeroizing<Vec<u8>>, Exporter)> {
        let plaintext =
            gcm::decrypt(&self.key, &self.nonce, aad, sealed).ok_or(Error::EnvelopeInvalid)?;
        Ok((plaintext, self.exporter))
    }
}

/// `secret` and `key_schedule_context` of `KeySchedule`, base mode.
struct Secrets {
    secret: Hkdf<Sha256>,
    context: [u8; 65],
}

impl Secrets {
    fn schedule(suite: &[u8], shared_secret: &[u8; 32], info: &[u8]) -> Self {
        let (psk_id_hash, _) = labeled_extract(suite, &[], b"psk_id_hash", &[]);
        let (info_hash, _) = labeled_extract(suite, &[], b"info_hash", info);
        let mut context = [0_u8; 65];
        context[0] = MODE_BASE;
        context[1..33].copy_from_slice(psk_id_hash.as_slice());
        context[33..].copy_from_slice(info_hash.as_slice());
        let (_, secret) = labeled_extract(suite, shared_secret, b"secret", &[]);
        Self { secret, context }
    }

    fn expand(&self, suite: &[u8], label: &[u8], out: &mut [u8]) -> Result<()> {
        labeled_expand(suite, &self.secret, label, &self.context, out)
    }
}

impl Exporter {
    /// `Context.Export`: fills `out`.
    ///
    /// # Errors
    /// [`Error::InternalFault`] if `out` is longer than 8 160 bytes.
    pub fn export(&self, context: &[u8], out: &mut [u8]) -> Result<()> {
        labeled_expand(HPKE_SUITE, &self.prk, b"sec", context, out)
    }
}

/// `ExtractAndExpand(dh, enc ‖ pkR)`: DHKEM's shared secret; the points enter uncompressed.
fn shared_secret(
    dh: &Affine<P256>,
    enc: &Affine<P256>,
    recipient: &Affine<P256>,
) -> Result<Zeroizing<[u8; 32]>> {
    let mut kem_context = [0_u8; 130];
    kem_context[..65].copy_from_slice(&enc.encode_uncompressed());
    kem_context[65..].copy_from_slice(&recipient.encode_uncompressed());
    let x = Zeroizing::new(dh.x_bytes());
    let (_, prk) = labeled_extract(KEM_SUITE, &[], b"eae_prk", x.as_slice());
    let mut out = Zeroizing::new([0; 32]);
    labeled_expand(
        KEM_SUITE,
        &prk,
        b"shared_secret",
        &kem_context,
        out.as_mut_slice(),
    )?;
    Ok(out)
}

fn labeled_extract(
    suite: &[u8],
    salt: &[u8],
    label: &[u8],
    ikm: &[u8],
) -> (Zeroizing<[u8; 32]>, Hkdf<Sha256>) {
    let mut extract = HkdfExtract::<Sha256>::new(Some(salt));
    for part in [VERSION, suite, label, ikm] {
        extract.input_ikm(part);
    }
    let (prk, hkdf) = extract.finalize();
    (Zeroizing::new(prk.into()), hkdf)
}

fn labeled_expand(
    suite: &[u8],
    prk: &Hkdf<Sha256>,
    label: &[u8],
    info: &[u8],
    out: &mut [u8],
) -> Result<()> {
    let length = u16::try_from(out.len())
        .map_err(|_| Error::InternalFault)?
        .to_be_bytes();
    prk.expand_multi_info(&[&length, VERSION, suite, label, info], out)
        .map_err(|_| Error::InternalFault)
}

#[cfg(test)]
mod tests;
