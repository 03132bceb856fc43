//! Parameters of the two curves and the Montgomery reduction of their primes.

#[cfg(target_arch = "x86_64")]
use super::combine::Blinding;
#[cfg(target_arch = "x86_64")]
use super::lanes::LaneModulus;
use super::tables::Tables;
use super::word::{mac, mul64, Limbs, Words};
use std::sync::OnceLock;
#[cfg(not(target_arch = "x86_64"))]
use Modulus as LaneModulus;

/// An odd 256-bit modulus with the top bit set.
pub trait Modulus: Copy + Send + Sync + 'static {
    /// The modulus.
    const M: Limbs;
    /// −M⁻¹ mod 2^64.
    const NEG_INV: u64 = neg_inverse(Self::M[0]);
    /// 2^256 mod M.
    const R: Limbs = pow2_mod(&Self::M, 256);
    /// 2^512 mod M.
    const R2: Limbs = pow2_mod(&Self::M, 512);

    /// Montgomery reduction: `t / 2^256 mod M` for `t < M·2^256`, result below M.
    #[inline(always)]
    fn reduce<W: Words>(mut t: [u64; 8]) -> Limbs {
        let mut high_carry = false;
        for i in 0..4 {
            let m = t[i].wrapping_mul(Self::NEG_INV);
            let mut carry = 0u64;
            for j in 0..4 {
                (t[i + j], carry) = mac(t[i + j], m, Self::M[j], carry);
            }
            (t[i + 4], high_carry) = W::adc(t[i + 4], carry, high_carry);
        }
        super::field::subtract_once::<W>([t[4], t[5], t[6], t[7]], high_carry, &Self::M)
    }
}

/// Inverse of an odd word mod 2^64 by Newton's iteration, negated.
const fn neg_inverse(m: u64) -> u64 {
    let mut x = 1u64;
    let mut i = 0;
    while i < 6 {
        x = x.wrapping_mul(2u64.wrapping_sub(m.wrapping_mul(x)));
        i += 1;
    }
    x.wrapping_neg()
}

pub(super) const fn wrapping_sub(a: &Limbs, b: &Limbs) -> (Limbs, bool) {
    let mut d = [0u64; 4];
    let mut borrow = false;
    let mut i = 0;
    while i < 4 {
        let (partial, borrow1) = a[i].overflowing_sub(b[i]);
        let (word, borrow2) = partial.overflowing_sub(borrow as u64);
        d[i] = word;
        borrow = borrow1 || borrow2;
        i += 1;
    }
    (d, borrow)
}

/// `2^exponent mod m` for `exponent ≥ 256` and a modulus with the top bit set, at compile time.
pub(crate) const fn pow2_mod(m: &Limbs, exponent: usize) -> Limbs {
    let (mut a, _) = wrapping_sub(&[0; 4], m);
    let mut e = 256;
    while e < exponent {
        let top = a[3] >> 63;
        a = [
            a[0] << 1,
            a[1] << 1 | a[0] >> 63,
            a[2] << 1 | a[1] >> 63,
            a[3] << 1 | a[2] >> 63,
        ];
        let (d, borrow) = wrapping_sub(&a, m);
        if top == 1 || !borrow {
            a = d;
        }
        e += 1;
    }
    a
}

/// What a square root needs of a residue.
pub trait Multiplicative: Copy {
    /// `self · other`.
    fn times(&self, other: &Self) -> Self;
    /// `self^(2^n)`.
    fn squared(&self, n: usize) -> Self;
}

/// x^(2^(2k) − 1) from x^(2^k − 1).
#[inline(always)]
fn twice_as_long<E: Multiplicative>(run: E, k: usize) -> E {
    run.squared(k).times(&run)
}

/// x^(2^32 − 1).
#[inline(always)]
fn power_32_ones<E: Multiplicative>(x: E) -> E {
    let x2 = twice_as_long(x, 1);
    let x4 = twice_as_long(x2, 2);
    let x8 = twice_as_long(x4, 4);
    twice_as_long(twice_as_long(x8, 8), 16)
}

