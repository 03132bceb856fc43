//! HSM-1: the two forms in which a token seals records.

use cryptoki_sys as ck;
use zeroize::Zeroizing;

use super::{call, length, size_of, Fault, Module, Object, Outcome, Session};
use crate::seal::gcm::{self, NONCE, TAG};
use crate::seal::SecretRecord;

/// What is authenticated to get the check value of a root key.
const CHECK_LABEL: &[u8] = b"COSIGN-v1/kek-check";

/// `alg` of section 8.1, as far as tokens of PKCS#11 offer it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// alg 1: `CKM_AES_GCM` with the whole additional data, in the token.
    Gcm,
    /// alg 2: `CKM_SHA256_HMAC` of a root over the additional data gives the key of one record; AES-256-GCM here.
    Derived,
}

impl Form {
    /// The form of a number; `None` for a form that is not known.
    #[must_use]
    pub fn of(alg: u8) -> Option<Self> {
        match alg {
            1 => Some(Self::Gcm),
            2 => Some(Self::Derived),
            _ => None,
        }
    }
}

/// The record does not open: the token's codes for it. `CKR_GENERAL_ERROR` is what some tokens say to a wrong tag.
#[must_use]
pub fn concerns_record(fault: Fault) -> bool {
    const RECORD: [ck::CK_RV; 4] = [
        ck::CKR_ENCRYPTED_DATA_INVALID,
        ck::CKR_ENCRYPTED_DATA_LEN_RANGE,
        ck::CKR_AEAD_DECRYPT_FAILED,
        ck::CKR_GENERAL_ERROR,
    ];
    fault.call == "C_Decrypt" && RECORD.contains(&fault.code)
}

impl Module {
    /// Seals a record: iv (12, from the token) ‖ ciphertext ‖ tag (16).
    ///
    /// # Errors
    /// The module's.
    pub fn seal(
        &self,
        session: Session,
        key: Object,
        form: Form,
        record: &SecretRecord,
        aad: &[u8],
    ) -> Outcome<Vec<u8>> {
        let mut iv = [0; NONCE];
        self.random(session, &mut iv)?;
        let plaintext = record.expose();
        let sealed = match form {
            // A token that insists on drawing the iv itself replaces ours.
            Form::Gcm => self.encrypt(session, key, &mut iv, aad, plaintext)?,
            Form::Derived => {
                let record_key = self.record_key(session, key, aad)?;
                gcm::encrypt(&record_key, &iv, aad, plaintext)
                    .ok_or(Fault::own("seal", ck::CKR_DATA_LEN_RANGE))?
            }
        };
        Ok([iv.as_slice(), &sealed].concat())
    }

    /// Opens what [`Self::seal`] made (SEAL-2).
    ///
    /// # Errors
    /// The module's; [`concerns_record`] tells those that a wrong record causes.
    pub fn open(
        &self,
        session: Session,
        key: Object,
        form: Form,
        sealed: &[u8],
        aad: &[u8],
    ) -> Outcome<SecretRecord> {
        let broken = Fault::own("C_Decrypt", ck::CKR_AEAD_DECRYPT_FAILED);
        let (iv, ciphertext) = sealed.split_first_chunk::<NONCE>().ok_or(broken)?;
        if ciphertext.len() <= TAG {
            return Err(broken);
        }
        let plaintext = match form {
            Form::Gcm => self.decrypt(session, key, iv, aad, ciphertext)?,
            Form::Derived => {
                let record_key = self.record_key(session, key, aad)?;
                gcm::decrypt(&record_key, iv, aad, ciphertext).ok_or(broken)?
            }
        };
        Ok(SecretRecord::new(plaintext))
    }

    /// Check value of a key, 3 bytes: of AES-256-ECB(0^16) as the software token has it, or for a root of
    /// HMAC-SHA-256("COSIGN-v1/kek-check").
    ///
    /// # Errors
    /// The module's.
    pub fn check_value(&self, session: Session, key: Object, form: Form) -> Outcome<[u8; 3]> {
        let first = match form {
            Form::Gcm => {
                let mut mechanism = ck::CK_MECHANISM {
                    mechanism: ck::CKM_AES_ECB,
                    ..Default::default()
                };
                call!(self, C_EncryptInit(session, &raw mut mechanism, key));
                let (mut zero, mut block) = ([0_u8; 16], [0_u8; 32]);
                let mut written = length(&block);
                call!(
                    self,
                    C_Encrypt(
                        session,
                        zero.as_mut_ptr(),
                        16,
                        block.as_mut_ptr(),
                        &raw mut written
                    )
                );
                block
            }
            Form::Derived => *self.record_key(session, key, CHECK_LABEL)?,
        };
        Ok([first[0], first[1], first[2]])
    }

