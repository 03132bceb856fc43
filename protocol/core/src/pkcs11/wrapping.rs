//! HSM-3: the key that wraps decryption shares. Its unwrap template makes the token itself refuse to unwrap a share as a key
//! that could leave it or do anything but agree.

use cryptoki_sys as ck;

use super::agreement::attribute;
use super::{call, length, size_of, Module, Outcome, Session};

impl Module {
    /// Draws an AES-256 key called `label` in the token, for wrapping and unwrapping EC private keys only.
    ///
    /// # Errors
    /// The module's; a token that knows no unwrap template refuses the call.
    pub fn make_wrapping_key(&self, session: Session, label: &str) -> Outcome<()> {
        let (mut yes, mut no) = (ck::CK_TRUE, ck::CK_FALSE);
        let (mut yes_inside, mut no_inside) = (ck::CK_TRUE, ck::CK_FALSE);
        let (mut class, mut kind) = (ck::CKO_SECRET_KEY, ck::CKK_AES);
        let (mut class_inside, mut kind_inside) = (ck::CKO_PRIVATE_KEY, ck::CKK_EC);
        let mut size: ck::CK_ULONG = 32;
        let mut inside = [
            attribute(ck::CKA_CLASS, &mut class_inside),
            attribute(ck::CKA_KEY_TYPE, &mut kind_inside),
            attribute(ck::CKA_TOKEN, &mut no_inside),
            attribute(ck::CKA_SENSITIVE, &mut yes_inside),
            attribute(ck::CKA_EXTRACTABLE, &mut no_inside),
            attribute(ck::CKA_DERIVE, &mut yes_inside),
            attribute(ck::CKA_SIGN, &mut no_inside),
            attribute(ck::CKA_DECRYPT, &mut no_inside),
            attribute(ck::CKA_UNWRAP, &mut no_inside),
        ];
        let mut template = vec![
            attribute(ck::CKA_CLASS, &mut class),
            attribute(ck::CKA_KEY_TYPE, &mut kind),
            attribute(ck::CKA_VALUE_LEN, &mut size),
            ck::CK_ATTRIBUTE {
                type_: ck::CKA_LABEL,
                pValue: label.as_ptr().cast_mut().cast(),
                ulValueLen: length(label.as_bytes()),
            },
            ck::CK_ATTRIBUTE {
                type_: ck::CKA_UNWRAP_TEMPLATE,
                pValue: inside.as_mut_ptr().cast(),
                ulValueLen: size_of::<ck::CK_ATTRIBUTE>() * inside.len() as ck::CK_ULONG,
            },
        ];
        for given in [
            ck::CKA_TOKEN,
            ck::CKA_PRIVATE,
            ck::CKA_SENSITIVE,
            ck::CKA_WRAP,
            ck::CKA_UNWRAP,
        ] {
            template.push(attribute(given, &mut yes));
        }
        for missing in [
            ck::CKA_EXTRACTABLE,
            ck::CKA_MODIFIABLE,
            ck::CKA_ENCRYPT,
            ck::CKA_DECRYPT,
            ck::CKA_SIGN,
            ck::CKA_VERIFY,
            ck::CKA_DERIVE,
        ] {
            template.push(attribute(missing, &mut no));
        }
        let mut mechanism = ck::CK_MECHANISM {
            mechanism: ck::CKM_AES_KEY_GEN,
            ..Default::default()
        };
        let mut made = 0;
        call!(
            self,
            C_GenerateKey(
                session,
                &raw mut mechanism,
                template.as_mut_ptr(),
                template.len() as ck::CK_ULONG,
                &raw mut made
            )
        );
        Ok(())
    }
}
