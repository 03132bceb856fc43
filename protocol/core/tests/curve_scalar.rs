//! Scalars: arithmetic against a foreign library, strict decoding, reduction.

mod curve_support;

use cosign_core::curve::{Scalar, SecretScalar, Sm2, P256};
use curve_support::{edge_scalars, minus, on_every_backend, Foreign, Stream};

fn arithmetic<C: Foreign>() {
    let mut values = edge_scalars::<C>();
    values.push(Scalar::ZERO);
    let mut stream = Stream(1);
    values.extend((0..64).map(|_| stream.scalar()));
    for (i, a) in values.iter().enumerate() {
        let b = &values[(i * 37 + 11) % values.len()];
        let (sum, product, inverse) = C::scalars(&a.to_bytes(), &b.to_bytes());
        assert_eq!(a.add(b).to_bytes(), sum, "{} sum {i}", C::NAME);
        assert_eq!(a.mul(b).to_bytes(), product, "{} product {i}", C::NAME);
        assert_eq!(a.invert().to_bytes(), inverse, "{} inverse {i}", C::NAME);
        assert!(a.sub(b).add(b) == *a);
        assert!(a.neg().add(a) == Scalar::ZERO);
        let (sa, sb) = (SecretScalar::new(*a), SecretScalar::new(*b));
        assert_eq!(*sa.add(&sb).to_bytes(), sum);
        assert_eq!(*sa.mul(&sb).to_bytes(), product);
        assert_eq!(*sa.mul_public(b).to_bytes(), product);
        assert_eq!(*sa.add_public(b).to_bytes(), sum);
        assert_eq!(*sa.invert().to_bytes(), inverse);
        assert_eq!(bool::from(sa.is_zero()), *a == Scalar::ZERO);
    }
}

#[test]
fn arithmetic_equals_a_foreign_library() {
    on_every_backend(|_| {
        arithmetic::<Sm2>();
        arithmetic::<P256>();
    });
}

fn decoding<C: Foreign>() {
    let (zero, max) = ([0u8; 32], [0xffu8; 32]);
    let mut above = C::ORDER;
    above[31] += 1;
    for refused in [&zero, &C::ORDER, &above, &max] {
        assert!(Scalar::<C>::from_bytes(refused).is_none(), "{}", C::NAME);
        assert!(SecretScalar::<C>::from_bytes(refused).is_none());
    }
    for refused in [&C::ORDER, &above, &max] {
        assert!(Scalar::<C>::from_bytes_or_zero(refused).is_none());
    }
    assert!(Scalar::<C>::from_bytes_or_zero(&zero).is_some());
    let largest = minus(&C::ORDER, 1);
    assert_eq!(
        Scalar::<C>::from_bytes(&largest).map(|k| k.to_bytes()),
        Some(largest)
    );
}

#[test]
fn decoding_is_strict() {
    decoding::<Sm2>();
    decoding::<P256>();
}

fn reduction<C: Foreign>() {
    let bytes = |k: Scalar<C>| k.to_bytes();
    assert_eq!(bytes(Scalar::reduce32(&C::ORDER)), [0; 32]);
    assert_eq!(
        bytes(Scalar::reduce32(&minus(&C::ORDER, 1))),
        minus(&C::ORDER, 1)
    );
    let two_to_128 = Scalar::<C>::from_u64(1 << 32).mul(&Scalar::from_u64(1 << 32));
    let two_to_128 = two_to_128.mul(&two_to_128);
    let two_to_256 = two_to_128.mul(&two_to_128);
    assert!(Scalar::reduce32(&[0xff; 32]) == two_to_256.sub(&Scalar::ONE));
    assert!(Scalar::reduce48(&[0xff; 48]) == two_to_256.mul(&two_to_128).sub(&Scalar::ONE));
    let mut stream = Stream(2);
    for _ in 0..200 {
        let wide: [u8; 48] = stream.bytes();
        let (mut high, mut low) = ([0u8; 32], [0u8; 32]);
        high[16..].copy_from_slice(&wide[..16]);
        low.copy_from_slice(&wide[16..]);
        let expected = Scalar::<C>::reduce32(&high)
            .mul(&two_to_256)
            .add(&Scalar::reduce32(&low));
        assert!(Scalar::reduce48(&wide) == expected);
    }
}

#[test]
fn reduction_is_modulo_n() {
    on_every_backend(|_| {
        reduction::<Sm2>();
        reduction::<P256>();
    });
}
