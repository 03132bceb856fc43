//! POK-2, alone and for many proofs at once.

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::Proof;
use crate::curve::{
    self, msm_vartime, mul_base_batch, mul_batch, sum_batch, Affine, Backend, Scalar, SecretScalar,
};
use crate::error::{Error, Result};
use crate::hash::{Suite, Transcript};

/// What one proof claims.
pub struct Statement<'a, S: Suite> {
    /// Label of the proof, from [`crate::hash::label`].
    pub label: &'static str,
    /// Context of the operation.
    pub ctx: &'a [u8; 32],
    /// Encodings of the public points X1 … X(m−1).
    pub encoded: &'a [[u8; 33]],
    /// The same points.
    pub public: &'a [Affine<S>],
    /// The point of the share, Xm.
    pub share_point: &'a Affine<S>,
    /// Challenge and response.
    pub proof: &'a Proof<S>,
}

/// POK-2 for one proof.
///
/// # Errors
/// `BadProof`.
pub fn verify<S: Suite>(statement: &Statement<'_, S>) -> Result<()> {
    verify_batch(core::slice::from_ref(statement))
        .pop()
        .unwrap_or(Err(Error::InternalFault))
}

/// POK-2 for many proofs: A' = z·G − c·X1 − … − c^m·Xm, and the challenge over A' must be c.
///
/// All multiplications of all proofs go through the eight lanes together, except that a statement with many public
/// points takes one variable-time multi-product where that is faster. The share's point is always multiplied with a
/// fixed schedule.
#[must_use]
pub fn verify_batch<S: Suite>(statements: &[Statement<'_, S>]) -> Vec<Result<()>> {
    let terms = Terms::collect(statements).fill_lanes();
    let products = Zeroizing::new(terms.multiply());
    let groups: Vec<&[Affine<S>]> = products.iter().map(Vec::as_slice).collect();
    let commitments = Zeroizing::new(sum_batch(&groups));
    statements
        .iter()
        .zip(commitments.iter())
        .map(|(statement, commitment)| {
            check(statement, commitment.as_ref().ok_or(Error::BadProof)?)
        })
        .collect()
}

/// Refuses unless the recomputed challenge is the one sent.
fn check<S: Suite>(statement: &Statement<'_, S>, commitment: &Affine<S>) -> Result<()> {
    let c: Scalar<S> = Transcript::new(statement.label)
        .field(statement.ctx)
        .fields(statement.encoded)
        .field(&statement.share_point.encode())
        .field(&commitment.encode())
        .finish_scalar();
    if c.to_bytes().ct_eq(&statement.proof.c.to_bytes()).into() {
        Ok(())
    } else {
        Err(Error::BadProof)
    }
}

/// Every multiplication of a batch of proofs; `owner` is the statement a product belongs to.
struct Terms<S: Suite> {
    count: usize,
    base: Vec<(usize, SecretScalar<S>)>,
    variable: Vec<(usize, SecretScalar<S>)>,
    points: Vec<Affine<S>>,
    summed: Vec<(usize, Option<Affine<S>>)>,
}

impl<S: Suite> Terms<S> {
    fn collect(statements: &[Statement<'_, S>]) -> Self {
        let lanes = statements.iter().map(|s| s.public.len() + 1).sum();
        let mut terms = Self {
            count: statements.len(),
            base: Vec::with_capacity(statements.len()),
            variable: Vec::with_capacity(lanes),
            points: Vec::with_capacity(lanes),
            summed: Vec::new(),
        };
        for (owner, statement) in statements.iter().enumerate() {
            terms.push(owner, statement);
        }
        terms
    }

    fn push(&mut self, owner: usize, statement: &Statement<'_, S>) {
        let Proof { c, z } = statement.proof;
        let mut power = *c;
        if separate_lanes(statement.public.len()) {
            self.base.push((owner, SecretScalar::new(*z)));
            for point in statement.public {
                self.push_product(owner, &power, point);
                power = power.mul(c);
            }
        } else {
            let mut public = Vec::with_capacity(statement.public.len());
            for point in statement.public {
                public.push((power.neg(), *point));
                power = power.mul(c);
            }
            self.summed.push((owner, msm_vartime(z, &public)));
        }
        self.push_product(owner, &power, statement.share_point);
    }

    fn push_product(&mut self, owner: usize, power: &Scalar<S>, point: &Affine<S>) {
        self.variable.push((owner, SecretScalar::new(*power)));
        self.points.push(point.neg());
    }

    /// Moves the fixed-base terms into lanes that would stay empty: a batch of lanes costs the same however many of
    /// them are used.
    fn fill_lanes(mut self) -> Self {
        let used = self.variable.len() % LANES;
        let fits = used != 0 && used + self.base.len() <= LANES;
        if fits && self.variable.len() > 1 && curve::active() == Backend::Ifma {
            self.points
                .extend(self.base.iter().map(|_| Affine::<S>::generator()));
            self.variable.append(&mut self.base);
        }
        self
    }

    /// The points whose sum is A', for each statement. An identity adds nothing and is left out.
    fn multiply(&self) -> Vec<Vec<Affine<S>>> {
        let mut groups: Vec<Vec<Affine<S>>> = (0..self.count).map(|_| Vec::new()).collect();
        let base: Vec<&SecretScalar<S>> = self.base.iter().map(|(_, k)| k).collect();
        let variable: Vec<&SecretScalar<S>> = self.variable.iter().map(|(_, k)| k).collect();
        let base_owner = self.base.iter().map(|(owner, _)| *owner);
        let variable_owner = self.variable.iter().map(|(owner, _)| *owner);
        let products = base_owner
            .zip(mul_base_batch(&base))
            .chain(variable_owner.zip(mul_batch(&variable, &self.points)))
            .chain(self.summed.iter().copied());
        for (owner, product) in products {
            groups[owner].extend(product);
        }
        groups
    }
}

/// Lanes of the AVX-512 back end.
const LANES: usize = 8;
/// Number of public points up to which lanes, each with a constant-time multiplication, beat one variable-time
/// multi-product (measured).
const LANES_UP_TO: usize = 6;

/// Whether the public terms of a statement go into lanes of their own.
fn separate_lanes(public_points: usize) -> bool {
    public_points == 0 || (curve::active() == Backend::Ifma && public_points <= LANES_UP_TO)
}
