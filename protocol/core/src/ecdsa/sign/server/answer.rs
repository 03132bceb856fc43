//! Both multiplications and what completes the signature (EC-8 … EC-10).

use zeroize::Zeroizing;

use super::{Drawn, Job};
use crate::curve::{mul_base_batch, mul_batch, sum_batch, Affine, Scalar, SecretScalar, P256};
use crate::ecdsa::multiply::{send, Instance};
use crate::ecdsa::sign::EndPads;
use crate::message::{digest_scalar, EcSignAnswer, Multiplication, XI};

/// What EC-8 and EC-9 give.
pub(super) struct Products {
    messages: [Multiplication; 2],
    phi: SecretScalar<P256>,
    t: [SecretScalar<P256>; 2],
}

impl Job<'_> {
    /// EC-8, EC-9: both multiplications with `a_0` = phi + 1/kA and `a_1` = skA/kA.
    pub(super) fn multiply(&self) -> Option<Products> {
        let nonce = self.nonce.as_ref()?;
        let Drawn { nonces, nonce_s } = &self.drawn;
        let inverse = nonce.secret.invert();
        let phi = nonces.scalar("phi", 0, 0);
        let inputs = [phi.add(&inverse), self.share.mul(&inverse)];
        let (rows_0, rows_1) = self.rows.split_at(XI);
        let multiply = |number: u8, rows| {
            let at = usize::from(number);
            let input = &inputs[at];
            let checks = ["a1", "a2"].map(|tag| nonces.scalar(tag, u16::from(number), 0));
            let instance = Instance::new(number, &self.request.session.sid, nonce_s);
            let (message, cs) = send(
                &instance,
                [input, &checks[0], &checks[1]],
                rows,
                &self.delta,
            );
            (
                message,
                cs.add(&input.mul_public(&self.request.body.delta[at])),
            )
        };
        let (message_0, t_0) = multiply(0, rows_0);
        let (message_1, t_1) = multiply(1, rows_1);
        Some(Products {
            messages: [message_0, message_1],
            phi,
            t: [t_0, t_1],
        })
    }

    /// EC-10: etaPhi and etaSig from G1 and G2.
    pub(super) fn answer(
        &self,
        products: Products,
        [g1, g2]: &Ends,
    ) -> Option<(EcSignAnswer, Scalar<P256>)> {
        let nonce = self.nonce.as_ref()?;
        let pads = EndPads {
            ctx: &self.request.session.ctx,
            nonce_s: &self.drawn.nonce_s,
        };
        let e = digest_scalar::<P256>(&self.request.body.digest).ok()?;
        let [t_0, t_1] = &products.t;
        let s = t_0.mul_public(&e).add(&t_1.mul_public(&nonce.r));
        let answer = EcSignAnswer {
            nonce_s: self.drawn.nonce_s,
            point: nonce.r1.clone(),
            proof: nonce.proof,
            multiplications: products.messages,
            eta_phi: pads.phi(g1.as_ref()).add(products.phi.expose()),
            eta_sig: pads.sig(g2.as_ref()).add(s.expose()),
        };
        Some((answer, nonce.r))
    }
}

/// G1 and G2; `None` is the identity.
pub(super) type Ends = [Option<Affine<P256>>; 2];

/// EC-10 for every request: G1 = (1 + phi·kA)·G − `t_0`·R and G2 = `t_0`·pk − `t_1`·G.
pub(super) fn ends(jobs: &[Job<'_>], products: &[Option<Products>]) -> Vec<Option<Ends>> {
    let mut base = Vec::new();
    let mut variable = Vec::new();
    let mut points = Vec::new();
    for (job, products) in jobs.iter().zip(products) {
        if let (Some(nonce), Some(products)) = (&job.nonce, products) {
            let [t_0, t_1] = &products.t;
            let one = products.phi.mul(&nonce.secret).add_public(&Scalar::ONE);
            base.extend([one, negated(t_1)]);
            variable.extend([negated(t_0), SecretScalar::new(*t_0.expose())]);
            points.extend([*nonce.point, *nonce.pk]);
        }
    }
    let points = Zeroizing::new(points);
    let base = Zeroizing::new(mul_base_batch(&base.iter().collect::<Vec<_>>()));
    let variable = Zeroizing::new(mul_batch(&variable.iter().collect::<Vec<_>>(), &points));
    let terms: Vec<Vec<Affine<P256>>> = base
        .iter()
        .zip(variable.iter())
        .map(|pair| {
            <[_; 2]>::from(pair)
                .into_iter()
                .flatten()
                .copied()
                .collect()
        })
        .collect();
    let terms = Zeroizing::new(terms);
    let sums = Zeroizing::new(sum_batch(
        &terms.iter().map(Vec::as_slice).collect::<Vec<_>>(),
    ));
    let mut sums = sums.as_chunks::<2>().0.iter().copied();
    products
        .iter()
        .map(|products| products.as_ref().and_then(|_| sums.next()))
        .collect()
}

fn negated(scalar: &SecretScalar<P256>) -> SecretScalar<P256> {
    SecretScalar::new(scalar.expose().neg())
}
