//! Server's side of one multiplication (EC-8, EC-9).

use zeroize::Zeroizing;

use super::{check_value, Instance, CHUNK, ROW};
use crate::curve::{Factor, Scalar, SecretScalar, P256};
use crate::ecdsa::gadget::gadget;
use crate::message::{Multiplication, XI};
use crate::ot::Block;

/// Multiplies the input `a_i` with the phone's input. `inputs` are `a_i`, `â_1`, `â_2`, `z` the 512 rows of this instance.
/// Gives the message and `cs_i`.
///
/// # Panics
/// If there are not 512 rows.
pub(in crate::ecdsa) fn send(
    instance: &Instance<'_>,
    inputs: [&SecretScalar<P256>; ROW],
    z: &[Block],
    delta: &Block,
) -> (Multiplication, SecretScalar<P256>) {
    assert_eq!(z.len(), XI, "rows of one instance");
    let pads = instance.pads();
    let mut at = Zeroizing::new(Vec::with_capacity(XI * ROW * 32));
    let mut zero = Zeroizing::new(Vec::with_capacity(XI));
    let mut sum = Scalar::ZERO;
    for (j, rows) in (0..).step_by(CHUNK).zip(z.chunks(CHUNK)) {
        let flipped: Vec<Block> = rows
            .iter()
            .map(|row| core::array::from_fn(|i| row[i] ^ delta[i]))
            .collect();
        let one = pads.of(j, &Zeroizing::new(flipped));
        let chunk = pads.of(j, rows);
        for ((zero, one), weight) in chunk.iter().zip(one.iter()).zip(&gadget()[j..]) {
            for ((zero, one), input) in zero.iter().zip(one).zip(inputs) {
                at.extend_from_slice(&zero.sub(one).add(input.expose()).to_bytes());
            }
            sum = sum.add(&weight.factor.mul(&zero[0]));
        }
        zero.extend_from_slice(&chunk);
    }
    let cs = SecretScalar::new(sum.neg());
    let theta = instance.theta(&at);
    let values = Zeroizing::new(
        zero.iter()
            .flat_map(|row| [1, 2].map(|k| check_value(&theta[k - 1], row, k).to_bytes()))
            .collect::<Vec<_>>(),
    );
    let mu = instance.mu(&values);
    let [input, checks @ ..] = inputs;
    (Multiplication::new(at, eta(&theta, input, checks), mu), cs)
}

/// `eta_k = â_k + θ_k·a_i`.
fn eta(
    theta: &[Factor<P256>; ROW - 1],
    input: &SecretScalar<P256>,
    checks: [&SecretScalar<P256>; ROW - 1],
) -> [Scalar<P256>; ROW - 1] {
    core::array::from_fn(|k| checks[k].expose().add(&theta[k].mul(input.expose())))
}
