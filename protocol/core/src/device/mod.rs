//! ECDSA over P-256: the phone's device key (PIN-8, HDR-2) and the core's identity key.
//!
//! Signatures are r ‖ s, 32 bytes each. A message is always a 32-byte hash made by [`crate::hash`].

use crate::ct::declassify;
use crate::curve::{double_base_vartime, mul_base, Affine, Scalar, SecretScalar, P256};
use crate::error::{Error, Result};
use crate::hash::{h2s, label};
use crate::random;
use crate::seal::{Kind, SecretRecord};

/// Bytes of a signature.
pub const SIGNATURE: usize = 64;

/// A P-256 signing key. Wiped when dropped.
pub struct SigningKey {
    secret: SecretScalar<P256>,
    public: Affine<P256>,
}

impl SigningKey {
    /// Draws a key.
    ///
    /// # Errors
    /// [`Error::RandomUnavailable`].
    pub fn generate() -> Result<Self> {
        let fresh = random::fresh32()?;
        Self::from_secret(SecretScalar::new(h2s::<P256>(
            label::DEV_KEY,
            &[fresh.as_slice()],
        )))
    }

    fn from_secret(secret: SecretScalar<P256>) -> Result<Self> {
        let public = mul_base(&secret).ok_or(Error::MalformedScalar)?;
        Ok(Self { secret, public })
    }

    /// The key of 32 big-endian bytes.
    ///
    /// # Errors
    /// [`Error::MalformedScalar`].
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self> {
        Self::from_secret(SecretScalar::from_bytes(bytes).ok_or(Error::MalformedScalar)?)
    }

    /// Reads a key back from its record.
    ///
    /// # Errors
    /// [`Error::SealBroken`] if the record holds something else.
    pub fn restore(record: &SecretRecord) -> Result<Self> {
        let [secret] = record.as_kind(Kind::Device)?;
        Self::from_bytes(secret.try_into().map_err(|_| Error::SealBroken)?)
            .map_err(|_| Error::SealBroken)
    }

    /// The record to seal.
    #[must_use]
    pub fn export(&self) -> SecretRecord {
        SecretRecord::of(Kind::Device, &[self.secret.to_bytes().as_slice()])
    }

    pub(crate) fn secret(&self) -> &SecretScalar<P256> {
        &self.secret
    }

    /// The public key, compressed.
    #[must_use]
    pub fn public_key(&self) -> [u8; 33] {
        self.public.encode()
    }

    /// Signs a hash with a nonce hedged over fresh bytes, key and hash: a broken generator repeats a nonce only for
    /// the same hash, which gives the same signature.
    ///
    /// # Errors
    /// [`Error::RandomUnavailable`]; [`Error::DigestRefused`] if the hash is zero modulo n.
    pub fn sign(&self, hash: &[u8; 32]) -> Result<[u8; SIGNATURE]> {
        let fresh = random::fresh32()?;
        let e = digest_scalar(hash)?;
        for retry in 0_u32.. {
            let secret = self.secret.to_bytes();
            let k = SecretScalar::new(h2s::<P256>(
                label::DEV_NONCE,
                &[
                    fresh.as_slice(),
                    secret.as_slice(),
                    hash,
                    &retry.to_be_bytes(),
                ],
            ));
            let r = mul_base(&k).ok_or(Error::InternalFault)?.x_scalar();
            let s = k.invert().mul(&self.secret.mul_public(&r).add_public(&e));
            if !declassify(r.is_zero() | s.is_zero()) {
                let mut signature = [0; SIGNATURE];
                signature[..32].copy_from_slice(&r.to_bytes());
                signature[32..].copy_from_slice(s.to_bytes().as_slice());
                return Ok(signature);
            }
        }
        Err(Error::InternalFault)
    }
}

/// A signature to verify.
#[derive(Clone, Copy)]
pub struct Signed<'a> {
    /// The key it should be of.
    pub public: Affine<P256>,
    /// What was signed.
    pub hash: [u8; 32],
    /// r ‖ s.
    pub signature: &'a [u8; SIGNATURE],
}

/// Verifies r ‖ s over a hash. Both values of s are accepted: secure hardware produces either.
///
/// # Errors
/// [`Error::BadSignature`]; [`Error::DigestRefused`] if the hash is zero modulo n (ENC-3).
pub fn verify(public: &Affine<P256>, hash: &[u8; 32], signature: &[u8; SIGNATURE]) -> Result<()> {
    let signed = Signed {
        public: *public,
        hash: *hash,
        signature,
    };
    verify_batch(&[signed])
        .pop()
        .unwrap_or(Err(Error::InternalFault))
}

/// [`verify`] for many signatures, in order: one inversion, and multiplications that share lanes. Public data only.
#[must_use]
pub fn verify_batch(items: &[Signed<'_>]) -> Vec<Result<()>> {
    let numbers: Vec<_> = items.iter().map(Signed::numbers).collect();
    let s: Vec<_> = numbers.iter().flatten().map(|(_, _, s)| *s).collect();
    let w = Scalar::invert_batch(&s);
    let sums: Vec<_> = items
        .iter()
        .zip(&numbers)
        .filter_map(|(item, numbers)| Some((item.public, numbers.as_ref().ok()?)))
        .zip(&w)
        .map(|((public, (e, r, _)), w)| (e.mul(w), r.mul(w), public))
        .collect();
    let mut points = double_base_vartime(&sums).into_iter();
    numbers
        .into_iter()
        .map(|numbers| {
            let (_, r, _) = numbers?;
            let point = points.next().ok_or(Error::InternalFault)?;
            let fits = point.is_some_and(|point| point.x_scalar() == r);
            fits.then_some(()).ok_or(Error::BadSignature)
        })
        .collect()
}

impl Signed<'_> {
    /// e, r and s in their ranges.
    fn numbers(&self) -> Result<(Scalar<P256>, Scalar<P256>, Scalar<P256>)> {
        let e = digest_scalar(&self.hash)?;
        let (halves, _) = self.signature.as_chunks::<32>();
        let [r, s] = [0, 1].map(|i| Scalar::from_bytes(&halves[i]).ok_or(Error::BadSignature));
        Ok((e, r?, s?))
    }
}

/// ENC-3: the hash as a number, reduced once; zero is refused.
fn digest_scalar(hash: &[u8; 32]) -> Result<Scalar<P256>> {
    let e = Scalar::reduce32(hash);
    if bool::from(e.is_zero()) {
        Err(Error::DigestRefused)
    } else {
        Ok(e)
    }
}
