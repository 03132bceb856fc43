//! Phone's side of one multiplication (EC-2, EC-12).

use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use super::{check_value, Instance, CHUNK, ROW};
use crate::curve::{Scalar, SecretScalar, P256};
use crate::ecdsa::gadget::gadget;
use crate::message::{Multiplication, XI};
use crate::ot::{Block, Column};

/// The phone's choice bits of one instance: `beta_j` is bit 512·i + j of x.
pub(in crate::ecdsa) struct Choices<'a> {
    bytes: &'a [u8],
}

impl<'a> Choices<'a> {
    /// Of instance i.
    pub(in crate::ecdsa) fn new(x: &'a Column, instance: usize) -> Self {
        Self {
            bytes: &x[XI / 8 * instance..][..XI / 8],
        }
    }

    fn iter(&self) -> impl Iterator<Item = Choice> + '_ {
        self.bytes
            .iter()
            .flat_map(|byte| (0..8).map(move |bit| Choice::from(byte >> bit & 1)))
    }

    /// EC-2: what the choice bits leave of the input, delta = y − `Σ_j g_j·beta_j`.
    pub(in crate::ecdsa) fn remainder(&self, y: &SecretScalar<P256>) -> Scalar<P256> {
        let weights = gadget().iter().zip(self.iter());
        weights.fold(*y.expose(), |rest, (weight, beta)| {
            rest.sub(&weight.plain.masked(beta))
        })
    }
}

/// EC-12 for one instance: `q_i`, and whether mu holds. `t` are the 512 rows of this instance. Constant time.
///
/// # Panics
/// If there are not 512 rows.
pub(in crate::ecdsa) fn receive(
    instance: &Instance<'_>,
    choices: &Choices<'_>,
    t: &[Block],
    message: &Multiplication,
) -> (SecretScalar<P256>, Choice) {
    assert_eq!(t.len(), XI, "rows of one instance");
    let theta = instance.theta(message.at());
    let pads = instance.pads();
    let mut corrections = message.rows();
    let mut choices = choices.iter();
    let mut values = Zeroizing::new(Vec::with_capacity(XI * (ROW - 1)));
    let mut product = Scalar::ZERO;
    for (j, rows) in (0..).step_by(CHUNK).zip(t.chunks(CHUNK)) {
        let chunk = pads.of(j, rows);
        let each = chunk.iter().zip(&mut corrections).zip(&mut choices);
        for (((pad, at), beta), weight) in each.zip(&gadget()[j..]) {
            let row = Zeroizing::new(core::array::from_fn::<_, ROW, _>(|k| {
                pad[k].add(&at[k].masked(beta))
            }));
            values.extend([1, 2].map(|k| {
                let shown = message.eta[k - 1].masked(beta);
                check_value(&theta[k - 1], &row, k).sub(&shown).to_bytes()
            }));
            product = product.add(&weight.factor.mul(&row[0]));
        }
    }
    let holds = instance.mu(&values).ct_eq(&message.mu);
    (SecretScalar::new(product), holds)
}
