//! `XOF` (§1.2): SHAKE128 over TLV(tag, fields…), suite P256 only, one at a time or eight at a time.

use shake::digest::{ExtendableOutput, Update, XofReader};
use shake::Shake128;
use zeroize::Zeroizing;

#[cfg(target_arch = "x86_64")]
use super::lanes::{self, Avx512};
use super::{length, tlv};

/// Bytes SHAKE128 absorbs or yields per permutation.
pub(super) const RATE: usize = 168;
/// Outputs of a family from which the lanes beat one-by-one code: measured.
#[cfg(target_arch = "x86_64")]
const LANES_FROM: usize = 2;

/// Collects the fields of one `XOF`.
pub struct Xof(Shake128);

impl Xof {
    /// Starts under a label of [`super::label`].
    #[must_use]
    pub fn new(label: &str) -> Self {
        let mut state = Shake128::default();
        state.update(&start(label));
        Self(state)
    }

    /// Appends one field.
    #[must_use]
    pub fn field(self, field: &[u8]) -> Self {
        self.joined(&[field])
    }

    /// Appends one field that is the concatenation of `parts`.
    ///
    /// # Panics
    /// If they are 4 GiB or longer together.
    #[must_use]
    pub fn joined<P: AsRef<[u8]>>(mut self, parts: &[P]) -> Self {
        let total = parts.iter().map(|part| part.as_ref().len()).sum::<usize>();
        let total = u32::try_from(total).expect("a field is shorter than 4 GiB");
        self.0.update(&total.to_be_bytes());
        for part in parts {
            self.0.update(part.as_ref());
        }
        self
    }

    /// Fills `out`.
    pub fn finish(self, out: &mut [u8]) {
        self.0.finalize_xof().read(out);
    }
}

/// `XOF(label, out.len(), fields…)`.
pub fn xof(label: &str, fields: &[&[u8]], out: &mut [u8]) {
    fields
        .iter()
        .fold(Xof::new(label), |state, field| state.field(field))
        .finish(out);
}

/// Many `XOF` values under one label whose first fields are the same; the fields that differ are the tail.
///
/// A tail is `T` bytes of TLV, made by [`tail`].
pub struct XofFamily<const T: usize> {
    /// Label and common fields, then room for a tail, then SHAKE's padding: whole blocks.
    padded: Zeroizing<Vec<u8>>,
    /// Where the tail goes.
    at: usize,
}

impl<const T: usize> XofFamily<T> {
    /// Starts under a label with the common fields.
    #[must_use]
    pub fn new(label: &str, common: &[&[u8]]) -> Self {
        let mut padded = start(label);
        padded.extend_from_slice(&Zeroizing::new(tlv(common)));
        let at = padded.len();
        let end = at + T;
        padded.resize((end / RATE + 1) * RATE, 0);
        padded[end] = 0x1f;
        if let Some(last) = padded.last_mut() {
            *last |= 0x80;
        }
        Self {
            padded: Zeroizing::new(padded),
            at,
        }
    }

    /// `N` bytes for every tail, in the order of the tails.
    #[must_use]
    pub fn outputs<const N: usize>(&self, tails: &[[u8; T]]) -> Zeroizing<Vec<[u8; N]>> {
        let mut out = Zeroizing::new(vec![[0; N]; tails.len()]);
        #[cfg(target_arch = "x86_64")]
        if let (Some(token), LANES_FROM..) = (Avx512::active(), tails.len()) {
            for (tails, out) in tails.chunks(8).zip(out.chunks_mut(8)) {
                lanes::shake128(token, &self.padded, self.at, tails, out);
            }
            return out;
        }
        let mut head = Shake128::default();
        head.update(&self.padded[..self.at]);
        for (tail, out) in tails.iter().zip(out.iter_mut()) {
            let mut state = head.clone();
            state.update(tail);
            state.finalize_xof().read(out);
        }
        out
    }
}

/// TLV of the fields of a tail.
///
/// # Panics
/// If it is not exactly `T` bytes: the lengths of the fields are constants of the caller.
#[must_use]
pub fn tail<const T: usize>(fields: &[&[u8]]) -> [u8; T] {
    let mut out = [0; T];
    let mut at = 0;
    for field in fields {
        out[at..at + 4].copy_from_slice(&length(field));
        out[at + 4..at + 4 + field.len()].copy_from_slice(field);
        at += 4 + field.len();
    }
    assert_eq!(at, T, "length of a tail");
    out
}

/// TLV of the domain separation tag.
fn start(label: &str) -> Vec<u8> {
    let tag = ["COSIGN-v1/P256/", label].concat();
    tlv(&[tag.as_bytes()])
}