    fn record_key(
        &self,
        session: Session,
        root: Object,
        context: &[u8],
    ) -> Outcome<Zeroizing<[u8; 32]>> {
        let mut mechanism = ck::CK_MECHANISM {
            mechanism: ck::CKM_SHA256_HMAC,
            ..Default::default()
        };
        call!(self, C_SignInit(session, &raw mut mechanism, root));
        let mut out = Zeroizing::new([0_u8; 32]);
        let mut written = 32;
        call!(
            self,
            C_Sign(
                session,
                context.as_ptr().cast_mut(),
                length(context),
                out.as_mut_ptr(),
                &raw mut written
            )
        );
        if written == 32 {
            Ok(out)
        } else {
            Err(Fault::own("C_Sign", ck::CKR_DEVICE_ERROR))
        }
    }

    fn encrypt(
        &self,
        session: Session,
        key: Object,
        iv: &mut [u8; NONCE],
        aad: &[u8],
        plaintext: &[u8],
    ) -> Outcome<Vec<u8>> {
        let mut parameters = gcm_parameters(iv.as_mut_ptr(), aad);
        let mut mechanism = gcm_mechanism(&mut parameters);
        call!(self, C_EncryptInit(session, &raw mut mechanism, key));
        let mut out = vec![0; plaintext.len() + TAG];
        let mut written = length(&out);
        call!(
            self,
            C_Encrypt(
                session,
                plaintext.as_ptr().cast_mut(),
                length(plaintext),
                out.as_mut_ptr(),
                &raw mut written
            )
        );
        if written == length(&out) {
            Ok(out)
        } else {
            Err(Fault::own("C_Encrypt", ck::CKR_DEVICE_ERROR))
        }
    }

    fn decrypt(
        &self,
        session: Session,
        key: Object,
        iv: &[u8; NONCE],
        aad: &[u8],
        ciphertext: &[u8],
    ) -> Outcome<Zeroizing<Vec<u8>>> {
        let mut parameters = gcm_parameters(iv.as_ptr().cast_mut(), aad);
        let mut mechanism = gcm_mechanism(&mut parameters);
        call!(self, C_DecryptInit(session, &raw mut mechanism, key));
        // As long as the input: some tokens ask for room for the tag.
        let mut out = Zeroizing::new(vec![0; ciphertext.len()]);
        let mut written = length(&out);
        call!(
            self,
            C_Decrypt(
                session,
                ciphertext.as_ptr().cast_mut(),
                length(ciphertext),
                out.as_mut_ptr(),
                &raw mut written
            )
        );
        if written == length(ciphertext) - TAG as ck::CK_ULONG {
            out.truncate(ciphertext.len() - TAG);
            Ok(out)
        } else {
            Err(Fault::own("C_Decrypt", ck::CKR_DEVICE_ERROR))
        }
    }
}

fn gcm_parameters(iv: *mut u8, aad: &[u8]) -> ck::CK_GCM_PARAMS {
    ck::CK_GCM_PARAMS {
        pIv: iv,
        ulIvLen: NONCE as ck::CK_ULONG,
        ulIvBits: 8 * NONCE as ck::CK_ULONG,
        pAAD: aad.as_ptr().cast_mut(),
        ulAADLen: length(aad),
        ulTagBits: 8 * TAG as ck::CK_ULONG,
    }
}

fn gcm_mechanism(parameters: &mut ck::CK_GCM_PARAMS) -> ck::CK_MECHANISM {
    ck::CK_MECHANISM {
        mechanism: ck::CKM_AES_GCM,
        pParameter: core::ptr::from_mut(parameters).cast(),
        ulParameterLen: size_of::<ck::CK_GCM_PARAMS>(),
    }
}
