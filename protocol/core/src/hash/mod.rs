//! Transcript hashing (§1.1, §1.2): TLV, `H`, `H2S`, `XOF`, SM3 and the list of labels.
//!
//! Fields enter the hash as TLV, one after the other, without being copied into a buffer first: a field may be a
//! secret. Nothing is ever hashed by plain concatenation.

#[path = "labels.rs"]
pub mod label;
#[cfg(target_arch = "x86_64")]
mod lanes;
mod xmd;
mod xof;

use std::sync::OnceLock;

use sha2::{digest::Digest, Sha256};
use sm3::Sm3;
use zeroize::{Zeroize, Zeroizing};

use crate::ct::declassify;
use crate::curve::{Curve, Scalar, SecretScalar, Sm2, P256};
pub use xmd::{xmd, BlockHash};
use xmd::{Expander, BLOCK};
pub use xof::{tail, xof, Xof, XofFamily};

/// A curve together with the hash and the name it has in domain separation tags.
pub trait Suite: Curve {
    /// `SM2` or `P256`, as in field 2 of the header.
    const NAME: &'static str;
    /// SM3 or SHA-256.
    type Hash: BlockHash;
    /// The hash after one block of zeros, the start of every `expand_message_xmd`.
    fn padded_hash() -> Self::Hash;
}

impl Suite for Sm2 {
    const NAME: &'static str = "SM2";
    type Hash = Sm3;

    fn padded_hash() -> Sm3 {
        static PADDED: OnceLock<Sm3> = OnceLock::new();
        PADDED
            .get_or_init(|| Sm3::new_with_prefix([0u8; BLOCK]))
            .clone()
    }
}

impl Suite for P256 {
    const NAME: &'static str = "P256";
    type Hash = Sha256;

    fn padded_hash() -> Sha256 {
        static PADDED: OnceLock<Sha256> = OnceLock::new();
        PADDED
            .get_or_init(|| Sha256::new_with_prefix([0u8; BLOCK]))
            .clone()
    }
}

/// ENC-4: u32 big-endian length and bytes of each field.
///
/// # Panics
/// If a field is 4 GiB or longer.
#[must_use]
pub fn tlv(fields: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::with_capacity(fields.iter().map(|field| field.len() + 4).sum());
    for field in fields {
        out.extend_from_slice(&length(field));
        out.extend_from_slice(field);
    }
    out
}

/// Collects the fields of one hash, so that long lists need no intermediate vector.
pub struct Transcript<S: Suite> {
    expander: Expander<S::Hash>,
    label: &'static str,
}

impl<S: Suite> Transcript<S> {
    /// Starts `H` or `H2S` under a label of [`label`].
    #[must_use]
    pub fn new(label: &'static str) -> Self {
        Self {
            expander: Expander::from_padded(S::padded_hash()),
            label,
        }
    }

    /// Appends one field.
    #[must_use]
    pub fn field(mut self, field: &[u8]) -> Self {
        self.push(field);
        self
    }

    /// Appends one field per item.
    #[must_use]
    pub fn fields<F: AsRef<[u8]>>(mut self, fields: impl IntoIterator<Item = F>) -> Self {
        for field in fields {
            self.push(field.as_ref());
        }
        self
    }

    /// `H`: 32 bytes.
    #[must_use]
    pub fn finish(self) -> [u8; 32] {
        let mut out = [0; 32];
        expand::<S>(self.expander, self.label, &mut out);
        out
    }

    /// `H2S`: a public non-zero scalar.
    #[must_use]
    pub fn finish_scalar(self) -> Scalar<S> {
        wide_scalar::<S>(self.expander, self.label)
    }

    /// `H2S` of secret fields.
    #[must_use]
    pub fn finish_secret(self) -> SecretScalar<S> {
        SecretScalar::new(wide_scalar::<S>(self.expander, self.label))
    }

    fn push(&mut self, field: &[u8]) {
        self.expander.update(&length(field));
        self.expander.update(field);
    }
}

/// `H(label, fields…)`: 32 bytes of `expand_message_xmd(TLV(fields), "COSIGN-v1/<suite>/<label>")`.
#[must_use]
pub fn h<S: Suite>(label: &str, fields: &[&[u8]]) -> [u8; 32] {
    let mut out = [0; 32];
    expand::<S>(absorbed::<S>(fields), label, &mut out);
    out
}

/// `H2S(label, fields…)`: 48 bytes as an integer modulo n, never zero.
#[must_use]
pub fn h2s<S: Suite>(label: &str, fields: &[&[u8]]) -> Scalar<S> {
    wide_scalar::<S>(absorbed::<S>(fields), label)
}

/// What a hash to P-256 maps (RFC 9380, 5.2): 96 bytes of `expand_message_xmd(TLV(fields), "COSIGN-v1/P256/<label>")`.
#[must_use]
pub fn uniform96(label: &str, fields: &[&[u8]]) -> [u8; 96] {
    let mut out = [0; 96];
    expand::<P256>(absorbed::<P256>(fields), label, &mut out);
    out
}

/// SM3 of the concatenation of `parts`, for the constructions of GB/T 32918 only.
#[must_use]
pub fn sm3(parts: &[&[u8]]) -> [u8; 32] {
    let mut state = Sm3::new();
    for part in parts {
        state.update(part);
    }
    state.finalize().into()
}

fn absorbed<S: Suite>(fields: &[&[u8]]) -> Expander<S::Hash> {
    let mut expander = Expander::from_padded(S::padded_hash());
    for field in fields {
        expander.update(&length(field));
        expander.update(field);
    }
    expander
}

fn expand<S: Suite>(expander: Expander<S::Hash>, label: &str, out: &mut [u8]) {
    expander.finish(
        &[b"COSIGN-v1/", S::NAME.as_bytes(), b"/", label.as_bytes()],
        out,
    );
}

/// Reduces 48 bytes modulo n; a zero, of probability 2^-256, appends the field `retry` and repeats.
fn wide_scalar<S: Suite>(mut expander: Expander<S::Hash>, label: &str) -> Scalar<S> {
    loop {
        let mut wide = Zeroizing::new([0u8; 48]);
        let again = expander.clone();
        expand::<S>(expander, label, wide.as_mut());
        let scalar = Scalar::reduce48(&wide);
        wide.zeroize();
        if !declassify(scalar.is_zero()) {
            return scalar;
        }
        expander = again;
        expander.update(&length(b"retry"));
        expander.update(b"retry");
    }
}

fn length(field: &[u8]) -> [u8; 4] {
    u32::try_from(field.len())
        .expect("a field is shorter than 4 GiB")
        .to_be_bytes()
}

#[cfg(test)]
mod tests;
