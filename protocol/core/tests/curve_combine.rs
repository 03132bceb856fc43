//! Sums of secret multiples against the plain sum: every form and number, points a phone might choose, lane isolation.

mod curve_support;

use cosign_core::curve::{self, Affine, Combination, First, Scalar, SecretScalar, Sm2, P256};
use curve_support::{on_every_backend, secret, Foreign, Stream};

/// One sum in the test's own terms: multiple of G, summand, products.
#[derive(Clone)]
struct Sum<C: Foreign> {
    base: Option<Scalar<C>>,
    point: Option<Affine<C>>,
    products: Vec<(Scalar<C>, Affine<C>)>,
}

impl<C: Foreign> Sum<C> {
    fn random(stream: &mut Stream, form: usize, products: usize) -> Self {
        Self {
            base: (form == 0).then(|| stream.scalar()),
            point: (form == 1).then(|| stream.point()),
            products: (0..products)
                .map(|_| (stream.scalar(), stream.point()))
                .collect(),
        }
    }

    fn plain(&self) -> Option<[u8; 33]> {
        let mut terms: Vec<_> = self.base.iter().map(|k| (k.to_bytes(), None)).collect();
        let point = self.point.iter().map(|p| (Scalar::ONE, *p));
        let products = point.chain(self.products.iter().copied());
        terms.extend(products.map(|(k, p)| (k.to_bytes(), Some(p.encode()))));
        C::sum(&terms)
    }
}

/// The factor of the generator, if any, and those of the points.
type Factors<C> = (Option<SecretScalar<C>>, Vec<SecretScalar<C>>);

fn combined<C: Foreign>(sums: &[Sum<C>]) -> Vec<Option<[u8; 33]>> {
    let scalars: Vec<Factors<C>> = sums
        .iter()
        .map(|sum| {
            let products = sum.products.iter().map(|(k, _)| secret(k)).collect();
            (sum.base.as_ref().map(secret), products)
        })
        .collect();
    let combinations: Vec<_> = sums
        .iter()
        .zip(&scalars)
        .map(|(sum, (base, k))| Combination {
            first: match (base, sum.point) {
                (Some(base), _) => First::Base(base),
                (None, Some(point)) => First::Point(point),
                (None, None) => First::Nothing,
            },
            products: k
                .iter()
                .zip(&sum.products)
                .map(|(k, (_, p))| (k, *p))
                .collect(),
        })
        .collect();
    let sums = curve::combine(&combinations);
    sums.iter().map(|p| p.map(|p| p.encode())).collect()
}

fn check<C: Foreign>(sums: &[Sum<C>], what: &str) {
    let plain: Vec<_> = sums.iter().map(Sum::plain).collect();
    assert!(combined(sums) == plain, "{} {what}", C::NAME);
}

fn forms<C: Foreign>() {
    let mut stream = Stream(21);
    check::<C>(&[], "no sum");
    for products in [1, 2, 3, 7] {
        for count in [1, 2, 3, 5, 8, 9, 17] {
            for form in 0..3 {
                let sums: Vec<_> = (0..count)
                    .map(|_| Sum::random(&mut stream, form, products))
                    .collect();
                check::<C>(&sums, &format!("form {form}, {count} of {products}"));
            }
        }
    }
    // Forms and sizes mixed: they must come back in the order they were given in.
    let mixed: Vec<_> = (0..40)
        .map(|i| Sum::random(&mut stream, i % 3, 1 + i % 5))
        .collect();
    check::<C>(&mixed, "mixed");
}

#[test]
fn every_form_and_number_of_sums_is_right() {
    on_every_backend(|_| {
        forms::<Sm2>();
        forms::<P256>();
    });
}

