//! Body and answer of `EC_SIGN` (§6.3), and the hashes that bind them.

use zeroize::Zeroizing;

use super::codec::Reader;
use super::sign::digest_scalar;
use crate::curve::{Affine, Scalar, P256};
use crate::error::{Error, Result};
use crate::hash::{h, label, Transcript};
use crate::ot::{Block, Column, Hidden, COLUMNS, COLUMN_BYTES, TREES};
use crate::proof::Proof;

/// Rows of one multiplication (ξ).
pub const XI: usize = 512;
/// Scalars of one row of corrections: the product and two checks.
pub const ROW: usize = 3;
/// Multiplications per signature.
pub const INSTANCES: usize = 2;
/// Bytes of the corrections of one multiplication.
const AT_LEN: usize = XI * ROW * 32;

/// Request body: a digest, the phone's nonce point, the OT extension and what completes both multiplications. With the
/// unmasked seeds it gives the share (PIN-6), so what is secret in it is wiped when dropped.
#[derive(Clone)]
pub struct EcSignBody {
    /// e, not zero modulo n.
    pub digest: [u8; 32],
    /// D as sent.
    pub encoded: Zeroizing<[u8; 33]>,
    /// D = kB·G.
    pub point: Zeroizing<Affine<P256>>,
    /// OT extension (EC-3).
    pub ot: OtMessage,
    /// `delta_0`, `delta_1`; may be zero.
    pub delta: Zeroizing<[Scalar<P256>; INSTANCES]>,
    /// Proof of kB and of the share (EC-4).
    pub proof: Proof<P256>,
}

/// The phone's message of the OT extension. Every content decodes; EC-6 decides whether it is consistent.
#[derive(Clone)]
pub struct OtMessage {
    /// `C_0` … `C_63`.
    pub columns: Hidden<[Column; TREES]>,
    /// x~.
    pub x_tilde: Zeroizing<Block>,
    /// `t~_0` … `t~_127`.
    pub t_tilde: Hidden<[Block; COLUMNS]>,
}

impl OtMessage {
    /// All zero, to compute on instead of a message that may not be touched.
    pub(crate) fn zero() -> Self {
        Self {
            columns: Box::new([[0; COLUMN_BYTES]; TREES].into()),
            x_tilde: Zeroizing::default(),
            t_tilde: Box::new([[0; 16]; COLUMNS].into()),
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self> {
        let mut message = Self::zero();
        for part in [
            message.columns.as_flattened_mut(),
            message.x_tilde.as_mut_slice(),
            message.t_tilde.as_flattened_mut(),
        ] {
            part.copy_from_slice(reader.bytes(part.len())?);
        }
        Ok(message)
    }
}

impl EcSignBody {
    /// Length without the device signature.
    pub const LEN: usize = 32 + 33 + COLUMN_BYTES * TREES + 16 + 16 * COLUMNS + 64 + 64;

    /// Body without the device signature: 11 473 bytes.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let [delta_0, delta_1] = self
            .delta
            .each_ref()
            .map(|one| Zeroizing::new(one.to_bytes()));
        let proof = self.proof.to_bytes();
        let parts: [&[u8]; 8] = [
            &self.digest,
            self.encoded.as_slice(),
            self.ot.columns.as_flattened(),
            self.ot.x_tilde.as_slice(),
            self.ot.t_tilde.as_flattened(),
            delta_0.as_slice(),
            delta_1.as_slice(),
            &proof,
        ];
        parts.concat().into()
    }

    /// Decodes strictly 11 473 bytes: digest (ENC-3), point (ENC-1), `delta` below n, proof (ENC-2).
    ///
    /// # Errors
    /// `MalformedMessage`, `MalformedPoint`, `MalformedScalar`, `DigestRefused`.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let digest = *reader.array::<32>()?;
        let encoded = Zeroizing::new(*reader.array::<33>()?);
        let ot = OtMessage::read(&mut reader)?;
        let delta = Zeroizing::new([reader.residue()?, reader.residue()?]);
        let proof = reader.array::<64>()?;
        reader.end()?;
        digest_scalar::<P256>(&digest)?;
        Ok(Self {
            digest,
            point: Zeroizing::new(Affine::decode(encoded.as_slice())?),
            encoded,
            ot,
            delta,
            proof: Proof::from_bytes(proof)?,
        })
    }
}

/// The hashes of one request (EC-1, EC-4).
#[derive(Clone, Copy)]
pub struct EcSession {
    /// sid, which OT extension and multiplication run under.
    pub sid: [u8; 32],
    /// ctx, which the proofs and the device signature are over.
    pub ctx: [u8; 32],
}

impl EcSession {
    /// Of a received request; `header` is the encoded header, `pk` its field 10.
    #[must_use]
    pub fn new(header: &[u8], pk: &[u8; 33], body: &EcSignBody) -> Self {
        Self::of(&ec_ctx0(header, &body.digest, pk), body)
    }

