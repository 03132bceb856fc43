//! The phone's share at rest and in use (PIN-1 … PIN-6).

use std::sync::Mutex;

use zeroize::Zeroizing;

use super::exchange::Prepared;
use crate::curve::{Affine, Scalar, SecretScalar, Sm2, P256};
use crate::error::{Error, Result};
use crate::hash::Suite;
use crate::message::{needs_ot, Purpose, SuiteId, MAX_ID};
use crate::ot::{Block, PhoneSeeds, COLUMNS};
use crate::pin::{self, KdfParams, SALT};
use crate::random;
use crate::seal::{Kind, SecretRecord};

/// Which share of which key: the public half of a blob.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct ShareName {
    pub(super) key_id: String,
    pub(super) share_id: [u8; 16],
    pub(super) suite: SuiteId,
    pub(super) purpose: Purpose,
    pub(super) pk: [u8; 33],
}

impl ShareName {
    /// An operation under a header that names another share, key or purpose would prove the wrong thing.
    pub(super) fn check(&self, header: &Prepared) -> Result<()> {
        let header = &header.fields;
        if header.purpose != self.purpose || header.suite != self.suite {
            return Err(Error::PurposeMismatch);
        }
        if header.key_id != self.key_id || header.share_id != self.share_id || header.pk != self.pk
        {
            return Err(Error::MalformedMessage);
        }
        Ok(())
    }

    /// PIN-5: the share a PIN opens a blob to.
    fn unblind<S: Suite>(
        &self,
        k_pin: &[u8; 32],
        b_blob: &[u8; 32],
    ) -> Result<Zeroizing<[u8; 32]>> {
        let h = pin::factor::<S>(k_pin, &self.key_id, &self.share_id);
        let b_blob = SecretScalar::from_bytes(b_blob).ok_or(Error::InternalFault)?;
        Ok(pin::unblind(b_blob.expose(), &h).to_bytes())
    }

    /// PIN-6: masks the nodes of an OT set-up.
    fn mask(&self, k_pin: &[u8; 32], seeds: &PhoneSeeds) -> MaskedSeeds {
        MaskedSeeds {
            otsid: *seeds.otsid(),
            nodes: Zeroizing::new(seeds.mask(k_pin, &self.key_id, &self.share_id)),
        }
    }
}

/// The OT set-up of a P-256 signing share: its session id, which is public, and the masked nodes (PIN-6).
#[derive(Clone)]
struct MaskedSeeds {
    otsid: [u8; 32],
    nodes: Zeroizing<[Block; COLUMNS]>,
}

/// The phone's PIN-blinded share (PIN-4). Tells nothing about the PIN.
#[derive(Clone)]
pub struct Blob {
    name: ShareName,
    /// `b_blob`.
    blinded: Zeroizing<[u8; 32]>,
    salt: Zeroizing<[u8; SALT]>,
    cost: KdfParams,
    seeds: Option<MaskedSeeds>,
}

impl Blob {
    /// PIN-1 … PIN-3, PIN-6: blinds a share and masks its OT seeds under a new salt.
    ///
    /// # Errors
    /// [`Error::MalformedMessage`] for a PIN that PIN-7 refuses; [`Error::RandomUnavailable`].
    pub(super) fn make<S: Suite>(
        name: ShareName,
        share: &SecretScalar<S>,
        seeds: Option<&PhoneSeeds>,
        pin: &str,
        cost: KdfParams,
    ) -> Result<Self> {
        pin::check(pin)?;
        let salt = random::fresh32()?;
        let k_pin = pin::k_pin(pin, &salt, cost)?;
        let h = pin::factor::<S>(&k_pin, &name.key_id, &name.share_id);
        let seeds = seeds.map(|seeds| name.mask(&k_pin, seeds));
        Ok(Self {
            blinded: Zeroizing::new(pin::blind(share, &h).to_bytes()),
            name,
            salt,
            cost,
            seeds,
        })
    }

    /// Reads a blob back from its record.
    ///
    /// # Errors
    /// [`Error::SealBroken`] if the record holds something else.
    pub fn restore(record: &SecretRecord) -> Result<Self> {
        Self::read(record).map_err(|_| Error::SealBroken)
    }

    fn read(record: &SecretRecord) -> Result<Self> {
        let (fields, seeds) = if let Ok(fields) = record.as_kind::<8>(Kind::Blob) {
            (fields, None)
        } else {
            let [a, b, c, d, e, f, g, h, otsid, nodes] = record.as_kind(Kind::Blob)?;
            ([a, b, c, d, e, f, g, h], Some((otsid, nodes)))
        };
        let [key_id, share_id, suite, purpose, b_blob, salt, cost, pk] = fields;
        let key_id = core::str::from_utf8(key_id).map_err(|_| Error::SealBroken)?;
        if !(1..=MAX_ID).contains(&key_id.len()) {
            return Err(Error::SealBroken);
        }
        let &[purpose] = purpose else {
            return Err(Error::SealBroken);
        };
        let (suite, purpose) = (SuiteId::from_name(suite)?, Purpose::from_byte(purpose)?);
        let (blinded, pk) = (Zeroizing::new(exact(b_blob)?), exact(pk)?);
        match suite {
            SuiteId::Sm2 => check_numbers::<Sm2>(&blinded, &pk)?,
            SuiteId::P256 => check_numbers::<P256>(&blinded, &pk)?,
        }
        let seeds = match seeds {
            Some((otsid, nodes)) if needs_ot(suite, purpose) => {
                let (blocks, rest) = nodes.as_chunks();
                let nodes: Option<&[Block; COLUMNS]> = blocks.try_into().ok();
                match nodes {
                    Some(nodes) if rest.is_empty() => Some(MaskedSeeds {
                        otsid: exact(otsid)?,
                        nodes: Zeroizing::new(*nodes),
                    }),
                    _ => return Err(Error::SealBroken),
                }
            }
            None if !needs_ot(suite, purpose) => None,
            _ => return Err(Error::SealBroken),
        };
        Ok(Self {
            name: ShareName {
                key_id: key_id.to_owned(),
                share_id: exact(share_id)?,
                suite,
                purpose,
                pk,
            },
            blinded,
            salt: Zeroizing::new(exact(salt)?),
            cost: KdfParams::from_bytes(cost)?,
            seeds,
        })
    }