/// Sums whose partial sums would meet a table entry or the identity if nothing were done about it.
fn related<C: Foreign>(stream: &mut Stream) -> Vec<Sum<C>> {
    let (k, p) = (stream.scalar::<C>(), stream.point::<C>());
    let g = Affine::generator();
    let products = |list: &[(Scalar<C>, Affine<C>)]| Sum {
        base: Some(k),
        point: None,
        products: list.to_vec(),
    };
    let one = Scalar::ONE;
    let half = Scalar::from_u64(2).invert();
    vec![
        products(&[(k, p), (k, p), (k, p)]),
        products(&[(k, p), (k, p.neg()), (k, p)]),
        products(&[(k, p), (k.neg(), p), (one, p)]),
        products(&[(one, p), (one, p), (one, p)]),
        products(&[(one.neg(), p), (one, p.neg()), (one, p)]),
        products(&[(k, g), (k, g), (k, g)]),
        // The whole sum is the identity: −k − k/2 … taken apart in three ways.
        products(&[(k.neg(), g), (k, p), (k, p.neg())]),
        products(&[
            (k.mul(&half).neg(), g),
            (k.mul(&half).neg(), g),
            (Scalar::ZERO, p),
        ]),
        products(&[(k, g.neg()), (Scalar::ZERO, p), (Scalar::ZERO, g)]),
        // The first summand alone remains, and equal or opposite to what is added to it.
        products(&[(k, p), (k, p.neg()), (Scalar::ZERO, p)]),
        products(&[(k, g), (Scalar::ZERO, p), (Scalar::ZERO, p)]),
        products(&[(Scalar::from_u64(32), p), (one, p), (one.neg(), p)]),
    ]
}

#[test]
fn related_points_and_identities_are_right() {
    fn run<C: Foreign>() {
        let all = related::<C>(&mut Stream(22));
        check(&all, "all at once");
        for sum in &all {
            check(&vec![sum.clone(); 8], "eight of a kind");
        }
    }
    on_every_backend(|_| {
        run::<Sm2>();
        run::<P256>();
    });
}

#[test]
fn a_strange_sum_in_one_lane_does_not_disturb_the_others() {
    fn run<C: Foreign>() {
        let mut stream = Stream(23);
        let good: Vec<Sum<C>> = (0..8).map(|_| Sum::random(&mut stream, 0, 3)).collect();
        for strange in related(&mut stream) {
            for lane in [0, 3, 7] {
                let mut sums = good.clone();
                sums[lane] = strange.clone();
                check(&sums, &format!("lane {lane}"));
            }
        }
    }
    on_every_backend(|_| {
        run::<Sm2>();
        run::<P256>();
    });
}

#[test]
fn scalars_are_inverted_together_as_alone() {
    fn run<C: Foreign>() {
        let mut stream = Stream(24);
        for count in [0, 1, 2, 9] {
            let mut values: Vec<Scalar<C>> = (0..count).map(|_| stream.scalar()).collect();
            for zero in 0..=count {
                if let Some(value) = values.get_mut(zero) {
                    *value = Scalar::ZERO;
                }
                let alone: Vec<_> = values.iter().map(Scalar::invert).collect();
                assert!(Scalar::invert_batch(&values) == alone, "{}", C::NAME);
            }
        }
    }
    on_every_backend(|_| {
        run::<Sm2>();
        run::<P256>();
    });
}

#[test]
fn points_of_a_list_are_decoded_each_on_its_own() {
    fn run<C: Foreign>() {
        let mut stream = Stream(25);
        let good: Vec<[u8; 33]> = (0..17).map(|_| stream.point::<C>().encode()).collect();
        for broken in 0..good.len() {
            let mut encoded = good.clone();
            // A wrong prefix, x ≥ p, or the first x after the good one without a point.
            match broken % 3 {
                0 => encoded[broken][0] = 4,
                1 => encoded[broken][1..].fill(0xff),
                _ => {
                    while C::is_point(&encoded[broken]) {
                        encoded[broken][32] = encoded[broken][32].wrapping_add(1);
                    }
                }
            }
            let decoded = curve::decode_each::<C>(&encoded);
            for (i, point) in decoded.iter().enumerate() {
                assert_eq!(point.is_ok(), i != broken);
                assert!(*point == Affine::decode(&encoded[i]));
            }
        }
    }
    on_every_backend(|_| {
        run::<Sm2>();
        run::<P256>();
    });
}

#[test]
fn double_base_sums_equal_the_multi_product() {
    fn run<C: Foreign>() {
        let mut stream = Stream(26);
        for count in [0, 1, 2, 8, 11] {
            let mut terms: Vec<(Scalar<C>, Scalar<C>, Affine<C>)> = (0..count)
                .map(|_| (stream.scalar(), stream.scalar(), stream.point()))
                .collect();
            if let Some((g, k, p)) = terms.first_mut() {
                // Cancels: the identity.
                (*k, *p) = (g.neg(), Affine::generator());
            }
            let plain: Vec<_> = terms
                .iter()
                .map(|(g, k, p)| curve::msm_vartime(g, &[(*k, *p)]))
                .collect();
            assert!(curve::double_base_vartime(&terms) == plain, "{}", C::NAME);
        }
    }
    on_every_backend(|_| {
        run::<Sm2>();
        run::<P256>();
    });
}
