use super::{accept, answer, offer};
use crate::curve;
use crate::ot::testing::nodes_of;
use crate::ot::trees::leaves;
use crate::ot::{COLUMNS, PART_1, PART_2};
use crate::random::{PhoneNonces, ServerNonces};
use crate::testing::{kat_scalar, sha256_hex, Vector};

/// The scalars of `ot_setup.json`.
fn prescribed<'a>(tags: &[&'a str]) -> Vec<(&'a str, u16, [u8; 32])> {
    let one = |tag: &'a str| (0..128).map(move |i| (tag, i, kat_scalar(&format!("ots-{tag}{i}"))));
    tags.iter().flat_map(|tag| one(tag)).collect()
}

#[test]
fn both_parts_and_both_records_are_those_of_the_vector() {
    let v = Vector::load("ot_setup");
    let otsid = v.array("/inputs/otsid");
    let server = ServerNonces::prescribed(&prescribed(&["c", "a", "t"]));
    let phone = PhoneNonces::prescribed(&prescribed(&["y0", "y1"]));
    let before = curve::active();
    for backend in curve::usable() {
        curve::select(backend).unwrap();
        let choices = super::choices(&server).map(|c| char::from(b'0' + c));
        assert_eq!(
            String::from_iter(choices),
            v.text("/intermediate/choice_bits")
        );
        let part_1 = offer(&otsid, &server);
        assert_eq!(part_1.len(), PART_1);
        assert_eq!(sha256_hex(&part_1), v.text("/intermediate/part1/sha256"));
        let (seeds, part_2) = answer(&otsid, &part_1, &phone).unwrap();
        assert_eq!(part_2.len(), PART_2);
        assert_eq!(sha256_hex(&part_2), v.text("/intermediate/part2/sha256"));
        assert_eq!(seeds.nodes().as_flattened(), v.bytes("/outputs/nodes"));
        let setup = accept(&otsid, &server, &part_2).unwrap();
        assert_eq!(setup.delta().as_slice(), v.bytes("/outputs/Delta"));
        for x in 0..4 {
            let leaf = v.bytes(&format!("/outputs/server_leaves_0/{x}"));
            let punctured = setup.delta()[0] & 3;
            let place = punctured ^ x;
            match place {
                0 => assert!(leaf.is_empty()),
                _ => assert_eq!(setup.leaves()[0][usize::from(place - 1)].as_slice(), leaf),
            }
        }
    }
    curve::select(before).unwrap();
}

#[test]
fn leaves_are_those_of_the_vector() {
    let v = Vector::load("ot_setup");
    let nodes: [_; COLUMNS] = *nodes_of(&v.bytes("/outputs/nodes"));
    let leaves = leaves(&v.array("/inputs/otsid"), &nodes);
    assert_eq!(leaves[0].to_vec(), v.list::<16>("/outputs/leaves_0"));
    let all = leaves.as_flattened().as_flattened();
    assert_eq!(sha256_hex(all), v.text("/outputs/all_leaves/sha256"));
}
