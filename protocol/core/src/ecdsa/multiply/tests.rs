//! The multiplication alone, over dealt rows: correctness, and every way a server could use different inputs in different
//! rows (rows 76 and 77 of the negative tests).

use super::{check_value, receive, send, Choices, Instance, CHUNK, ROW};
use crate::curve::{Scalar, SecretScalar, P256};
use crate::message::{Multiplication, XI};
use crate::ot::{Block, Column};
use crate::random::{dummy_scalar, fresh};
use zeroize::Zeroizing;

/// Rows of both sides for one instance.
struct Rows {
    sid: [u8; 32],
    nonce_s: [u8; 32],
    x: Column,
    delta: Block,
    z: Vec<Block>,
    t: Vec<Block>,
    inputs: [SecretScalar<P256>; ROW],
}

impl Rows {
    fn deal(number: u8) -> Self {
        let (x, delta): (Column, Block) = (fresh().unwrap(), fresh().unwrap());
        let z: Vec<Block> = (0..XI).map(|_| fresh().unwrap()).collect();
        let first = XI * usize::from(number);
        let t = z.iter().zip(first..).map(|(z, m)| {
            let choice = 0u8.wrapping_sub(x[m >> 3] >> (m & 7) & 1);
            core::array::from_fn(|i| z[i] ^ delta[i] & choice)
        });
        Self {
            t: t.collect(),
            sid: fresh().unwrap(),
            nonce_s: fresh().unwrap(),
            x,
            delta,
            z,
            inputs: core::array::from_fn(|_| dummy_scalar().unwrap()),
        }
    }

    fn instance(&self, number: u8) -> Instance<'_> {
        Instance::new(number, &self.sid, &self.nonce_s)
    }

    fn choices(&self, number: u8) -> Choices<'_> {
        Choices::new(&self.x, usize::from(number))
    }

    fn send(&self, number: u8) -> (Multiplication, SecretScalar<P256>) {
        send(
            &self.instance(number),
            self.inputs.each_ref(),
            &self.z,
            &self.delta,
        )
    }

    fn receive(&self, number: u8, message: &Multiplication) -> (SecretScalar<P256>, bool) {
        let (q, holds) = receive(
            &self.instance(number),
            &self.choices(number),
            &self.t,
            message,
        );
        (q, holds.into())
    }

    /// mu over the server's own pads, for a θ of its choice.
    fn mu(&self, number: u8, at: &[u8]) -> [u8; 32] {
        let instance = self.instance(number);
        let (theta, pads) = (instance.theta(at), instance.pads());
        let values: Vec<[u8; 32]> = (0..XI)
            .step_by(CHUNK)
            .flat_map(|j| pads.of(j, &self.z[j..j + CHUNK]).to_vec())
            .flat_map(|row| [1, 2].map(|k| check_value(&theta[k - 1], &row, k).to_bytes()))
            .collect();
        instance.mu(&values)
    }
}

/// The corrections with a summand added to column `k` of row `j`.
fn shifted(at: &[u8], j: usize, k: usize, summand: &Scalar<P256>) -> Zeroizing<Vec<u8>> {
    let mut at = Zeroizing::new(at.to_vec());
    let place = &mut at[96 * j + 32 * k..][..32];
    let old = Scalar::<P256>::from_bytes_or_zero(&place.try_into().unwrap()).unwrap();
    place.copy_from_slice(&old.add(summand).to_bytes());
    at
}

#[test]
fn shares_of_the_product_add_up() {
    for number in [0, 1] {
        let rows = Rows::deal(number);
        let y = dummy_scalar().unwrap();
        let delta = rows.choices(number).remainder(&y);
        let (message, cs) = rows.send(number);
        let (q, holds) = rows.receive(number, &message);
        let t = cs.add(&rows.inputs[0].mul_public(&delta));
        assert!(holds && *q.add(&t).expose() == *rows.inputs[0].mul(&y).expose());
    }
}

/// Row 76: one wrong correction in any row and column, in either instance, whatever the choice bit is.
#[test]
fn row_76_one_wrong_correction_is_refused_in_every_row() {
    for number in [0, 1] {
        let rows = Rows::deal(number);
        let (message, _) = rows.send(number);
        let mut places: Vec<(usize, usize)> = (0..XI).step_by(73).map(|j| (j, j % ROW)).collect();
        for j in [0, 1, 255, 256, 257, 300, 510, 511] {
            places.extend([(j, 0), (j, 1), (j, 2)]);
        }
        for (j, k) in places {
            let at = shifted(message.at(), j, k, &Scalar::ONE);
            let changed = Multiplication::new(at, message.eta, message.mu);
            assert!(!rows.receive(number, &changed).1, "row {j}, column {k}");
        }
    }
}

