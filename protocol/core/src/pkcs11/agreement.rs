//! HSM-2: a decryption share that stays in the token, used through `CKM_ECDH1_DERIVE`; HSM-3: its one signature, by which a
//! phone knows that the token has it.

use cryptoki_sys as ck;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{call, length, size_of, Module, Object, Outcome, Session};
use crate::curve::{Affine, P256};
use crate::error::{Error, Result};

/// How a token wants the peer's point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointForm {
    /// SEC 1 uncompressed, 65 bytes.
    Raw,
    /// The same inside a DER OCTET STRING, 67 bytes.
    Der,
}

/// The x-coordinate that came out of the token; wiped when dropped.
pub struct SharedX(Zeroizing<[u8; 32]>);

impl SharedX {
    /// The 32 bytes, for the decryption step (DEC-4).
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// Compares with a known answer.
    ///
    /// # Errors
    /// [`Error::BadAnswer`] if it is another value.
    pub fn check(&self, expected: &[u8; 32]) -> Result<()> {
        if bool::from(self.0.as_slice().ct_eq(expected)) {
            Ok(())
        } else {
            Err(Error::BadAnswer)
        }
    }
}

/// A point of the other side, proved to be on the curve.
pub struct Peer([u8; 65]);

impl Peer {
    /// Decodes a compressed point of P-256, 33 bytes (ENC-1).
    ///
    /// # Errors
    /// [`Error::MalformedPoint`].
    pub fn decode(point: &[u8]) -> Result<Self> {
        let compressed: &[u8; 33] = point.try_into().map_err(|_| Error::MalformedPoint)?;
        Ok(Self(
            Affine::<P256>::decode(compressed)?.encode_uncompressed(),
        ))
    }
}

impl From<&Affine<P256>> for Peer {
    fn from(point: &Affine<P256>) -> Self {
        Self(point.encode_uncompressed())
    }
}

impl Module {
    /// x(d·T) of each point, in order.
    ///
    /// # Errors
    /// The module's.
    pub fn derive_all(
        &self,
        session: Session,
        private_key: Object,
        points: &[Affine<P256>],
        form: PointForm,
    ) -> Outcome<Zeroizing<Vec<[u8; 32]>>> {
        let mut out = Zeroizing::new(vec![[0; 32]; points.len()]);
        for (x, point) in out.iter_mut().zip(points) {
            let shared = self.derive(session, private_key, &Peer::from(point), form)?;
            *x = *shared.expose();
        }
        Ok(out)
    }

    /// r ‖ s by `CKM_ECDSA`, which signs the 32 bytes as they are.
    ///
    /// # Errors
    /// The module's; `CKR_DEVICE_ERROR` for a signature of another length.
    pub fn sign(
        &self,
        session: Session,
        private_key: Object,
        message: &[u8; 32],
    ) -> Outcome<[u8; 64]> {
        let mut mechanism = ck::CK_MECHANISM {
            mechanism: ck::CKM_ECDSA,
            ..Default::default()
        };
        call!(self, C_SignInit(session, &raw mut mechanism, private_key));
        let (mut out, mut written) = ([0; 64], 64);
        call!(
            self,
            C_Sign(
                session,
                message.as_ptr().cast_mut(),
                length(message),
                out.as_mut_ptr(),
                &raw mut written
            )
        );
        if written == 64 {
            Ok(out)
        } else {
            Err(super::Fault::own("C_Sign", ck::CKR_DEVICE_ERROR))
        }
    }

    /// x(d·T) for the private key d in the token (HSM-2).
    ///
    /// # Errors
    /// The module's.
    pub fn derive(
        &self,
        session: Session,
        private_key: Object,
        peer: &Peer,
        form: PointForm,
    ) -> Outcome<SharedX> {
        self.derive_raw(session, private_key, &peer.0, form)
    }

    /// HSM-4: hands over a point that is not on the curve; the token must refuse it.
    ///
    /// # Errors
    /// The module's, which is what should happen.
    pub fn derive_off_curve(
        &self,
        session: Session,
        private_key: Object,
        form: PointForm,
    ) -> Outcome<()> {
        // x = 1, y = 1: y² - x³ + 3x - b is not 0 on P-256.
        let mut point = [0; 65];
        (point[0], point[32], point[64]) = (4, 1, 1);
        self.derive_raw(session, private_key, &point, form)
            .map(drop)
    }

    fn derive_raw(
        &self,
        session: Session,
        private_key: Object,
        point: &[u8; 65],
        form: PointForm,
    ) -> Outcome<SharedX> {
        let encoded = match form {
            PointForm::Raw => point.to_vec(),
            PointForm::Der => [&[4, 65], point.as_slice()].concat(),
        };
        let mut parameters = ck::CK_ECDH1_DERIVE_PARAMS {
            kdf: ck::CKD_NULL,
            ulPublicDataLen: length(&encoded),
            pPublicData: encoded.as_ptr().cast_mut(),
            ..Default::default()
        };
        let mut mechanism = ck::CK_MECHANISM {
            mechanism: ck::CKM_ECDH1_DERIVE,
            pParameter: core::ptr::from_mut(&mut parameters).cast(),
            ulParameterLen: size_of::<ck::CK_ECDH1_DERIVE_PARAMS>(),
        };
        let (mut class, mut kind, mut size) = (
            ck::CKO_SECRET_KEY,
            ck::CKK_GENERIC_SECRET,
            32 as ck::CK_ULONG,
        );
        let (mut kept, mut sensitive, mut extractable) = (ck::CK_FALSE, ck::CK_FALSE, ck::CK_TRUE);
        let mut template = [
            attribute(ck::CKA_CLASS, &mut class),
            attribute(ck::CKA_KEY_TYPE, &mut kind),
            attribute(ck::CKA_VALUE_LEN, &mut size),
            attribute(ck::CKA_TOKEN, &mut kept),
            attribute(ck::CKA_SENSITIVE, &mut sensitive),
            attribute(ck::CKA_EXTRACTABLE, &mut extractable),
        ];
        let mut derived = 0;
        call!(
            self,
            C_DeriveKey(
                session,
                &raw mut mechanism,
                private_key,
                template.as_mut_ptr(),
                template.len() as ck::CK_ULONG,
                &raw mut derived
            )
        );
        let value = self.read_value(session, derived);
        self.destroy(session, derived)?;
        value
    }

    fn read_value(&self, session: Session, object: Object) -> Outcome<SharedX> {
        let mut out = Zeroizing::new([0_u8; 32]);
        let mut wanted = attribute(ck::CKA_VALUE, &mut *out);
        call!(
            self,
            C_GetAttributeValue(session, object, &raw mut wanted, 1)
        );
        if wanted.ulValueLen == 32 {
            Ok(SharedX(out))
        } else {
            Err(super::Fault::own(
                "C_GetAttributeValue",
                ck::CKR_DEVICE_ERROR,
            ))
        }
    }

    fn destroy(&self, session: Session, object: Object) -> Outcome<()> {
        call!(self, C_DestroyObject(session, object));
        Ok(())
    }
}

pub(super) fn attribute<T>(kind: ck::CK_ATTRIBUTE_TYPE, value: &mut T) -> ck::CK_ATTRIBUTE {
    ck::CK_ATTRIBUTE {
        type_: kind,
        pValue: core::ptr::from_mut(value).cast(),
        ulValueLen: size_of::<T>(),
    }
}