/// A prime p = 3 mod 4 that coordinates live in.
pub trait CoordinateField: LaneModulus {
    /// `x^((p + 1) / 4)`: a square root of x if there is one. The exponent is public, x may be secret.
    fn sqrt_candidate<E: Multiplicative>(x: E) -> E;
}

impl CoordinateField for Sm2Field {
    /// (p + 1) / 4 = 2^62·(2^32 − 1)·(2^160 − 1)
    #[inline(always)]
    fn sqrt_candidate<E: Multiplicative>(x: E) -> E {
        let a = power_32_ones(x);
        let a32 = power_32_ones(a);
        let a128 = twice_as_long(twice_as_long(a32, 32), 64);
        a128.squared(32).times(&a32).squared(62)
    }
}

impl CoordinateField for P256Field {
    /// (p + 1) / 4 = 2^94·(2^96·(2^32·(2^32 − 1) + 1) + 1)
    #[inline(always)]
    fn sqrt_candidate<E: Multiplicative>(x: E) -> E {
        power_32_ones(x)
            .squared(32)
            .times(&x)
            .squared(96)
            .times(&x)
            .squared(94)
    }
}

/// The prime and the order of a curve y² = x³ − 3x + b, cofactor 1.
pub trait Params: Copy + Send + Sync + 'static {
    /// Field of the coordinates.
    type Field: CoordinateField;
    /// Field of the scalars.
    type Order: Modulus;
    /// Coefficient b.
    const B: Limbs;
    /// Generator, x.
    const GX: Limbs;
    /// Generator, y.
    const GY: Limbs;
    /// Tables of multiples of the generator, built at first use.
    fn tables() -> &'static Tables<Self>;
    /// The secret point that sums in lanes start from, drawn at first use; `None` if there were no random bytes.
    #[cfg(target_arch = "x86_64")]
    fn blinding() -> Option<&'static Blinding<Self>>;
}

/// The curve of GB/T 32918.5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sm2;

/// NIST P-256 (secp256r1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct P256;

/// p of SM2: 2^256 − 2^224 − 2^96 + 2^64 − 1.
#[derive(Clone, Copy)]
pub struct Sm2Field;

/// n of SM2.
#[derive(Clone, Copy)]
pub struct Sm2Order;

/// p of P-256: 2^256 − 2^224 + 2^192 + 2^96 − 1.
#[derive(Clone, Copy)]
pub struct P256Field;

/// n of P-256.
#[derive(Clone, Copy)]
pub struct P256Order;

impl Modulus for Sm2Field {
    const M: Limbs = [
        0xffff_ffff_ffff_ffff,
        0xffff_ffff_0000_0000,
        0xffff_ffff_ffff_ffff,
        0xffff_fffe_ffff_ffff,
    ];

    /// Four rounds `t += t[i]·p`, `−p⁻¹ = 1 mod 2^64`; t[i]·p needs shifts and subtractions only.
    #[inline(always)]
    fn reduce<W: Words>(mut t: [u64; 8]) -> Limbs {
        for i in 0..4 {
            let (j, k, l) = ((i + 1) & 3, (i + 2) & 3, (i + 3) & 3);
            let m = t[i];
            let (low, high) = (m << 32, m >> 32);
            let (a0, b) = W::sbb(low, m, false);
            let a1 = high.wrapping_sub(u64::from(b));
            let mut b;
            (t[j], b) = W::sbb(t[j], a0, false);
            (t[k], b) = W::sbb(t[k], a1, b);
            (t[l], b) = W::sbb(t[l], low, b);
            t[i] = m.wrapping_sub(high).wrapping_sub(u64::from(b));
        }
        add_halves::<W>(&t, &Self::M)
    }
}

impl Modulus for P256Field {
    const M: Limbs = [
        0xffff_ffff_ffff_ffff,
        0x0000_0000_ffff_ffff,
        0,
        0xffff_ffff_0000_0001,
    ];

