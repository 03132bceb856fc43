//! Hedged secret randomness (§1.4).
//!
//! A nonce source is made for one request, is moved into it and is wiped with it. Tags in use: phone `a`, `b` (nonces
//! of SIGN-2), `pok` (proof nonce), `w` (blinding of DEC-1), `u1` (share of KG-1), `ep` (RF-1), `k` (EC-2); server `w2`
//! (SIGN-9), `v2` (KG-2), `es` (RF-2), `pok` (KG-2, EC-7), `k` (EC-7), `phi` (EC-8), `a1`, `a2` (EC-9).

use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::ct::declassify;
use crate::curve::{Scalar, SecretScalar};
use crate::error::{Error, Result};
use crate::hash::{h, label, xof, Suite, Transcript};

/// 32 bytes that are used once as randomness and never leave the core (HEDGE-3).
pub type Fresh32 = Zeroizing<[u8; 32]>;

/// Fresh bytes of the operating system for public values: nonces, identifiers, openings.
///
/// # Errors
/// `RandomUnavailable`.
pub fn fresh<const N: usize>() -> Result<[u8; N]> {
    let mut out = [0; N];
    getrandom::fill(&mut out).map_err(|_| Error::RandomUnavailable)?;
    Ok(out)
}

/// HEDGE-3: 32 fresh bytes of the operating system, hashed with the stirred pool if there is one.
///
/// # Errors
/// `RandomUnavailable`.
pub fn fresh32() -> Result<Fresh32> {
    let drawn = fresh().map(Zeroizing::new)?;
    Ok(match &*pool() {
        Some(pool) => mixed(b"COSIGN-v1/fresh32", pool, &drawn),
        None => drawn,
    })
}

/// Mixes random bytes of a hardware token into every later [`fresh32`]. They can only add to what the operating system
/// gives: each result still hashes 32 bytes of its own.
pub fn stir(bytes: &Fresh32) {
    let mut pool = pool();
    let before = pool.take().unwrap_or_default();
    *pool = Some(mixed(b"COSIGN-v1/stir", &before, bytes));
}

static POOL: Mutex<Option<Fresh32>> = Mutex::new(None);

fn pool() -> MutexGuard<'static, Option<Fresh32>> {
    // A panic cannot leave the pool half written: it is replaced in one step.
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

fn mixed(label: &[u8], pool: &Fresh32, bytes: &Fresh32) -> Fresh32 {
    let hash = Sha256::new()
        .chain_update(label)
        .chain_update(pool.as_slice())
        .chain_update(bytes.as_slice());
    let mut out = Fresh32::default();
    hash.finalize_into((&mut *out).into());
    out
}

/// A uniform non-zero secret scalar without hedging, for dummies whose results are discarded (TX-3).
///
/// # Errors
/// `RandomUnavailable`.
pub fn dummy_scalar<S: Suite>() -> Result<SecretScalar<S>> {
    loop {
        let wide = Zeroizing::new(fresh::<48>()?);
        let scalar = SecretScalar::new(Scalar::reduce48(&wide));
        if !declassify(scalar.is_zero()) {
            return Ok(scalar);
        }
    }
}

/// [`dummy_scalar`] several times, with one call of the operating system.
///
/// # Errors
/// `RandomUnavailable`.
pub fn dummy_scalars<S: Suite>(count: usize) -> Result<Vec<SecretScalar<S>>> {
    let mut wide = Zeroizing::new(vec![[0; 48]; count]);
    getrandom::fill(wide.as_flattened_mut()).map_err(|_| Error::RandomUnavailable)?;
    wide.iter()
        .map(|wide| {
            let scalar = SecretScalar::new(Scalar::reduce48(wide));
            if declassify(scalar.is_zero()) {
                return dummy_scalar();
            }
            Ok(scalar)
        })
        .collect()
}

/// HEDGE-1: `H("NONCE/pre", header)` stands for a context that would contain a point made from the secret itself.
#[must_use]
pub fn pre_context<S: Suite>(header: &[u8]) -> [u8; 32] {
    h::<S>(label::NONCE_PRE, &[header])
}

/// Secrets of one phone request (HEDGE-1).
pub struct PhoneNonces {
    seed: Zeroizing<[u8; 32]>,
    #[cfg(test)]
    fixed: fixed::Fixed,
}

