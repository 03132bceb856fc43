use super::{challenges, extend_phone, extend_server, hashes, phone_columns};
use crate::curve;
use crate::ot::testing::{dealt, dealt_from, nodes_of};
use crate::ot::{bit, Block, Column, Inconsistent, PhoneSeeds, ServerSetup, COLUMN_BYTES, TREES};
use crate::random::fresh;
use crate::testing::{sha256_hex, Vector};

/// The message and the rows of `softspoken.json` over the leaves of `ot_setup.json`, on every back end.
#[test]
fn extension_is_that_of_the_vector() {
    let (setup_vector, v) = (Vector::load("ot_setup"), Vector::load("softspoken"));
    let (server, phone) = dealt_from(
        &setup_vector.array("/inputs/otsid"),
        &v.array("/inputs/Delta"),
        nodes_of(&setup_vector.bytes("/outputs/nodes")),
    );
    let (sid, x) = (v.array("/inputs/sid"), v.array("/inputs/x"));
    let before = curve::active();
    for backend in curve::usable() {
        curve::select(backend).unwrap();
        let message = extend_phone(&phone, &sid, &x);
        assert_eq!(message.c[0].as_slice(), v.bytes("/outputs/C_0"));
        assert_eq!(message.c[63].as_slice(), v.bytes("/outputs/C_63"));
        assert_eq!(
            sha256_hex(message.c.as_flattened()),
            v.text("/outputs/C/sha256")
        );
        assert_eq!(message.x_tilde.as_slice(), v.bytes("/outputs/x_tilde"));
        assert_eq!(message.t_tilde.as_flattened(), v.bytes("/outputs/t_tilde"));
        assert_eq!(message.rows[0].as_slice(), v.bytes("/outputs/T_0"));
        assert_eq!(message.rows[1023].as_slice(), v.bytes("/outputs/T_1023"));
        assert_eq!(
            sha256_hex(message.rows.as_flattened()),
            v.text("/outputs/T/sha256")
        );
        let rows = extend_server(
            &server,
            &sid,
            &message.c,
            &message.x_tilde,
            &message.t_tilde,
        )
        .unwrap();
        assert_eq!(rows[0].as_slice(), v.bytes("/outputs/Z_0"));
        assert_eq!(sha256_hex(rows.as_flattened()), v.text("/outputs/Z/sha256"));
    }
    curve::select(before).unwrap();
}

/// A phone that uses other choice bits in tree j, `x ⊕ error`, and corrects the two hashes of the tree for the guess
/// `(Δ_{2j}, Δ_{2j+1})`. Says whether the server accepts.
fn cheat(
    server: &ServerSetup,
    phone: &PhoneSeeds,
    j: usize,
    error: &Column,
    guess: [bool; 2],
) -> Result<(), Inconsistent> {
    let (sid, x): (_, Column) = (fresh().unwrap(), fresh().unwrap());
    let columns = phone_columns(phone, &sid);
    let mut c = [[0; COLUMN_BYTES]; TREES];
    for (k, (c, u)) in c.iter_mut().zip(columns.u.iter()).enumerate() {
        for i in 0..COLUMN_BYTES {
            c[i] = u[i] ^ x[i] ^ if k == j { error[i] } else { 0 };
        }
    }
    let chi = challenges(&sid, &c);
    let of = |column: &Column| hashes(&chi, &[*column])[0];
    let mut t_tilde: Vec<Block> = hashes(&chi, &columns.v).to_vec();
    for (t, _) in guess.iter().enumerate().filter(|(_, guess)| **guess) {
        for (hash, shift) in t_tilde[2 * j + t].iter_mut().zip(of(error)) {
            *hash ^= shift;
        }
    }
    let t_tilde = t_tilde.try_into().unwrap();
    extend_server(server, &sid, &c, &of(&x), &t_tilde).map(|_| ())
}

const GUESSES: [[bool; 2]; 4] = [[false, false], [true, false], [false, true], [true, true]];

fn error_at(m: usize) -> Column {
    let mut error = [0; COLUMN_BYTES];
    error[m >> 3] = 1 << (m & 7);
    error
}

/// Row 79: a cheat in any column, rows and mask bits alike, passes exactly if both Δ bits of its tree were guessed.
#[test]
fn row_79_a_cheat_in_any_column_is_found_unless_both_bits_are_guessed() {
    let (server, phone) = dealt();
    for j in 0..TREES {
        let right = [2 * j, 2 * j + 1].map(|p| bit(server.delta(), p) == 1);
        for guess in GUESSES {
            let error = error_at((j * 37 + 11) % 1152);
            let passed = cheat(&server, &phone, j, &error, guess).is_ok();
            assert_eq!(passed, guess == right, "tree {j}");
        }
    }
}

/// Row 79 for every one of the 1 152 bits of a column.
#[test]
fn row_79_every_bit_of_a_column_is_checked() {
    let (server, phone) = dealt();
    let wrong = [0, 1].map(|p| bit(server.delta(), p) == 0);
    for m in 0..1152 {
        assert_eq!(
            cheat(&server, &phone, 0, &error_at(m), wrong),
            Err(Inconsistent),
            "bit {m}"
        );
    }
}

/// Row 80: answers to unlimited guesses are Δ itself, so the caller's rule decides what a phone learns. Answered without
/// the rule, four guesses per tree read all of Δ; with the set-up destroyed by the first failure, the guesser gets the
/// bits of the trees it guessed right before and a last pair that it now knows to be wrong.
#[test]
fn row_80_a_destroyed_set_up_ends_the_guessing() {
    let (server, phone) = dealt();
    let accepted = |j, guess| cheat(&server, &phone, j, &error_at(3), guess).is_ok();
    let mut read: Block = [0; 16];
    for j in 0..TREES {
        let found = GUESSES
            .iter()
            .position(|&guess| accepted(j, guess))
            .unwrap();
        read[j / 4] |= u8::try_from(found).unwrap() << (2 * (j % 4));
    }
    assert_eq!(read, *server.delta());

    let guesses = (0..TREES).map(|j| (j, GUESSES[j % 4]));
    let evaluated = guesses.take_while(|&(j, guess)| accepted(j, guess)).count();
    let lucky = (0..TREES)
        .take_while(|j| GUESSES[j % 4] == [2 * j, 2 * j + 1].map(|p| bit(server.delta(), p) == 1))
        .count();
    assert_eq!(evaluated, lucky);
}
