//! Schoolbook arithmetic for tests: slow, obvious, shares no code with what it checks.

use super::field::Fe;
use super::params::{Modulus, P256Field, P256Order, Sm2Field, Sm2Order};
use super::word::{Limbs, Portable, Words};

/// Bit `i` of a 256-bit number.
fn bit(a: &Limbs, i: usize) -> bool {
    a[i / 64] >> (i % 64) & 1 == 1
}

fn less(a: &Limbs, b: &Limbs) -> bool {
    a.iter().rev().lt(b.iter().rev())
}

/// `a − b` mod 2^256.
fn sub(a: &Limbs, b: &Limbs) -> Limbs {
    let mut borrow = 0i128;
    core::array::from_fn(|i| {
        let t = i128::from(a[i]) - i128::from(b[i]) + borrow;
        borrow = t >> 64;
        t as u64
    })
}

/// `a + b mod m` for a, b below m.
pub(crate) fn add_mod<M: Modulus>(a: &Limbs, b: &Limbs) -> Limbs {
    let room = sub(&M::M, b);
    if less(a, &room) {
        // No wrap: a + b < m.
        sub(a, &sub(&[0; 4], b))
    } else {
        sub(a, &room)
    }
}

/// `a·b mod m` by double-and-add.
pub(crate) fn mul_mod<M: Modulus>(a: &Limbs, b: &Limbs) -> Limbs {
    let mut product = [0; 4];
    for i in (0..256).rev() {
        product = add_mod::<M>(&product, &product);
        if bit(b, i) {
            product = add_mod::<M>(&product, a);
        }
    }
    product
}

/// Values below m at which carries, borrows and final subtractions go wrong first.
pub(crate) fn edge_values<M: Modulus>() -> Vec<Limbs> {
    const ONES: u64 = u64::MAX;
    let m = M::M;
    let mut values = vec![
        [0; 4],
        [1, 0, 0, 0],
        [2, 0, 0, 0],
        [ONES, 0, 0, 0],
        [0, ONES, 0, 0],
        [0, 0, ONES, 0],
        [ONES, ONES, 0, 0],
        [ONES, ONES, ONES, 0],
        [ONES, 0, ONES, 0],
        [ONES, ONES, ONES, 0x7fff_ffff_ffff_ffff],
        [0, 0, 0, 0x8000_0000_0000_0000],
        [0x000f_ffff_ffff_ffff, 0, 0, 0],
        [0xfff0_0000_0000_0000, 0xff, 0, 0],
        [0xaaaa_aaaa_aaaa_aaaa; 4],
        [0x5555_5555_5555_5555; 4],
        M::R,
        M::R2,
    ];
    for below in [
        [1, 0, 0, 0],
        [2, 0, 0, 0],
        [0, 1 << 32, 0, 0],
        [0, 1, 0, 0],
        [ONES, 0, 0, 0],
        [0, 0, 0, 1 << 32],
        [0, 0, 1, 0],
    ] {
        values.push(sub(&m, &below));
    }
    for shift in [
        31, 32, 51, 52, 63, 64, 95, 96, 104, 127, 128, 156, 191, 192, 208, 223, 224, 254,
    ] {
        let mut power = [0; 4];
        power[shift / 64] = 1 << (shift % 64);
        values.push(power);
        values.push(sub(&m, &power));
    }
    assert!(values.iter().all(|v| less(v, &m)));
    values
}

fn residues<M: Modulus, W: Words>() {
    let fe = Fe::<M, W>::from_montgomery;
    let r = M::R;
    for a in edge_values::<M>() {
        let x = fe(a);
        assert_eq!(
            fe(a).to_plain(),
            x.mul(&fe([1, 0, 0, 0])).0,
            "to_plain is a product with 1"
        );
        assert_eq!(mul_mod::<M>(&x.to_plain(), &r), a);
        assert_eq!(Fe::<M, W>::from_plain(&a).0, mul_mod::<M>(&a, &r));
        assert_eq!(x.add(&x.neg()).0, [0; 4]);
        assert_eq!(add_mod::<M>(&x.half().0, &x.half().0), a);
        assert_eq!(x.sqr().0, x.mul(&x).0);
        let inverse = if a == [0; 4] { [0; 4] } else { r };
        assert_eq!(x.mul(&x.invert()).0, inverse);
        for b in edge_values::<M>() {
            let y = fe(b);
            assert_eq!(
                mul_mod::<M>(&x.mul(&y).0, &r),
                mul_mod::<M>(&a, &b),
                "{a:x?} · {b:x?}"
            );
            assert_eq!(x.add(&y).0, add_mod::<M>(&a, &b), "{a:x?} + {b:x?}");
            assert_eq!(x.sub(&y).add(&y).0, a, "{a:x?} − {b:x?}");
            let (xx, xy, yy) = (x.sqr(), x.mul(&y), y.sqr());
            assert_eq!(
                Fe::mul_sub_sqr(&x, &y, &x).0,
                xy.sub(&xx).0,
                "{a:x?}·{b:x?} − {a:x?}²"
            );
            assert_eq!(
                Fe::mul_sub_sqr(&x, &x, &y).0,
                xx.sub(&yy).0,
                "{a:x?}² − {b:x?}²"
            );
            assert_eq!(
                Fe::mul_add_mul(&x, &y, &y, &y).0,
                xy.add(&yy).0,
                "{a:x?}·{b:x?} + {b:x?}²"
            );
            assert_eq!(
                Fe::mul_add_mul(&x, &x, &x, &x).0,
                xx.add(&xx).0,
                "2·{a:x?}²"
            );
        }
    }
}

#[test]
fn residues_at_edge_values_are_right_in_portable_code() {
    residues::<Sm2Field, Portable>();
    residues::<P256Field, Portable>();
    residues::<Sm2Order, Portable>();
    residues::<P256Order, Portable>();
}

#[cfg(target_arch = "x86_64")]
#[test]
fn residues_at_edge_values_are_right_in_x86_code() {
    use super::x86::X86;
    residues::<Sm2Field, X86>();
    residues::<P256Field, X86>();
    residues::<Sm2Order, X86>();
    residues::<P256Order, X86>();
}
