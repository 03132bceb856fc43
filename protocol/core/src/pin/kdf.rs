//! PIN-1: from the PIN to a key with Argon2id.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::{Zeroize, Zeroizing};

use crate::error::{Error, Result};

/// Bytes of a salt.
pub const SALT: usize = 32;
/// Longest PIN in UTF-8 bytes that is hashed at all.
const MAX_PIN_BYTES: usize = 256;

const FLOOR_MEMORY_KIB: u32 = 19 * 1024;
const FLOOR_PASSES: u32 = 2;
/// Ceilings keep a damaged blob from asking for more than a phone has.
const MAX_MEMORY_KIB: u32 = 4 * 1024 * 1024;
const MAX_PASSES: u32 = 64;
const MAX_LANES: u32 = 16;

/// Argon2id cost.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KdfParams {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl KdfParams {
    /// Cost in KiB of memory, passes over it and lanes.
    ///
    /// # Errors
    /// [`Error::MalformedMessage`] below 19 MiB or two passes, above 4 GiB, 64 passes or 16 lanes, or without a lane.
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self> {
        let sound = (FLOOR_MEMORY_KIB..=MAX_MEMORY_KIB).contains(&memory_kib)
            && (FLOOR_PASSES..=MAX_PASSES).contains(&passes)
            && (1..=MAX_LANES).contains(&lanes);
        sound
            .then_some(Self {
                memory_kib,
                passes,
                lanes,
            })
            .ok_or(Error::MalformedMessage)
    }

    /// u32 memory ‖ u32 passes ‖ u32 lanes.
    pub(crate) fn to_bytes(self) -> [u8; 12] {
        let mut out = [0; 12];
        for (slot, value) in out
            .chunks_exact_mut(4)
            .zip([self.memory_kib, self.passes, self.lanes])
        {
            slot.copy_from_slice(&value.to_be_bytes());
        }
        out
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let bytes: &[u8; 12] = bytes.try_into().map_err(|_| Error::MalformedMessage)?;
        let word =
            |i: usize| u32::from_be_bytes([bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]]);
        Self::new(word(0), word(4), word(8))
    }
}

impl Default for KdfParams {
    /// 64 MiB, three passes, one lane.
    fn default() -> Self {
        Self {
            memory_kib: 64 * 1024,
            passes: 3,
            lanes: 1,
        }
    }
}

/// PIN-1: `k_pin`, 32 bytes. The working memory is wiped before it is returned to the system.
///
/// # Errors
/// [`Error::MalformedMessage`] for a PIN of more than 256 bytes.
pub fn k_pin(pin: &str, salt: &[u8; SALT], cost: KdfParams) -> Result<Zeroizing<[u8; 32]>> {
    if pin.len() > MAX_PIN_BYTES {
        return Err(Error::MalformedMessage);
    }
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32))
        .map_err(|_| Error::InternalFault)?;
    let mut memory = vec![Block::default(); params.block_count()];
    let mut out = Zeroizing::new([0; 32]);
    let done = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(pin.as_bytes(), salt, out.as_mut_slice(), &mut memory);
    memory.iter_mut().for_each(Zeroize::zeroize);
    done.map_err(|_| Error::InternalFault)?;
    Ok(out)
}
