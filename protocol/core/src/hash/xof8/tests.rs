use super::{Xof8, LANES};
use crate::curve::P256;
use crate::hash::label;
use crate::testing::Vector;

/// The project's known answer, XOF("KAT", 48, "x", ""), in every lane and for every division of the fields.
#[test]
fn every_lane_gives_the_known_answer() {
    let expected = Vector::load("encoding_p256").bytes("/outputs/XOF");
    let answers = [
        Xof8::new::<P256>("KAT", &[]).squeeze::<2, 48>(&[[b"x", b""]; LANES]),
        Xof8::new::<P256>("KAT", &[b"x"]).squeeze::<1, 48>(&[[b""]; LANES]),
        Xof8::new::<P256>("KAT", &[b"x", b""]).squeeze::<0, 48>(&[[]; LANES]),
    ];
    for lane in answers.iter().flat_map(|answer| answer.iter()) {
        assert_eq!(lane.as_slice(), expected);
    }
}

#[test]
fn lanes_do_not_see_each_other() {
    let last: [[u8; 2]; LANES] = core::array::from_fn(|i| [0, u8::try_from(i).unwrap()]);
    let xof = Xof8::new::<P256>(label::EC_PAD, &[&[1; 32], &[2; 32]]);
    let together = xof.squeeze::<1, 144>(&last.each_ref().map(|field| [&field[..]]));
    for (i, field) in last.iter().enumerate() {
        let alone = xof.squeeze::<1, 144>(&[[&field[..]]; LANES]);
        assert!(alone.iter().all(|out| *out == together[i]));
    }
}

#[test]
#[should_panic = "padding"]
fn input_of_a_whole_block_is_refused() {
    let tag = "COSIGN-v1/P256/KAT".len() + 4;
    let _ = Xof8::new::<P256>("KAT", &[&vec![0; super::RATE - tag - 4]]);
}