    /// PIN-4: the record to seal.
    #[must_use]
    pub fn export(&self) -> SecretRecord {
        let (purpose, cost) = ([self.name.purpose as u8], self.cost.to_bytes());
        let mut fields: Vec<&[u8]> = vec![
            self.name.key_id.as_bytes(),
            &self.name.share_id,
            self.name.suite.name().as_bytes(),
            &purpose,
            self.blinded.as_slice(),
            self.salt.as_slice(),
            &cost,
            &self.name.pk,
        ];
        if let Some(seeds) = &self.seeds {
            fields.extend([seeds.otsid.as_slice(), seeds.nodes.as_flattened()]);
        }
        SecretRecord::of(Kind::Blob, &fields)
    }

    /// Name of the key.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.name.key_id
    }

    /// Server record this share belongs to.
    #[must_use]
    pub fn share_id(&self) -> [u8; 16] {
        self.name.share_id
    }

    /// Suite of the key.
    #[must_use]
    pub fn suite(&self) -> SuiteId {
        self.name.suite
    }

    /// Purpose of the key.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        self.name.purpose
    }

    /// Joint public key, compressed.
    #[must_use]
    pub fn pk(&self) -> [u8; 33] {
        self.name.pk
    }

    /// PIN-5: every PIN gives a share; only the server's proof check tells whether it is the right one.
    ///
    /// # Errors
    /// [`Error::MalformedMessage`] for a PIN of more than 256 bytes.
    pub fn unlock(&self, pin: &str) -> Result<Unlocked> {
        let k_pin = pin::k_pin(pin, &self.salt, self.cost)?;
        let share = match self.name.suite {
            SuiteId::Sm2 => self.name.unblind::<Sm2>(&k_pin, &self.blinded)?,
            SuiteId::P256 => self.name.unblind::<P256>(&k_pin, &self.blinded)?,
        };
        Ok(Unlocked {
            name: self.name.clone(),
            blob: Mutex::new(self.clone()),
            open: Mutex::new(Some(Opened { share, k_pin })),
        })
    }
}

fn check_numbers<S: Suite>(b_blob: &[u8; 32], pk: &[u8; 33]) -> Result<()> {
    Scalar::<S>::from_bytes(b_blob).ok_or(Error::SealBroken)?;
    Affine::<S>::decode(pk)?;
    Ok(())
}

struct Opened {
    share: Zeroizing<[u8; 32]>,
    k_pin: Zeroizing<[u8; 32]>,
}

/// A share opened for one operation or one batch: d1, or a of a multiplicative key, and the OT seeds that go with it.
pub struct Unlocked {
    pub(super) name: ShareName,
    blob: Mutex<Blob>,
    open: Mutex<Option<Opened>>,
}

impl Unlocked {
    /// Drops the share now; later use is [`Error::AlreadyUsed`].
    pub fn wipe(&self) {
        drop(super::take(&self.open));
    }

    /// A copy for the operation that starts under `header`.
    pub(super) fn share_for<S: Suite>(&self, header: &Prepared) -> Result<SecretScalar<S>> {
        self.name.check(header)?;
        if self.name.suite.name() != S::NAME {
            return Err(Error::PurposeMismatch);
        }
        self.with(|opened| SecretScalar::from_bytes(&opened.share).ok_or(Error::InternalFault))
    }

    /// PIN-6: the OT seeds of a P-256 signing share.
    pub(super) fn seeds(&self) -> Result<PhoneSeeds> {
        let blob = self.blob.lock().map_err(|_| Error::InternalFault)?;
        let masked = blob.seeds.as_ref().ok_or(Error::PurposeMismatch)?;
        self.with(|opened| {
            Ok(PhoneSeeds::unmask(
                &masked.nodes,
                &opened.k_pin,
                &self.name.key_id,
                &self.name.share_id,
                &masked.otsid,
            ))
        })
    }

    /// The same share with the seeds of a new OT set-up (`OT_SETUP`), here and in the blob. Its salt stays: two blobs of one share under two salts
    /// could be joined over all PINs.
    pub(super) fn reseeded(&self, seeds: &PhoneSeeds) -> Result<Blob> {
        let mut blob = self.blob.lock().map_err(|_| Error::InternalFault)?;
        blob.seeds = Some(self.with(|opened| Ok(self.name.mask(&opened.k_pin, seeds)))?);
        Ok(blob.clone())
    }

    fn with<T>(&self, work: impl FnOnce(&Opened) -> Result<T>) -> Result<T> {
        let open = self.open.lock().map_err(|_| Error::InternalFault)?;
        work(open.as_ref().ok_or(Error::AlreadyUsed)?)
    }
}

fn exact<const N: usize>(field: &[u8]) -> Result<[u8; N]> {
    field.try_into().map_err(|_| Error::SealBroken)
}
