//! Scalar multiplication on every back end against a foreign library: edge scalars, random scalars, special results.

mod curve_support;

use cosign_core::curve::{self, Affine, Scalar, SecretScalar, Sm2, P256};
use curve_support::{edge_scalars, on_every_backend, secret, Foreign, Stream};

fn edges<C: Foreign>() {
    let mut stream = Stream(3);
    let p = stream.point::<C>();
    let scalars = edge_scalars::<C>();
    let by_base: Vec<_> = scalars
        .iter()
        .map(|k| C::sum(&[(k.to_bytes(), None)]))
        .collect();
    let by_point: Vec<_> = scalars
        .iter()
        .map(|k| C::sum(&[(k.to_bytes(), Some(p.encode()))]))
        .collect();
    let secrets: Vec<_> = scalars.iter().map(secret).collect();
    let references: Vec<_> = secrets.iter().collect();
    on_every_backend(|backend| {
        let points = vec![p; scalars.len()];
        let base_batch = curve::mul_base_batch(&references);
        let point_batch = curve::mul_batch(&references, &points);
        for (i, k) in secrets.iter().enumerate() {
            let context = format!(
                "{} {backend:?} k = {}",
                C::NAME,
                hex::encode(scalars[i].to_bytes())
            );
            let encode = |p: Option<Affine<C>>| p.map(|p| p.encode());
            assert_eq!(encode(curve::mul_base(k)), by_base[i], "k·G {context}");
            assert_eq!(
                encode(base_batch[i]),
                by_base[i],
                "k·G in a batch, {context}"
            );
            assert_eq!(encode(curve::mul(k, &p)), by_point[i], "k·P {context}");
            assert_eq!(
                encode(point_batch[i]),
                by_point[i],
                "k·P in a batch, {context}"
            );
        }
    });
}

#[test]
fn edge_scalars_give_the_right_points_on_sm2() {
    edges::<Sm2>();
}

#[test]
fn edge_scalars_give_the_right_points_on_p256() {
    edges::<P256>();
}

fn random<C: Foreign>() {
    let mut stream = Stream(4);
    let cases: Vec<_> = (0..64)
        .map(|_| (stream.scalar::<C>(), stream.point::<C>()))
        .collect();
    let expected: Vec<_> = cases
        .iter()
        .map(|(k, p)| C::sum(&[(k.to_bytes(), Some(p.encode()))]))
        .collect();
    on_every_backend(|backend| {
        for ((k, p), expected) in cases.iter().zip(&expected) {
            assert_eq!(
                curve::mul(&secret(k), p).map(|p| p.encode()),
                *expected,
                "{} {backend:?}",
                C::NAME
            );
        }
    });
}

#[test]
fn random_multiplications_equal_a_foreign_library() {
    random::<Sm2>();
    random::<P256>();
}

/// Many more scalars than the foreign library could check in time: the back ends among themselves.
fn backends_agree<C: Foreign>() {
    let mut stream = Stream(5);
    let scalars: Vec<SecretScalar<C>> = (0..400)
        .map(|_| SecretScalar::new(stream.scalar()))
        .collect();
    let references: Vec<_> = scalars.iter().collect();
    let points: Vec<Affine<C>> = (0..400).map(|_| stream.point()).collect();
    let mut first = None;
    on_every_backend(|backend| {
        let results = (
            curve::mul_base_batch(&references),
            curve::mul_batch(&references, &points),
        );
        let first = first.get_or_insert_with(|| (results.0.clone(), results.1.clone()));
        assert!(results.0 == first.0, "{} fixed base, {backend:?}", C::NAME);
        assert!(
            results.1 == first.1,
            "{} variable base, {backend:?}",
            C::NAME
        );
    });
}

#[test]
fn back_ends_agree_on_random_batches() {
    backends_agree::<Sm2>();
    backends_agree::<P256>();
}

fn special<C: Foreign>() {
    let g = Affine::<C>::generator();
    let p = Stream(6).point::<C>();
    let zero = SecretScalar::<C>::new(Scalar::ZERO);
    let last = SecretScalar::<C>::new(Scalar::ONE.neg());
    assert!(curve::mul_base(&zero).is_none());
    assert!(curve::mul(&zero, &p).is_none());
    // (n − 1)·P = −P, so n·P is the identity.
    assert!(curve::mul(&last, &p) == Some(p.neg()));
    assert!(curve::mul_base(&last) == Some(g.neg()));
    assert!(curve::mul(&last, &p).and_then(|q| q.add(&p)).is_none());
    assert!(curve::mul_base(&SecretScalar::new(Scalar::ONE)) == Some(g));
    // k·(1/k)·P = P
    let k = Stream(7).scalar::<C>();
    let there = curve::mul(&secret(&k), &p).expect("not zero");
    assert!(curve::mul(&secret(&k.invert()), &there) == Some(p));
}

#[test]
fn the_order_annihilates_and_zero_gives_none() {
    on_every_backend(|_| {
        special::<Sm2>();
        special::<P256>();
    });
}
