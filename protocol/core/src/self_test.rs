//! Start-up self-test: published known answers of every primitive, on every usable back end.

use subtle::ConstantTimeEq;

use crate::curve::{self, Affine, SecretScalar, Sm2, P256};
use crate::device;
use crate::e2e::hpke::{Context, KeyPair};
use crate::error::{Error, Result};
use crate::hash::{label, sm3, tail, xmd, XofFamily};
use crate::ot;
use crate::pin::{k_pin, KdfParams};
use crate::seal::gcm;
use crate::sm2;
use sha2::Sha256;

/// Runs everything. Takes some 50 ms, most of it for Argon2id.
///
/// # Errors
/// [`Error::InternalFault`] if anything differs; the process must not serve.
pub fn run() -> Result<()> {
    curve::self_check().map_err(|_| Error::InternalFault)?;
    hashes()?;
    aead()?;
    let before = curve::active();
    let outcome = curve::usable().into_iter().try_for_each(|backend| {
        curve::select(backend).map_err(|_| Error::InternalFault)?;
        signatures()?;
        transfer()?;
        envelope()
    });
    // `before` was in use, so it can be selected.
    let _ = curve::select(before);
    outcome.map_err(|_| Error::InternalFault)?;
    pin()
}

fn same(got: &[u8], want: &[u8]) -> Result<()> {
    if bool::from(got.ct_eq(want)) {
        Ok(())
    } else {
        Err(Error::InternalFault)
    }
}

/// GB/T 32905 "abc"; RFC 9380 K.1, `expand_message_xmd` of the empty message.
fn hashes() -> Result<()> {
    let abc = halves(
        0x66c7_f0f4_62ee_edd9_d1f2_d46b_dc10_e4e2,
        0x4167_c487_5cf2_f7a2_297d_a02b_8f4b_a8e0,
    );
    same(&sm3(&[b"abc"]), &abc)?;
    let mut out = [0; 32];
    xmd::<Sha256>(b"", b"QUUX-V01-CS02-with-expander-SHA256-128", &mut out);
    let empty = halves(
        0x68a9_85b8_7eb6_b469_5212_8911_f2a4_412b,
        0xbc30_2a9d_7596_67f8_7f7a_21d8_03f0_7235,
    );
    same(&out, &empty)
}

/// AES-256-GCM, test case 14 of the mode's specification.
fn aead() -> Result<()> {
    let sealed = gcm::encrypt(&[0; 32], &[0; 12], b"", &[0; 16]).ok_or(Error::InternalFault)?;
    let want = halves(
        0xcea7_403d_4d60_6b6e_074e_c5d3_baf3_9d18,
        0xd0d1_c8a7_9999_6bf0_265b_98b5_d48a_b919,
    );
    same(&sealed, &want)?;
    let opened = gcm::decrypt(&[0; 32], &[0; 12], b"", &sealed).ok_or(Error::InternalFault)?;
    same(&opened, &[0; 16])
}

/// GB/T 32918.5 signature and RFC 6979 A.2.5 "sample", with a changed digest refused.
fn signatures() -> Result<()> {
    let d = halves(
        0x3945_208f_7b21_44b1_3f36_e38a_c6d3_9f95,
        0x8893_9369_2860_b51a_42fb_81ef_4df7_c5b8,
    );
    let mut e = halves(
        0xf0b4_3e94_ba45_acca_ace6_92ed_5343_82eb,
        0x17e6_ab5a_19ce_7b31_f448_6fdf_c0d2_8640,
    );
    let signature = joined(
        halves(
            0xf5a0_3b06_48d2_c463_0eea_c513_e1bb_81a1,
            0x5944_da38_27d5_b741_43ac_7eac_eee7_20b3,
        ),
        halves(
            0xb1b6_aa29_df21_2fd8_7631_82bc_0d42_1ca1,
            0xbb90_38fd_1f7f_42d4_840b_69c4_85bb_c1aa,
        ),
    );
    let public = public_key::<Sm2>(&d)?;
    sm2::verify(&public, &e, &signature)?;
    e[31] ^= 1;
    refused(sm2::verify(&public, &e, &signature))?;

    let x = halves(
        0xc9af_a9d8_45ba_7516_6b5c_2157_67b1_d693,
        0x4e50_c3db_36e8_9b12_7b8a_622b_120f_6721,
    );
    let mut hash = halves(
        0xaf2b_dbe1_aa9b_6ec1_e2ad_e1d6_94f4_1fc7,
        0x1a83_1d02_68e9_8915_6211_3d8a_62ad_d1bf,
    );
    let signature = joined(
        halves(
            0xefd4_8b2a_acb6_a8fd_1140_dd9c_d45e_81d6,
            0x9d2c_877b_56aa_f991_c34d_0ea8_4eaf_3716,
        ),
        halves(
            0xf7cb_1c94_2d65_7c41_d436_c7a1_b6e2_9f65,
            0xf3e9_00db_b9af_f406_4dc4_ab2f_843a_cda8,
        ),
    );
    let public = public_key::<P256>(&x)?;
    device::verify(&public, &hash, &signature)?;
    hash[31] ^= 1;
    refused(device::verify(&public, &hash, &signature))
}

