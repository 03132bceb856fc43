//! The server's nonce and its proof (EC-7).

use zeroize::Zeroizing;

use super::Job;
use crate::ct::declassify;
use crate::curve::{mul_batch, Affine, Scalar, SecretScalar, P256};
use crate::ecdsa::sign::{nonce_challenge, nonce_offset};
use crate::message::EcSession;
use crate::proof::Proof;

/// Most attempts at a nonce; each fails with a probability of about 2^-255.
const MAX_ATTEMPTS: u32 = 8;

/// What EC-7 fixes.
pub(super) struct Nonce {
    /// kA.
    pub(super) secret: SecretScalar<P256>,
    /// R'.
    pub(super) r1: Zeroizing<Affine<P256>>,
    /// R and its r.
    pub(super) point: Zeroizing<Affine<P256>>,
    pub(super) r: Scalar<P256>,
    /// piR.
    pub(super) proof: Proof<P256>,
    /// pk = skA·`X_p`, of this record and not of the header (HDR-4).
    pub(super) pk: Zeroizing<Affine<P256>>,
}

/// EC-7 for every request; one whose nonce is of no use is tried again with the next, alone.
pub(super) fn choose_nonces(jobs: &mut [Job<'_>]) {
    let mut open: Vec<usize> = (0..jobs.len()).collect();
    for retry in 0..MAX_ATTEMPTS {
        let nonces = nonce_round(jobs, &open, retry);
        for (job, nonce) in open.iter().zip(nonces) {
            jobs[*job].nonce = nonce;
        }
        open.retain(|job| jobs[*job].nonce.is_none());
        if open.is_empty() {
            return;
        }
    }
}

/// One attempt: R' = kA'·D, κ·D and pk of all in one batch, then R = kA·D of all in another. `None` if kA = 0, R = O,
/// r = 0 or z = 0.
fn nonce_round(jobs: &[Job<'_>], open: &[usize], retry: u32) -> Vec<Option<Nonce>> {
    let secrets: Vec<[SecretScalar<P256>; 2]> = open
        .iter()
        .map(|job| ["k", "pok"].map(|tag| jobs[*job].drawn.nonces.scalar(tag, 0, retry)))
        .collect();
    let mut scalars = Vec::with_capacity(3 * open.len());
    let mut points = Vec::with_capacity(3 * open.len());
    for (job, [own, kappa]) in open.iter().zip(&secrets) {
        let job = &jobs[*job];
        let d = *job.request.body.point;
        scalars.extend([own, kappa, &job.share]);
        points.extend([d, d, *job.request.point]);
    }
    let products = Zeroizing::new(mul_batch(&scalars, &points));
    let (products, _) = products.as_chunks::<3>();
    let totals: Vec<SecretScalar<P256>> = open
        .iter()
        .zip(&secrets)
        .zip(products)
        .map(|((job, [own, _]), [r1, ..])| jobs[*job].total(retry, own, r1.as_ref()))
        .collect();
    let bases: Vec<Affine<P256>> = open
        .iter()
        .map(|job| *jobs[*job].request.body.point)
        .collect();
    let r = Zeroizing::new(mul_batch(&totals.iter().collect::<Vec<_>>(), &bases));
    let rest = products.iter().zip(totals).zip(r.iter()).zip(&secrets);
    open.iter()
        .zip(rest)
        .map(|(job, (((products, total), r), [_, kappa]))| {
            jobs[*job].nonce(retry, total, *products, *r, kappa)
        })
        .collect()
}

impl Job<'_> {
    /// kA = H2S("EC/R", ctx, R') + kA'; zero, which no later step accepts, if R' does not exist.
    fn total(
        &self,
        retry: u32,
        own: &SecretScalar<P256>,
        r1: Option<&Affine<P256>>,
    ) -> SecretScalar<P256> {
        let ctx = &self.request.session.ctx;
        let total = match r1 {
            Some(r1) => own.add_public(&nonce_offset(ctx, r1)),
            None => SecretScalar::new(Scalar::ZERO),
        };
        #[cfg(test)]
        let total = crate::ecdsa::sign::forced::nonce(ctx, retry, total);
        #[cfg(not(test))]
        let _ = retry;
        total
    }

    /// Puts an attempt together with its proof piR.
    fn nonce(
        &self,
        retry: u32,
        secret: SecretScalar<P256>,
        [r1, commitment, pk]: [Option<Affine<P256>>; 3],
        point: Option<Affine<P256>>,
        kappa: &SecretScalar<P256>,
    ) -> Option<Nonce> {
        let (r1, commitment, pk, point) = (r1?, commitment?, pk?, point?);
        let EcSession { ctx, .. } = self.request.session;
        let r = point.x_scalar();
        #[cfg(test)]
        let r = crate::ecdsa::sign::forced::r(ctx, retry, r);
        #[cfg(not(test))]
        let _ = retry;
        let c = nonce_challenge(ctx, [&self.request.body.point, &r1, &point, &commitment]);
        let z = *kappa.add(&secret.mul_public(&c)).expose();
        let usable = !declassify(r.is_zero() | z.is_zero());
        usable.then(|| Nonce {
            secret,
            r1: Zeroizing::new(r1),
            point: Zeroizing::new(point),
            r,
            proof: Proof { c, z },
            pk: Zeroizing::new(pk),
        })
    }
}