/// Row 76: a wrong correction with the mu that fits its θ is refused exactly where the choice bit is 1, whatever the row:
/// nothing but the receiver's choice decides, and half of all rows catch it.
#[test]
fn row_76_adapted_mu_is_refused_where_the_choice_bit_is_one() {
    let rows = Rows::deal(0);
    let (message, _) = rows.send(0);
    for j in [0, 17, 255, 256, 257, 300, 411, 511] {
        let at = shifted(message.at(), j, 0, &Scalar::ONE);
        let theta = rows.instance(0).theta(&at);
        let eta = core::array::from_fn(|k| {
            let product = theta[k].mul(rows.inputs[0].expose());
            rows.inputs[k + 1].expose().add(&product)
        });
        let mu = rows.mu(0, &at);
        let choice = rows.x[j >> 3] >> (j & 7) & 1;
        let changed = Multiplication::new(at, eta, mu);
        assert_eq!(rows.receive(0, &changed).1, choice == 0, "row {j}");
    }
}

#[test]
fn row_76_wrong_eta_or_mu_is_refused() {
    let rows = Rows::deal(0);
    let (message, _) = rows.send(0);
    for k in [0, 1] {
        let mut changed = message.clone();
        changed.eta[k] = changed.eta[k].add(&Scalar::ONE);
        assert!(!rows.receive(0, &changed).1);
    }
    for byte in 0..32 {
        let mut changed = message.clone();
        changed.mu[byte] ^= 1;
        assert!(!rows.receive(0, &changed).1);
    }
    let mut exchanged = message.clone();
    exchanged.eta.swap(0, 1);
    assert!(!rows.receive(0, &exchanged).1);
}

/// Row 77: θ depends on every correction of every row and column, on the instance and on both session values.
#[test]
fn row_77_theta_covers_every_row_and_column() {
    let rows = Rows::deal(0);
    let (message, _) = rows.send(0);
    let theta = |instance: &Instance<'_>, at: &[u8]| {
        instance
            .theta(at)
            .map(|theta| theta.mul(&Scalar::ONE).to_bytes())
    };
    let plain = theta(&rows.instance(0), message.at());
    assert_ne!(plain[0], plain[1]);
    for j in 0..XI {
        for k in 0..ROW {
            let at = shifted(message.at(), j, k, &Scalar::ONE);
            let other = theta(&rows.instance(0), &at);
            assert!(
                other[0] != plain[0] && other[1] != plain[1],
                "row {j}, column {k}"
            );
        }
    }
    let others = [
        theta(&Instance::new(1, &rows.sid, &rows.nonce_s), message.at()),
        theta(
            &Instance::new(0, &rows.nonce_s, &rows.nonce_s),
            message.at(),
        ),
        theta(&Instance::new(0, &rows.sid, &rows.sid), message.at()),
    ];
    assert!(others.iter().all(|other| *other != plain));
}

/// Row 77, the attack: a server that knew θ before it fixed its corrections could make any row wrong and compensate in
/// the check columns. With a θ over all corrections the compensation is for another θ.
#[test]
fn row_77_compensated_rows_are_refused() {
    let rows = Rows::deal(1);
    let (message, _) = rows.send(1);
    let guessed = rows.instance(1).theta(message.at());
    for j in [3, 256, 400, 511] {
        let mut at = shifted(message.at(), j, 0, &Scalar::ONE);
        for k in [1, 2] {
            let compensation = guessed[k - 1].mul(&Scalar::ONE).neg();
            at = shifted(&at, j, k, &compensation);
        }
        // Under the guessed θ the check values of the row are those of the honest message, whatever the choice bit.
        let row = Multiplication::new(at, message.eta, message.mu);
        assert!(!rows.receive(1, &row).1, "row {j}");
    }
}

/// The pads of a row depend on the row, its number and both session values.
#[test]
fn pads_are_bound_to_row_and_session() {
    let rows = Rows::deal(0);
    let pad = |instance: &Instance<'_>, j: usize, row: &Block| {
        instance.pads().of(j, &[*row])[0][0].to_bytes()
    };
    let (z, other) = (rows.z[0], rows.z[1]);
    let all = [
        pad(&rows.instance(0), 0, &z),
        pad(&rows.instance(0), 0, &other),
        pad(&rows.instance(0), 1, &z),
        pad(&rows.instance(1), 0, &z),
        pad(&Instance::new(0, &rows.nonce_s, &rows.nonce_s), 0, &z),
        pad(&Instance::new(0, &rows.sid, &rows.sid), 0, &z),
    ];
    for (i, a) in all.iter().enumerate() {
        assert!(!all[i + 1..].contains(a));
    }
}
