//! OT set-ups at the server: what waits between the two parts, and what a share record says of it (§6.2, SEAL-8).

use zeroize::Zeroizing;

use crate::curve::P256;
use crate::error::{Error, Result};
use crate::message::OtsPart;
use crate::ot::{self, ServerSetup};
use crate::random::ServerNonces;
use crate::seal::SecretRecord;

/// What one evaluation makes of the OT set-up of its share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum OtChange {
    /// Nothing.
    Unchanged = 0,
    /// Part 1 is given; a set-up before it is gone.
    Begun = 1,
    /// Part 2 fits (OTS-7): the share can sign.
    Ready = 2,
    /// Part 2 does not fit (OTS-7): seed and choice bits are discarded.
    Failed = 3,
    /// The extension is inconsistent (EC-6): Δ is discarded.
    Destroyed = 4,
}

impl OtChange {
    /// Whether the request ends without a result although its PIN proof holds.
    pub(super) const fn refused(self) -> bool {
        matches!(self, Self::Failed | Self::Destroyed)
    }
}

/// A set-up between part 1 and part 2: every secret of it comes from the seed (OTS-1).
pub(super) struct Waiting {
    seed: Zeroizing<[u8; 32]>,
    otsid: [u8; 32],
}

impl Waiting {
    /// OTS-1: draws the seed by HEDGE-2 over the share (in key generation the hedge secret of the core), gives part 1.
    /// `parent` is k1 or the ctx of the request.
    pub(super) fn begin(
        share: &[u8; 32],
        ctx: &[u8; 32],
        body_hash: &[u8; 32],
        parent: &[u8; 32],
        nonce_s: &[u8; 32],
    ) -> Result<(Self, OtsPart)> {
        let nonces = ServerNonces::new::<P256>(share, ctx, body_hash)?;
        let otsid = ot::otsid(parent, nonce_s);
        let part_1 = ot::base::offer(&otsid, &nonces);
        let seed = Zeroizing::new(*nonces.seed());
        Ok((Self { seed, otsid }, part_1))
    }

    /// OTS-5 … OTS-7. `BadProof` if part 2 does not fit: the seed must not be used again.
    pub(super) fn finish(&self, part_2: &[u8]) -> Result<ServerSetup> {
        let nonces = ServerNonces::from_seed(&self.seed);
        ot::base::accept(&self.otsid, &nonces, part_2).map_err(|_| Error::BadProof)
    }

    /// Reads the two fields of a record.
    pub(super) fn read(seed: &[u8], otsid: &[u8]) -> Result<Self> {
        Ok(Self {
            seed: Zeroizing::new(seed.try_into().map_err(|_| Error::SealBroken)?),
            otsid: otsid.try_into().map_err(|_| Error::SealBroken)?,
        })
    }

    /// The two fields of a record.
    pub(super) fn fields(&self) -> [&[u8]; 2] {
        [self.seed.as_slice(), &self.otsid]
    }
}

/// What the record of a share says of its OT set-up.
pub(super) enum OtRecord {
    /// Key without one, or a set-up that was discarded.
    None,
    /// Part 2 is outstanding.
    Waiting(Waiting),
    /// Ready to sign.
    Ready(ServerSetup),
}

impl OtRecord {
    /// From the fields after the point.
    pub(super) fn read(fields: Option<[&[u8]; 2]>) -> Result<Self> {
        let Some([first, second]) = fields else {
            return Ok(Self::None);
        };
        if first.len() == 16 {
            let bytes = Zeroizing::new([first, second].concat());
            let setup = ServerSetup::from_bytes(&bytes).map_err(|_| Error::SealBroken)?;
            return Ok(Self::Ready(setup));
        }
        Waiting::read(first, second).map(Self::Waiting)
    }
}

/// The record of a share with a finished set-up (§8.1).
pub(super) fn ready_record(
    share: &[u8; 32],
    point: &[u8; 33],
    setup: &ServerSetup,
) -> SecretRecord {
    let bytes = setup.to_bytes();
    let (delta, leaves) = bytes.split_at(16);
    SecretRecord::share_with_ot(share, point, [delta, leaves])
}
