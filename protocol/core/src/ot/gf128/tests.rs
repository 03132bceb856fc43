use super::{hashes, product, reduce, FACTORS};
use crate::curve;
use crate::hash::{label, xof};
use crate::ot::{bit, Block, Column, COLUMN_BYTES};
use crate::testing::Vector;

/// Shift and add, bit by bit.
fn slow(a: u128, b: u128) -> u128 {
    let (mut power, mut sum) = (a, 0);
    for m in 0..128 {
        if b >> m & 1 == 1 {
            sum ^= power;
        }
        power = power << 1 ^ if power >> 127 == 1 { 0x87 } else { 0 };
    }
    sum
}

fn fast(a: u128, b: u128) -> u128 {
    reduce(product(a, b))
}

/// One product through the public form, as the first term of the sum.
fn through_hash(a: u128, b: u128) -> u128 {
    let mut chi = [[0; 16]; FACTORS];
    let mut column = [0; COLUMN_BYTES];
    chi[0] = a.to_le_bytes();
    column[..16].copy_from_slice(&b.to_le_bytes());
    u128::from_le_bytes(hashes(&chi, &[column])[0])
}

fn on_every_backend(check: impl Fn()) {
    let before = curve::active();
    for backend in curve::usable() {
        curve::select(backend).unwrap();
        check();
    }
    curve::select(before).unwrap();
}

#[test]
fn bit_m_of_the_string_is_the_coefficient_of_z_to_the_m() {
    let mut z = [0; 16];
    z[0] = 2;
    let mut power: Block = [0; 16];
    power[0] = 1;
    for m in 0..128 {
        assert!((0..128).all(|i| bit(&power, i) == u8::from(i == m)));
        let next = fast(u128::from_le_bytes(power), u128::from_le_bytes(z));
        power = next.to_le_bytes();
    }
    // z^128 = z^7 + z^2 + z + 1
    assert_eq!(u128::from_le_bytes(power), 0x87);
}

#[test]
fn products_of_edge_values_are_right() {
    let mut values = vec![
        0,
        1,
        2,
        0x87,
        u128::MAX,
        u128::MAX - 1,
        1 << 127,
        1 << 63,
        1 << 64,
    ];
    values.push(0x1111_1111_1111_1111_1111_1111_1111_1111);
    values.push(0x8888_8888_8888_8888_8888_8888_8888_8888);
    let mut random = [[0; 16]; 20];
    xof(label::EC_CHI, &[b"values"], random.as_flattened_mut());
    values.extend(random.map(u128::from_le_bytes));
    on_every_backend(|| {
        for &a in &values {
            for &b in &values {
                assert_eq!(fast(a, b), slow(a, b), "{a:x} {b:x}");
                assert_eq!(through_hash(a, b), slow(a, b), "{a:x} {b:x}");
            }
        }
    });
}

#[test]
fn product_is_that_of_the_vector() {
    let v = Vector::load("softspoken");
    let (a, b) = (v.array("/inputs/gf_a"), v.array("/inputs/gf_b"));
    on_every_backend(|| {
        let product = through_hash(u128::from_le_bytes(a), u128::from_le_bytes(b));
        assert_eq!(
            product.to_le_bytes().as_slice(),
            v.bytes("/intermediate/gf_product")
        );
    });
}

/// Hχ(s ⊕ s') = Hχ(s) ⊕ Hχ(s'), and the last block is added as it is.
#[test]
fn the_hash_is_linear() {
    let mut chi = [[0; 16]; FACTORS];
    xof(label::EC_CHI, &[b"chi"], chi.as_flattened_mut());
    let mut columns: Vec<Column> = vec![[0; COLUMN_BYTES]; 3];
    xof(label::EC_PRG, &[b"columns"], columns.as_flattened_mut());
    let sum: Column = core::array::from_fn(|i| columns[0][i] ^ columns[1][i]);
    columns.push(sum);
    columns[2][..128].fill(0);
    on_every_backend(|| {
        let hashes = hashes(&chi, &columns);
        for i in 0..16 {
            assert_eq!(hashes[3][i], hashes[0][i] ^ hashes[1][i]);
            assert_eq!(hashes[2][i], columns[2][128 + i]);
        }
    });
}
