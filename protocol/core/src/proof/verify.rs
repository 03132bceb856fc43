//! POK-2, alone and for many proofs at once.

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::Proof;
use crate::curve::{
    self, combine, msm_vartime, Affine, Backend, Combination, First, Scalar, SecretScalar,
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

impl<'a, S: Suite> Statement<'a, S> {
    /// A claim about the share alone.
    #[must_use]
    pub const fn of_share(
        label: &'static str,
        ctx: &'a [u8; 32],
        share_point: &'a Affine<S>,
        proof: &'a Proof<S>,
    ) -> Self {
        Self {
            label,
            ctx,
            encoded: &[],
            public: &[],
            share_point,
            proof,
        }
    }
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
/// The multiplications of all proofs go through the eight lanes together, except that a statement with many public
/// points takes one variable-time multi-product where that is faster. The share's point is always multiplied with a
/// fixed schedule.
#[must_use]
pub fn verify_batch<S: Suite>(statements: &[Statement<'_, S>]) -> Vec<Result<()>> {
    let terms: Vec<Terms<S>> = statements.iter().map(Terms::of).collect();
    let sums: Vec<_> = terms.iter().map(Terms::combination).collect();
    let commitments = Zeroizing::new(combine(&sums));
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

/// The sum that one statement is checked by.
struct Terms<S: Suite> {
    first: Known<S>,
    products: Vec<(SecretScalar<S>, Affine<S>)>,
}

/// First summand: z·G, or z·G and all public terms already summed.
enum Known<S: Suite> {
    Response(SecretScalar<S>),
    Sum(Option<Affine<S>>),
}

impl<S: Suite> Terms<S> {
    fn of(statement: &Statement<'_, S>) -> Self {
        let Proof { c, z } = statement.proof;
        let mut power = *c;
        let mut public = Vec::with_capacity(statement.public.len());
        for point in statement.public {
            public.push((power, *point));
            power = power.mul(c);
        }
        let share = (SecretScalar::new(power), statement.share_point.neg());
        if separate_lanes(public.len()) {
            let negated = public
                .into_iter()
                .map(|(k, p)| (SecretScalar::new(k), p.neg()));
            Self {
                first: Known::Response(SecretScalar::new(*z)),
                products: negated.chain([share]).collect(),
            }
        } else {
            let public: Vec<_> = public.into_iter().map(|(k, p)| (k.neg(), p)).collect();
            Self {
                first: Known::Sum(msm_vartime(z, &public)),
                products: vec![share],
            }
        }
    }

    fn combination(&self) -> Combination<'_, S> {
        let first = match &self.first {
            Known::Response(z) => First::Base(z),
            Known::Sum(sum) => sum.map_or(First::Nothing, First::Point),
        };
        let products = self.products.iter().map(|(k, p)| (k, *p)).collect();
        Combination { first, products }
    }
}

/// Number of public points up to which lanes, each with a constant-time multiplication, beat one variable-time
/// multi-product (measured).
const LANES_UP_TO: usize = 6;

/// Whether the public terms of a statement go into lanes.
fn separate_lanes(public_points: usize) -> bool {
    public_points == 0 || (curve::active() == Backend::Ifma && public_points <= LANES_UP_TO)
}