impl PhoneNonces {
    /// Draws `fresh32` and mixes in the share (32 bytes; in key generation the hedge secret of the device record), the
    /// context and the device's request counter, which the caller has raised and persisted before.
    ///
    /// # Errors
    /// `RandomUnavailable`.
    pub fn new<S: Suite>(share: &[u8; 32], ctx: &[u8; 32], local_seq: u64) -> Result<Self> {
        Ok(Self::from_fresh::<S>(&fresh32()?, share, ctx, local_seq))
    }

    fn from_fresh<S: Suite>(
        fresh: &Fresh32,
        share: &[u8; 32],
        ctx: &[u8; 32],
        local_seq: u64,
    ) -> Self {
        let fields: [&[u8]; 4] = [fresh.as_slice(), share, ctx, &local_seq.to_be_bytes()];
        Self {
            seed: Zeroizing::new(h::<S>(label::NONCE_PHONE, &fields)),
            #[cfg(test)]
            fixed: fixed::Fixed::default(),
        }
    }

    /// EC-2: `XOF(label, L, seed)`.
    #[must_use]
    pub fn expand<const L: usize>(&self, label: &str) -> Zeroizing<[u8; L]> {
        let mut out = Zeroizing::new([0; L]);
        xof(label, &[self.seed.as_slice()], out.as_mut_slice());
        out
    }

    /// The secret named by a tag and an index; never zero.
    #[must_use]
    pub fn scalar<S: Suite>(&self, tag: &str, i: u16) -> SecretScalar<S> {
        #[cfg(test)]
        if let Some(scalar) = self.fixed.get(tag, i, 0) {
            return scalar;
        }
        let seed = self.seed.as_slice();
        Transcript::new(label::NONCE_PHONE_OUT)
            .fields([seed, tag.as_bytes(), &i.to_be_bytes()])
            .finish_secret()
    }
}

/// Secrets of one server step (HEDGE-2).
pub struct ServerNonces {
    seed: Zeroizing<[u8; 32]>,
    #[cfg(test)]
    fixed: fixed::Fixed,
}

impl ServerNonces {
    /// Draws `fresh32` and mixes in the share (32 bytes; where none exists yet, the hedge secret of the core), the
    /// context and the body hash of the request.
    ///
    /// # Errors
    /// `RandomUnavailable`.
    pub fn new<S: Suite>(share: &[u8; 32], ctx: &[u8; 32], body_hash: &[u8; 32]) -> Result<Self> {
        Ok(Self::from_fresh::<S>(&fresh32()?, share, ctx, body_hash))
    }

    fn from_fresh<S: Suite>(
        fresh: &Fresh32,
        share: &[u8; 32],
        ctx: &[u8; 32],
        body_hash: &[u8; 32],
    ) -> Self {
        let fields: [&[u8]; 4] = [fresh.as_slice(), share, ctx, body_hash];
        Self {
            seed: Zeroizing::new(h::<S>(label::NONCE_SERVER, &fields)),
            #[cfg(test)]
            fixed: fixed::Fixed::default(),
        }
    }

    /// The same secrets again, for a step in two parts (OTS-1, OTS-5).
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self {
            seed: Zeroizing::new(*seed),
            #[cfg(test)]
            fixed: fixed::Fixed::default(),
        }
    }

    /// The seed of [`Self::from_seed`]; to be sealed like a share.
    #[must_use]
    pub fn seed(&self) -> &[u8; 32] {
        &self.seed
    }

    /// The secret named by a tag, an index and a retry number; never zero.
    #[must_use]
    pub fn scalar<S: Suite>(&self, tag: &str, i: u16, retry: u32) -> SecretScalar<S> {
        #[cfg(test)]
        if let Some(scalar) = self.fixed.get(tag, i, retry) {
            return scalar;
        }
        let seed = self.seed.as_slice();
        Transcript::new(label::NONCE_SERVER_OUT)
            .fields([seed, tag.as_bytes(), &i.to_be_bytes(), &retry.to_be_bytes()])
            .finish_secret()
    }
}

#[cfg(test)]
pub(crate) mod fixed;

#[cfg(test)]
mod tests;
