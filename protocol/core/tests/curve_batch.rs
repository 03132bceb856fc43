//! Batches: every length, lane isolation, sums, and the public multi-product against the plain sum.

mod curve_support;

use cosign_core::curve::{self, Affine, Scalar, SecretScalar, Sm2, P256};
use curve_support::{on_every_backend, secret, Foreign, Stream};

/// Lengths around every multiple of the lane count.
const LENGTHS: [usize; 12] = [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 24, 65];

fn lengths<C: Foreign>() {
    let mut stream = Stream(12);
    for length in LENGTHS {
        let k: Vec<SecretScalar<C>> = (0..length)
            .map(|_| SecretScalar::new(stream.scalar()))
            .collect();
        let k: Vec<_> = k.iter().collect();
        let p: Vec<Affine<C>> = (0..length).map(|_| stream.point()).collect();
        let fixed: Vec<_> = k.iter().map(|k| curve::mul_base(k)).collect();
        let variable: Vec<_> = k.iter().zip(&p).map(|(k, p)| curve::mul(k, p)).collect();
        assert!(
            curve::mul_base_batch(&k) == fixed,
            "{} fixed base, {length}",
            C::NAME
        );
        assert!(
            curve::mul_batch(&k, &p) == variable,
            "{} variable base, {length}",
            C::NAME
        );
        let encoded: Vec<_> = p.iter().map(Affine::encode).collect();
        assert!(
            curve::decode_batch::<C>(&encoded) == Ok(p.clone()),
            "{} decoding, {length}",
            C::NAME
        );
        let reversed: Vec<_> = p.iter().rev().copied().collect();
        let sums: Vec<_> = p.iter().zip(&reversed).map(|(p, q)| p.add(q)).collect();
        assert!(
            curve::add_batch(&p, &reversed) == sums,
            "{} sums, {length}",
            C::NAME
        );
    }
}

#[test]
fn batches_of_every_length_equal_single_calls() {
    on_every_backend(|_| {
        lengths::<Sm2>();
        lengths::<P256>();
    });
}

/// A result at infinity in one lane, or in all but one, leaves the others untouched.
fn isolation<C: Foreign>() {
    let mut stream = Stream(13);
    let k: Vec<Scalar<C>> = (0..17).map(|_| stream.scalar()).collect();
    let p: Vec<Affine<C>> = (0..17).map(|_| stream.point()).collect();
    let fixed: Vec<_> = k.iter().map(|k| curve::mul_base(&secret(k))).collect();
    let variable: Vec<_> = k
        .iter()
        .zip(&p)
        .map(|(k, p)| curve::mul(&secret(k), p))
        .collect();
    let sums: Vec<_> = p.iter().map(|p| p.add(&p.add(p).expect("2P"))).collect();
    let twice: Vec<_> = p.iter().map(|p| p.add(p).expect("2P")).collect();
    let check = |is_zero: &dyn Fn(usize) -> bool| {
        let k: Vec<_> = (0..17)
            .map(|i| secret(if is_zero(i) { &Scalar::ZERO } else { &k[i] }))
            .collect();
        let k: Vec<_> = k.iter().collect();
        let only = |list: &[Option<Affine<C>>]| -> Vec<_> {
            list.iter()
                .enumerate()
                .map(|(i, p)| if is_zero(i) { None } else { *p })
                .collect()
        };
        assert!(curve::mul_base_batch(&k) == only(&fixed));
        assert!(curve::mul_batch(&k, &p) == only(&variable));
        let other: Vec<_> = (0..17)
            .map(|i| if is_zero(i) { p[i].neg() } else { twice[i] })
            .collect();
        assert!(curve::add_batch(&p, &other) == only(&sums));
        let groups: Vec<_> = p.iter().zip(&other).map(|(p, q)| [*p, *q]).collect();
        let groups: Vec<_> = groups.iter().map(|g| &g[..]).collect();
        assert!(curve::sum_batch(&groups) == only(&sums));
    };
    for lane in 0..17 {
        check(&|i| i == lane);
        check(&|i| i != lane);
    }
    check(&|_| true);
}

#[test]
fn an_identity_in_one_lane_does_not_disturb_the_others() {
    on_every_backend(|_| {
        isolation::<Sm2>();
        isolation::<P256>();
    });
}

#[test]
fn sums_of_groups_are_complete() {
    let mut stream = Stream(14);
    let (p, q) = (stream.point::<Sm2>(), stream.point::<Sm2>());
    let three = p.add(&p).and_then(|r| r.add(&p));
    on_every_backend(|_| {
        let groups: [&[Affine<Sm2>]; 6] = [
            &[],
            &[p],
            &[p, p, p],
            &[p, p.neg()],
            &[p, p.neg(), q],
            &[p, q, p.neg(), q.neg()],
        ];
        assert!(curve::sum_batch(&groups) == [None, Some(p), three, None, Some(q), None]);
    });
}

fn naive<C: Foreign>(g: &Scalar<C>, terms: &[(Scalar<C>, Affine<C>)]) -> Option<[u8; 33]> {
    let mut list = vec![(g.to_bytes(), None)];
    list.extend(terms.iter().map(|(k, p)| (k.to_bytes(), Some(p.encode()))));
    C::sum(&list)
}

fn multi_product<C: Foreign>() {
    let mut stream = Stream(15);
    let check = |g: &Scalar<C>, terms: &[(Scalar<C>, Affine<C>)], what: &str| {
        let expected = naive(g, terms);
        assert_eq!(
            curve::msm_vartime(g, terms).map(|p| p.encode()),
            expected,
            "{} {what}",
            C::NAME
        );
    };
    for count in [0, 1, 2, 3, 4, 7, 8, 9, 16, 20] {
        let terms: Vec<_> = (0..count)
            .map(|_| (stream.scalar(), stream.point()))
            .collect();
        check(&stream.scalar(), &terms, "random");
        check(&Scalar::ZERO, &terms, "without G");
    }
    let (k, p) = (stream.scalar::<C>(), stream.point::<C>());
    let g = Affine::generator();
    for count in [1, 2, 3, 8, 9, 17] {
        check(&k, &vec![(k, p); count], "equal terms");
        check(&k, &vec![(k, g); count], "terms in G");
        check(&k.neg(), &vec![(k, g); count], "terms in G that cancel g");
        check(&Scalar::ZERO, &vec![(Scalar::ZERO, p); count], "zeros");
        check(&k, &vec![(Scalar::ONE, p); count], "ones");
        check(
            &Scalar::ONE,
            &vec![(Scalar::ONE.neg(), g); count],
            "n − 1 times G",
        );
        let opposite: Vec<_> = (0..count)
            .map(|i| (k, if i % 2 == 0 { p } else { p.neg() }))
            .collect();
        check(&Scalar::ZERO, &opposite, "opposite terms");
        let mixed: Vec<_> = (0..count)
            .map(|i| (if i % 3 == 0 { Scalar::ZERO } else { k }, p))
            .collect();
        check(&k, &mixed, "some zeros");
    }
}

#[test]
fn the_public_multi_product_equals_the_plain_sum() {
    on_every_backend(|_| {
        multi_product::<Sm2>();
        multi_product::<P256>();
    });
}