    /// From ctx0. ctx = H("EC/ctx", ctx0, H("EC/body", D, C, x~, t~, `delta_0`, `delta_1`)).
    #[must_use]
    pub(crate) fn of(ctx0: &[u8; 32], body: &EcSignBody) -> Self {
        let body_hash = Transcript::<P256>::new(label::EC_BODY)
            .field(body.encoded.as_slice())
            .field(body.ot.columns.as_flattened())
            .field(body.ot.x_tilde.as_slice())
            .field(body.ot.t_tilde.as_flattened())
            .fields(body.delta.each_ref().map(Scalar::to_bytes))
            .finish();
        Self {
            sid: ec_sid(ctx0),
            ctx: h::<P256>(label::EC_CTX, &[ctx0, &body_hash]),
        }
    }
}

/// EC-1: ctx0 = H("EC/ctx0", header, e, pk).
#[must_use]
pub fn ec_ctx0(header: &[u8], digest: &[u8; 32], pk: &[u8; 33]) -> [u8; 32] {
    h::<P256>(label::EC_CTX0, &[header, digest, pk])
}

/// EC-1: sid = H("EC/sid", ctx0).
#[must_use]
pub fn ec_sid(ctx0: &[u8; 32]) -> [u8; 32] {
    h::<P256>(label::EC_SID, &[ctx0])
}

/// What the server sends of one multiplication (EC-9).
#[derive(Clone)]
pub struct Multiplication {
    /// at, row-major: 512 rows of three scalars below n. Canonical, because only [`Multiplication::new`] and a strict
    /// decoder make one.
    at: Zeroizing<Vec<u8>>,
    /// `eta_1`, `eta_2`.
    pub eta: [Scalar<P256>; ROW - 1],
    /// Hash of the check values.
    pub mu: [u8; 32],
}

impl Multiplication {
    /// From the encoding of corrections that were computed.
    pub(crate) fn new(at: Zeroizing<Vec<u8>>, eta: [Scalar<P256>; ROW - 1], mu: [u8; 32]) -> Self {
        debug_assert_eq!(at.len(), AT_LEN);
        Self { at, eta, mu }
    }

    /// All corrections, 49 152 bytes.
    #[must_use]
    pub fn at(&self) -> &[u8] {
        &self.at
    }

    /// The corrections of each row, j = 0 … 511.
    pub(crate) fn rows(&self) -> impl Iterator<Item = [Scalar<P256>; ROW]> + '_ {
        let (scalars, _) = self.at.as_chunks::<32>();
        let (rows, _) = scalars.as_chunks::<ROW>();
        // All are below n, so that reducing changes nothing.
        rows.iter().map(|row| row.each_ref().map(Scalar::reduce32))
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self> {
        let at = reader.bytes(AT_LEN)?;
        let (scalars, _) = at.as_chunks::<32>();
        if scalars
            .iter()
            .any(|s| Scalar::<P256>::from_bytes_or_zero(s).is_none())
        {
            return Err(Error::MalformedScalar);
        }
        Ok(Self {
            at: Zeroizing::new(at.to_vec()),
            eta: [reader.residue()?, reader.residue()?],
            mu: *reader.array()?,
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.at);
        for eta in self.eta {
            out.extend_from_slice(&eta.to_bytes());
        }
        out.extend_from_slice(&self.mu);
    }
}

/// Answer body (EC-7 … EC-10).
#[derive(Clone)]
pub struct EcSignAnswer {
    /// Fresh bytes of the server, in all pads.
    pub nonce_s: [u8; 32],
    /// R' = kA'·D.
    pub point: Zeroizing<Affine<P256>>,
    /// piR: c ‖ z.
    pub proof: Proof<P256>,
    /// Instances 0 and 1.
    pub multiplications: [Multiplication; INSTANCES],
    /// etaPhi; may be zero.
    pub eta_phi: Scalar<P256>,
    /// etaSig; may be zero.
    pub eta_sig: Scalar<P256>,
}

impl EcSignAnswer {
    /// Length of the answer body.
    pub const LEN: usize = 32 + 33 + 64 + INSTANCES * (AT_LEN + 96) + 64;

    /// Answer body: 98 689 bytes.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(Self::LEN));
        out.extend_from_slice(&self.nonce_s);
        out.extend_from_slice(&self.point.encode());
        out.extend_from_slice(&self.proof.to_bytes());
        for multiplication in &self.multiplications {
            multiplication.write(&mut out);
        }
        out.extend_from_slice(&self.eta_phi.to_bytes());
        out.extend_from_slice(&self.eta_sig.to_bytes());
        out
    }

    /// EC-11: strict decoding of an answer body.
    ///
    /// # Errors
    /// `MalformedMessage`, `MalformedPoint`, `MalformedScalar`.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let answer = Self {
            nonce_s: *reader.array()?,
            point: Zeroizing::new(reader.point()?),
            proof: Proof::from_bytes(reader.array()?)?,
            multiplications: [
                Multiplication::read(&mut reader)?,
                Multiplication::read(&mut reader)?,
            ],
            eta_phi: reader.residue()?,
            eta_sig: reader.residue()?,
        };
        reader.end()?;
        Ok(answer)
    }
}
