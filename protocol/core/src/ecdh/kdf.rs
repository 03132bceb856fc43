//! Key derivation and key wrap of key agreement in CMS (RFC 5753): ANSI X9.63 with SHA-256, AES-256 key wrap (RFC 3394).

use aes_gcm::aes::cipher::{BlockCipherDecrypt, KeyInit};
use aes_gcm::aes::Aes256;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use crate::error::{Error, Result};

/// Initial value of RFC 3394.
const IV: [u8; 8] = [0xa6; 8];
/// Semiblocks of a wrapped 256-bit key.
const BLOCKS: usize = 4;

/// X9.63 for 32 bytes, one block of the hash: SHA-256(Z ‖ u32 1 ‖ `shared_info`).
pub(super) fn x963(z: &[u8; 32], shared_info: &[u8]) -> Zeroizing<[u8; 32]> {
    let digest = Sha256::new()
        .chain_update(z)
        .chain_update(1_u32.to_be_bytes())
        .chain_update(shared_info)
        .finalize();
    Zeroizing::new(digest.into())
}

/// Unwraps a 256-bit key.
///
/// # Errors
/// `DecryptionFailed` if the check value differs.
pub(super) fn unwrap(kek: &[u8; 32], wrapped: &[u8; 40]) -> Result<Zeroizing<[u8; 32]>> {
    let cipher = Aes256::new(kek.into());
    let (mut a, mut r) = ([0; 8], Zeroizing::new([0; 32]));
    a.copy_from_slice(&wrapped[..8]);
    r.copy_from_slice(&wrapped[8..]);
    for t in (1..=6 * BLOCKS as u64).rev() {
        let i = usize::try_from((t - 1) % BLOCKS as u64).map_err(|_| Error::InternalFault)?;
        let own = 8 * i..8 * i + 8;
        let mut block = [0; 16];
        block[..8].copy_from_slice(&(u64::from_be_bytes(a) ^ t).to_be_bytes());
        block[8..].copy_from_slice(&r[own.clone()]);
        let mut state = block.into();
        cipher.decrypt_block(&mut state);
        a.copy_from_slice(&state[..8]);
        r[own].copy_from_slice(&state[8..]);
        state.zeroize();
        block.zeroize();
    }
    if bool::from(a.ct_eq(&IV)) {
        Ok(r)
    } else {
        Err(Error::DecryptionFailed)
    }
}

#[cfg(test)]
mod tests {
    use super::unwrap;
    use crate::error::Error;

    /// RFC 3394, 4.6.
    #[test]
    fn unwraps_the_example_of_the_standard() {
        let kek = core::array::from_fn(|i| u8::try_from(i).unwrap());
        let wrapped = hex::decode(
            "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21",
        )
        .unwrap();
        let mut wrapped: [u8; 40] = wrapped.try_into().unwrap();
        let expected = "00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f";
        assert_eq!(
            hex::encode(unwrap(&kek, &wrapped).unwrap().as_slice()),
            expected
        );
        wrapped[39] ^= 1;
        assert_eq!(unwrap(&kek, &wrapped), Err(Error::DecryptionFailed));
    }
}