    /// Four rounds `t += t[i]·p`, `−p⁻¹ = 1 mod 2^64`; t[i]·p needs two shifts and one product.
    #[inline(always)]
    fn reduce<W: Words>(mut t: [u64; 8]) -> Limbs {
        for i in 0..4 {
            let (j, k, l) = ((i + 1) & 3, (i + 2) & 3, (i + 3) & 3);
            let m = t[i];
            let (low, high) = mul64(m, Self::M[3]);
            let mut c;
            (t[j], c) = W::adc(t[j], m << 32, false);
            (t[k], c) = W::adc(t[k], m >> 32, c);
            (t[l], c) = W::adc(t[l], low, c);
            t[i] = high + u64::from(c);
        }
        add_halves::<W>(&t, &Self::M)
    }
}

/// Last step of the special reductions: low half (already multiples of the modulus folded in) plus high half.
#[inline(always)]
fn add_halves<W: Words>(t: &[u64; 8], modulus: &Limbs) -> Limbs {
    let (r0, c) = W::adc(t[0], t[4], false);
    let (r1, c) = W::adc(t[1], t[5], c);
    let (r2, c) = W::adc(t[2], t[6], c);
    let (r3, c) = W::adc(t[3], t[7], c);
    super::field::subtract_once::<W>([r0, r1, r2, r3], c, modulus)
}

impl Modulus for Sm2Order {
    const M: Limbs = [
        0x53bb_f409_39d5_4123,
        0x7203_df6b_21c6_052b,
        0xffff_ffff_ffff_ffff,
        0xffff_fffe_ffff_ffff,
    ];
}

impl Modulus for P256Order {
    const M: Limbs = [
        0xf3b9_cac2_fc63_2551,
        0xbce6_faad_a717_9e84,
        0xffff_ffff_ffff_ffff,
        0xffff_ffff_0000_0000,
    ];
}

impl Params for Sm2 {
    type Field = Sm2Field;
    type Order = Sm2Order;
    const B: Limbs = [
        0xddbc_bd41_4d94_0e93,
        0xf397_89f5_15ab_8f92,
        0x4d5a_9e4b_cf65_09a7,
        0x28e9_fa9e_9d9f_5e34,
    ];
    const GX: Limbs = [
        0x715a_4589_334c_74c7,
        0x8fe3_0bbf_f266_0be1,
        0x5f99_0446_6a39_c994,
        0x32c4_ae2c_1f19_8119,
    ];
    const GY: Limbs = [
        0x02df_32e5_2139_f0a0,
        0xd0a9_877c_c62a_4740,
        0x59bd_cee3_6b69_2153,
        0xbc37_36a2_f4f6_779c,
    ];

    fn tables() -> &'static Tables<Self> {
        static TABLES: OnceLock<Tables<Sm2>> = OnceLock::new();
        TABLES.get_or_init(Tables::new)
    }

    #[cfg(target_arch = "x86_64")]
    fn blinding() -> Option<&'static Blinding<Self>> {
        static BLINDING: OnceLock<Option<Blinding<Sm2>>> = OnceLock::new();
        BLINDING.get_or_init(Blinding::draw).as_ref()
    }
}

impl Params for P256 {
    type Field = P256Field;
    type Order = P256Order;
    const B: Limbs = [
        0x3bce_3c3e_27d2_604b,
        0x651d_06b0_cc53_b0f6,
        0xb3eb_bd55_7698_86bc,
        0x5ac6_35d8_aa3a_93e7,
    ];
    const GX: Limbs = [
        0xf4a1_3945_d898_c296,
        0x7703_7d81_2deb_33a0,
        0xf8bc_e6e5_63a4_40f2,
        0x6b17_d1f2_e12c_4247,
    ];
    const GY: Limbs = [
        0xcbb6_4068_37bf_51f5,
        0x2bce_3357_6b31_5ece,
        0x8ee7_eb4a_7c0f_9e16,
        0x4fe3_42e2_fe1a_7f9b,
    ];

    fn tables() -> &'static Tables<Self> {
        static TABLES: OnceLock<Tables<P256>> = OnceLock::new();
        TABLES.get_or_init(Tables::new)
    }

    #[cfg(target_arch = "x86_64")]
    fn blinding() -> Option<&'static Blinding<Self>> {
        static BLINDING: OnceLock<Option<Blinding<P256>>> = OnceLock::new();
        BLINDING.get_or_init(Blinding::draw).as_ref()
    }
}
