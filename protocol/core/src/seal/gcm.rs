//! AES-256-GCM over whole buffers, shared by sealed records and the end-to-end layer.

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes256Gcm, KeyInit, Nonce, Tag};
use zeroize::Zeroizing;

/// Bytes of a nonce.
pub(crate) const NONCE: usize = 12;
/// Bytes of a tag.
pub(crate) const TAG: usize = 16;

/// Encrypts in one pass and returns ciphertext ‖ tag.
///
/// `None` only if the plaintext is longer than the mode allows (64 GiB).
pub(crate) fn encrypt(
    key: &[u8; 32],
    nonce: &[u8; NONCE],
    aad: &[u8],
    plaintext: &[u8],
) -> Option<Vec<u8>> {
    // Room for the tag from the start: growing the buffer would leave a copy of the plaintext behind.
    let mut buffer = Vec::with_capacity(plaintext.len() + TAG);
    buffer.extend_from_slice(plaintext);
    let tag = Aes256Gcm::new(key.into())
        .encrypt_inout_detached(&Nonce::from(*nonce), aad, buffer.as_mut_slice().into())
        .ok()?;
    buffer.extend_from_slice(&tag);
    Some(buffer)
}

/// Decrypts ciphertext ‖ tag; `None` if the tag does not fit.
pub(crate) fn decrypt(
    key: &[u8; 32],
    nonce: &[u8; NONCE],
    aad: &[u8],
    sealed: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let (ciphertext, tag) = sealed.split_last_chunk::<TAG>()?;
    let mut buffer = Zeroizing::new(ciphertext.to_vec());
    Aes256Gcm::new(key.into())
        .decrypt_inout_detached(
            &Nonce::from(*nonce),
            aad,
            buffer.as_mut_slice().into(),
            &Tag::from(*tag),
        )
        .ok()?;
    Some(buffer)
}
