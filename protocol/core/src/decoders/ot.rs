//! The two messages of the OT set-up and what the server keeps of it.

use super::curve::generator;
use super::same;
use crate::curve::P256;
use crate::ot::{Part1, Part2, ServerSetup, PART_1, PART_2};

pub(super) fn part_1(bytes: &[u8]) -> bool {
    same(Part1::decode(bytes).map(|part| part.encode()), bytes)
}

pub(super) fn part_1_sample() -> Vec<u8> {
    generator::<P256>().repeat(PART_1 / 33)
}

pub(super) fn part_2(bytes: &[u8]) -> bool {
    same(Part2::decode(bytes).map(|part| part.encode()), bytes)
}

pub(super) fn part_2_sample() -> Vec<u8> {
    [part_1_sample(), vec![7; PART_2 - PART_1]].concat()
}

pub(super) fn record(bytes: &[u8]) -> bool {
    let setup = ServerSetup::from_bytes(bytes);
    same(setup.map(|setup| setup.to_bytes()), bytes)
}

pub(super) fn record_sample() -> Vec<u8> {
    vec![9; ServerSetup::LEN]
}
