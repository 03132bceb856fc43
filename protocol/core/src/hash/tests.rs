use super::{h, h2s, label, sm3, tail, tlv, xmd, xof, Transcript, Xof, XofFamily};
use crate::curve::{self, Sm2, P256};
use crate::testing::Vector;
use sha2::Sha256;

#[test]
fn sm3_of_abc_is_the_value_of_the_standard() {
    assert_eq!(
        hex::encode(sm3(&[b"a", b"bc"])),
        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    );
}

#[test]
fn xmd_reproduces_rfc_9380_appendix_k_1() {
    let tag = b"QUUX-V01-CS02-with-expander-SHA256-128";
    let q128 = [b"q128_".as_slice(), &[b'q'; 128]].concat();
    let a512 = [b"a512_".as_slice(), &[b'a'; 512]].concat();
    let short: [(&[u8], &str); 5] = [
        (
            b"",
            "68a985b87eb6b46952128911f2a4412bbc302a9d759667f87f7a21d803f07235",
        ),
        (
            b"abc",
            "d8ccab23b5985ccea865c6c97b6e5b8350e794e603b4b97902f53a8a0d605615",
        ),
        (
            b"abcdef0123456789",
            "eff31487c770a893cfb36f912fbfcbff40d5661771ca4b2cb4eafe524333f5c1",
        ),
        (
            &q128,
            "b23a1d2b4d97b2ef7785562a7e8bac7eed54ed6e97e29aa51bfe3f12ddad1ff9",
        ),
        (
            &a512,
            "4623227bcc01293b8c130bf771da8c298dede7383243dc0993d2d94823958c4c",
        ),
    ];
    for (message, expected) in short {
        let mut out = [0; 32];
        xmd::<Sha256>(message, tag, &mut out);
        assert_eq!(hex::encode(out), expected);
    }
    let mut out = [0; 128];
    xmd::<Sha256>(b"", tag, &mut out);
    assert_eq!(
        hex::encode(out),
        "af84c27ccfd45d41914fdff5df25293e221afc53d8ad2ac06d5e3e29485dadbee0d121587713a3e0dd4d5e69e93eb7cd4f5df4\
         cd103e188cf60cb02edc3edf18eda8576c412b18ffb658e3dd6ec849469b979d444cf7b26911a08e63cf31f9dcc541708d3491\
         184472c2c29bb749d4286b004ceb5ee6b9a7fa5b646c993f0ced"
    );
}

#[test]
fn transcript_equals_the_list_form() {
    let fields: [&[u8]; 3] = [
        b"x",
        b"",
        b"long enough to leave the first block of the hash behind, really long",
    ];
    let streamed = Transcript::<Sm2>::new(label::SIGN2_CTX)
        .field(fields[0])
        .fields(&fields[1..]);
    assert_eq!(streamed.finish(), h::<Sm2>(label::SIGN2_CTX, &fields));
    let streamed = Transcript::<P256>::new(label::SIGN2_BIND)
        .fields(fields)
        .finish_scalar();
    assert!(streamed == h2s::<P256>(label::SIGN2_BIND, &fields));
}

#[test]
fn field_borders_suite_label_and_order_are_hashed() {
    let base = h::<Sm2>("a", &[b"xy", b"z"]);
    assert_ne!(base, h::<Sm2>("a", &[b"x", b"yz"]));
    assert_ne!(base, h::<Sm2>("a", &[b"z", b"xy"]));
    assert_ne!(base, h::<Sm2>("a", &[b"xy", b"z", b""]));
    assert_ne!(base, h::<Sm2>("b", &[b"xy", b"z"]));
    assert_ne!(base, h::<P256>("a", &[b"xy", b"z"]));
    assert_eq!(tlv(&[b"", b"ab"]), [0, 0, 0, 0, 0, 0, 0, 2, b'a', b'b']);
}

#[test]
fn xof_is_that_of_the_vector() {
    let v = Vector::load("encoding_p256");
    let expected = v.bytes("/outputs/XOF");
    let fields: Vec<_> = (0..v.count("/inputs/fields"))
        .map(|i| v.bytes(&format!("/inputs/fields/{i}")))
        .collect();
    let fields: Vec<_> = fields.iter().map(Vec::as_slice).collect();
    let mut out = vec![0; expected.len()];
    xof(v.text("/inputs/label"), &fields, &mut out);
    assert_eq!(out, expected);
}

/// Head, tail and output of every length around the block of 168 bytes, in lanes and one by one.
fn family<const T: usize, const N: usize>(common: usize) {
    let common = vec![7; common];
    let family = XofFamily::<T>::new(label::EC_PRG, &[&common, b"c"]);
    for count in [0, 1, 2, 7, 8, 9, 17] {
        let tails: Vec<[u8; T]> = (0..count).map(|i| tail(&[&vec![i; T - 4]])).collect();
        for (tail, out) in tails.iter().zip(family.outputs::<N>(&tails).iter()) {
            let mut expected = [0; N];
            let fields = [common.as_slice(), b"c", &tail[4..]];
            xof(label::EC_PRG, &fields, &mut expected);
            assert_eq!(*out, expected);
        }
    }
}

#[test]
fn a_family_equals_single_calls() {
    let before = curve::active();
    for backend in curve::usable() {
        curve::select(backend).unwrap();
        for common in [0, 9, 90, 100, 101, 102, 103, 104, 131, 132, 133, 150, 300] {
            family::<30, 144>(common);
        }
        family::<4, 1>(0);
        family::<500, 168>(11);
        family::<20, 169>(11);
        family::<20, 400>(200);
    }
    curve::select(before).unwrap();
}

#[test]
fn a_joined_field_is_one_field() {
    let (mut joined, mut single) = ([0; 40], [0; 40]);
    Xof::new(label::EC_CHI)
        .joined(&[b"ab".as_slice(), b"", b"c"])
        .finish(&mut joined);
    xof(label::EC_CHI, &[b"abc"], &mut single);
    assert_eq!(joined, single);
}