/// RFC 9380 J.1.1, hash of the empty message; `XOF` and GF(2^128) on values computed with other implementations.
fn transfer() -> Result<()> {
    let mut uniform = [0; 96];
    let tag = b"QUUX-V01-CS02-with-P256_XMD:SHA-256_SSWU_RO_";
    xmd::<Sha256>(b"", tag, &mut uniform);
    let x = halves(
        0x2c15_230b_26db_c6fc_9a37_0511_58c9_5b79,
        0x656e_17a1_a920_b113_94ca_91c4_4247_d3e4,
    );
    // Enough for every lane to be used.
    for point in curve::map_batch(&[uniform; 9]) {
        same(&point.ok_or(Error::InternalFault)?.x_bytes(), &x)?;
    }
    let sid = halves(
        0x36b2_da86_6088_3cdc_6aea_f110_d047_b7b8,
        0xa83c_958d_2332_eee8_0a1f_0c54_37e4_7c40,
    );
    let leaf = 0xedfb_e9e8_13d1_bb59_38c2_ada8_62ae_7179_u128.to_be_bytes();
    let tails = [tail::<30>(&[&[0], &[1], &leaf]); 9];
    for out in XofFamily::new(label::EC_PRG, &[&sid])
        .outputs::<16>(&tails)
        .iter()
    {
        same(
            out,
            &0x8afa_a51c_b083_64e2_b9bf_6063_9e3e_8af3_u128.to_be_bytes(),
        )?;
    }
    same(
        &ot::product(
            &0x2762_3b81_19e1_d83a_847d_6931_ae03_4adf_u128.to_be_bytes(),
            &0x3819_af4c_ba7a_571f_e335_d25a_dac2_1237_u128.to_be_bytes(),
        ),
        &0xc38e_789c_f2e8_4d6e_3dce_2ed4_076a_6e46_u128.to_be_bytes(),
    )
}

/// Both ends of the envelope agree, and a foreign key does not open it.
fn envelope() -> Result<()> {
    let recipient = KeyPair::from_bytes(&[3; 32])?;
    let ephemeral = KeyPair::from_bytes(&[5; 32])?;
    let (sealed, _) =
        Context::sender(&ephemeral, recipient.public(), b"info")?.seal(b"aad", b"text")?;
    let (opened, _) =
        Context::recipient(&recipient, ephemeral.public(), b"info")?.open(b"aad", &sealed)?;
    same(&opened, b"text")?;
    refused(
        Context::recipient(&ephemeral, ephemeral.public(), b"info")?
            .open(b"aad", &sealed)
            .map(|_| ()),
    )
}

/// Argon2id at the floor cost, computed once with two other implementations.
fn pin() -> Result<()> {
    let salt = halves(
        0x4c52_1a55_89c1_db36_9b4d_b21b_583c_d5cf,
        0x5a67_1974_a2b2_8fa2_aca6_0e06_0845_9c5c,
    );
    let out = k_pin("271828", &salt, KdfParams::new(19 * 1024, 2, 1)?)?;
    let want = halves(
        0xb557_76c5_e113_1800_72d8_be24_6585_76d3,
        0x4c2e_a27f_ac6f_067a_ec28_fd10_f96d_73fe,
    );
    same(out.as_slice(), &want)
}

fn public_key<C: curve::Curve>(secret: &[u8; 32]) -> Result<Affine<C>> {
    let secret = SecretScalar::from_bytes(secret).ok_or(Error::InternalFault)?;
    curve::mul_base(&secret).ok_or(Error::InternalFault)
}

fn refused(outcome: Result<()>) -> Result<()> {
    match outcome {
        Ok(()) => Err(Error::InternalFault),
        Err(_) => Ok(()),
    }
}

fn halves(high: u128, low: u128) -> [u8; 32] {
    let mut out = [0; 32];
    out[..16].copy_from_slice(&high.to_be_bytes());
    out[16..].copy_from_slice(&low.to_be_bytes());
    out
}

fn joined(r: [u8; 32], s: [u8; 32]) -> [u8; 64] {
    let mut out = [0; 64];
    out[..32].copy_from_slice(&r);
    out[32..].copy_from_slice(&s);
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_known_answer_holds() {
        assert_eq!(super::run(), Ok(()));
    }
}
