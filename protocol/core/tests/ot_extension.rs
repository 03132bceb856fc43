//! OT extension (EC-3, EC-6) between two honest sides, with changed messages and with the wrong seeds.

mod ot_support;

use cosign_core::ot::testing::dealt;
use cosign_core::ot::{
    extend_phone, extend_server, Inconsistent, PhoneSeeds, COLUMNS, COLUMN_BYTES, TREES,
};
use cosign_core::random::fresh;
use ot_support::{bit, correlated, on_every_backend, rows_fit};

/// P14: all rows, for random, empty and full choice bits.
#[test]
fn p14_every_row_is_correlated() {
    on_every_backend(|| {
        for x in [
            fresh().unwrap(),
            fresh().unwrap(),
            [0; COLUMN_BYTES],
            [0xff; COLUMN_BYTES],
        ] {
            let (setup, seeds) = dealt();
            let sid = fresh().unwrap();
            let phone = extend_phone(&seeds, &sid, &x);
            let z = extend_server(&setup, &sid, &phone.c, &phone.x_tilde, &phone.t_tilde).unwrap();
            assert_eq!((z.len(), phone.rows.len()), (1024, 1024));
            assert!(rows_fit(&z, &phone.rows, &x, setup.delta()));
            // The relation has something to say: Δ is not zero and the rows differ.
            assert!(*setup.delta() != [0; 16] && phone.rows[0] != phone.rows[1]);
        }
    });
}

/// The back ends compute the same messages and rows.
#[test]
fn every_back_end_gives_the_same_values() {
    let (setup, seeds) = dealt();
    let (sid, x) = (fresh().unwrap(), fresh().unwrap());
    let expected = extend_phone(&seeds, &sid, &x);
    on_every_backend(|| {
        let phone = extend_phone(&seeds, &sid, &x);
        assert!(phone.c == expected.c && phone.t_tilde == expected.t_tilde);
        assert!(phone.x_tilde == expected.x_tilde && *phone.rows == *expected.rows);
        assert!(extend_server(&setup, &sid, &phone.c, &phone.x_tilde, &phone.t_tilde).is_ok());
    });
}

/// Row 79: a bit of C changed on the way changes χ and is found whatever Δ is.
#[test]
fn row_79_a_changed_column_is_found_in_every_tree() {
    let (setup, seeds) = dealt();
    let (sid, x) = (fresh().unwrap(), fresh().unwrap());
    let mut m = extend_phone(&seeds, &sid, &x);
    for j in 0..TREES {
        for at in [0, 71, 127, 128, 143] {
            m.c[j][at] ^= 1 << (j % 8);
            let rows = extend_server(&setup, &sid, &m.c, &m.x_tilde, &m.t_tilde);
            assert_eq!(rows.err(), Some(Inconsistent), "C_{j}, byte {at}");
            m.c[j][at] ^= 1 << (j % 8);
        }
    }
}

/// Row 79: each of the 128 hashes counts, and x~.
#[test]
fn row_79_a_wrong_hash_is_found() {
    let (setup, seeds) = dealt();
    let (sid, x) = (fresh().unwrap(), fresh().unwrap());
    let mut m = extend_phone(&seeds, &sid, &x);
    for p in 0..COLUMNS {
        m.t_tilde[p][p % 16] ^= 1 << (p % 8);
        assert!(
            extend_server(&setup, &sid, &m.c, &m.x_tilde, &m.t_tilde).is_err(),
            "t~_{p}"
        );
        m.t_tilde[p][p % 16] ^= 1 << (p % 8);
    }
    m.x_tilde[3] ^= 1;
    assert!(extend_server(&setup, &sid, &m.c, &m.x_tilde, &m.t_tilde).is_err());
    m.x_tilde[3] ^= 1;
    assert!(extend_server(&setup, &sid, &m.c, &m.x_tilde, &m.t_tilde).is_ok());
}

#[test]
fn a_message_of_another_session_is_found() {
    let (setup, seeds) = dealt();
    let x = fresh().unwrap();
    let m = extend_phone(&seeds, &[1; 32], &x);
    assert!(extend_server(&setup, &[2; 32], &m.c, &m.x_tilde, &m.t_tilde).is_err());
    assert!(extend_server(&setup, &[1; 32], &m.c, &m.x_tilde, &m.t_tilde).is_ok());
}

/// Row 82: seeds opened with a wrong PIN are seeds like others; only the server notices.
#[test]
fn row_82_masked_seeds_open_with_every_pin() {
    let (setup, seeds) = dealt();
    let (right, wrong) = ([7; 32], [8; 32]);
    let stored = seeds.mask(&right, "key-1", &[9; 16]);
    let open = |k_pin, key_id, share_id| {
        let opened = PhoneSeeds::unmask(&stored, k_pin, key_id, share_id, seeds.otsid());
        correlated(&setup, &opened)
    };
    assert!(open(&right, "key-1", &[9; 16]));
    assert!(!open(&wrong, "key-1", &[9; 16]));
    assert!(!open(&right, "key-2", &[9; 16]));
    assert!(!open(&right, "key-1", &[1; 16]));
    let moved = PhoneSeeds::unmask(&stored, &right, "key-1", &[9; 16], &[0; 32]);
    assert!(!correlated(&setup, &moved));
    // What is stored shows no structure that the seeds did not have: half of the bits differ between two masks.
    let other = seeds.mask(&wrong, "key-1", &[9; 16]);
    let ones = (0..2048 * 8)
        .filter(|&m| bit(stored.as_flattened(), m) != bit(other.as_flattened(), m))
        .count();
    assert!((7_700..8_700).contains(&ones), "{ones}");
}
