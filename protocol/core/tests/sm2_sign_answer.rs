//! Rows 8, 21 – 23, 25 and 26 of the negative tests and property P6, for answers of SIGN. Answers that only one check
//! of the phone can refuse (rows 18 – 20) need prescribed nonces and are unit tests.

mod sm2_support;

use cosign_core::curve::{Scalar, Sm2};
use cosign_core::error::Error;
use sm2_support::{sign_begin, Key, N, N_PLUS_1};

/// Row 8 for the answer: the same values as r or s1.
#[test]
fn row_8_answer_scalars_out_of_range_are_refused() {
    let key = Key::signing();
    for bad in [&"00".repeat(32), N, N_PLUS_1, &"ff".repeat(32)] {
        for offset in [35, 67] {
            let (phone, wire) = sign_begin(&key, 1);
            let mut answer = wire.right(&key);
            answer[offset..offset + 32].copy_from_slice(&hex::decode(bad).unwrap());
            assert_eq!(phone.finish(&answer), Err(Error::BadAnswer));
        }
    }
}

/// Rows 21 and 22: W2 of another item, exchanged items, another N, one bad item among 256: nothing is released.
#[test]
fn row_21_items_of_other_places_are_refused() {
    type Change = fn(&mut Vec<u8>);
    let key = Key::signing();
    let changes: [Change; 5] = [
        |a| a.copy_within(99..132, 2),
        |a| a[2..196].rotate_left(97),
        |a| (a[1], _) = (2, a.drain(196..)),
        |a| {
            a[1] = 4;
            let last = a[196..].to_vec();
            a.extend(last);
        },
        |a| a.copy_within(99..196, 2),
    ];
    for change in changes {
        let (phone, wire) = sign_begin(&key, 3);
        let mut answer = wire.right(&key);
        change(&mut answer);
        assert_eq!(phone.finish(&answer), Err(Error::BadAnswer));
    }
}

#[test]
fn row_22_one_bad_item_among_256_releases_nothing() {
    let key = Key::signing();
    for bad in [0, 131, 255] {
        let (phone, wire) = sign_begin(&key, 256);
        let mut answer = wire.right(&key);
        let s1 = 2 + 97 * bad + 65;
        let changed = Scalar::<Sm2>::from_bytes(answer[s1..s1 + 32].try_into().unwrap()).unwrap();
        answer[s1..s1 + 32].copy_from_slice(&changed.add(&Scalar::ONE).to_bytes());
        assert_eq!(phone.finish(&answer), Err(Error::BadAnswer));
    }
}

/// Rows 25 and 26: `finish` consumes the session, so a second answer has no session to meet; an answer of an earlier
/// session is refused by the later one.
#[test]
fn row_25_answer_of_an_earlier_session_is_refused() {
    let key = Key::signing();
    let (_, first) = sign_begin(&key, 1);
    let (second, _) = sign_begin(&key, 1);
    assert_eq!(second.finish(&first.right(&key)), Err(Error::BadAnswer));
}

/// P6: no bit of an answer can be flipped. Every bit meets its own session, because a session works once.
#[test]
fn every_flipped_answer_bit_is_refused() {
    let key = Key::signing();
    for bit in 0..8 * (2 + 97) {
        let (phone, wire) = sign_begin(&key, 1);
        let mut answer = wire.right(&key);
        answer[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(phone.finish(&answer), Err(Error::BadAnswer), "bit {bit}");
    }
}

/// Row 23 for the answer.
#[test]
fn row_23_answer_counts_out_of_range_are_refused() {
    let key = Key::signing();
    for count in [0u8, 1, 3] {
        let (phone, wire) = sign_begin(&key, 2);
        let mut answer = wire.right(&key);
        answer[1] = count;
        assert_eq!(phone.finish(&answer), Err(Error::BadAnswer));
    }
}
