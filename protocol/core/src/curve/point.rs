//! Jacobian point arithmetic for a = −3: (X, Y, Z) stands for (X/Z², Y/Z³), Z = 0 for the identity.

use super::field::Fe;
use super::params::Params;
use super::word::Words;
use zeroize::Zeroize;

/// Coordinate field of curve `C` in word back end `W`.
pub(crate) type F<C, W> = Fe<<C as Params>::Field, W>;

/// Affine coordinates in Montgomery form; never the identity.
pub struct Aff<C: Params, W> {
    pub(crate) x: F<C, W>,
    pub(crate) y: F<C, W>,
}

/// Jacobian coordinates in Montgomery form.
pub struct Jac<C: Params, W> {
    pub(crate) x: F<C, W>,
    pub(crate) y: F<C, W>,
    pub(crate) z: F<C, W>,
}

impl<C: Params, W> Clone for Aff<C, W> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<C: Params, W> Copy for Aff<C, W> {}

impl<C: Params, W> Clone for Jac<C, W> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<C: Params, W> Copy for Jac<C, W> {}

impl<C: Params, W: Words> Aff<C, W> {
    #[inline(always)]
    pub(crate) fn to_jacobian(self) -> Jac<C, W> {
        Jac {
            x: self.x,
            y: self.y,
            z: Fe::ONE,
        }
    }
}

/// Co-Z steps: pairs (X, Y) of points that share a Z that is kept elsewhere.
impl<C: Params, W: Words> Aff<C, W> {
    /// `2·self` and `self` over the common Z = 2y, and that Z; 2M + 4S.
    #[inline(always)]
    pub(crate) fn double_with_update(&self) -> (Self, Self, F<C, W>) {
        let double = |v: &F<C, W>| v.add(v);
        let (xx, yy) = (self.x.sqr(), self.y.sqr());
        let three = Fe::ONE.add(&Fe::ONE).add(&Fe::ONE);
        let m = double(&xx).add(&xx).sub(&three);
        let s = double(&double(&self.x.mul(&yy)));
        let y4_8 = double(&double(&double(&yy.sqr())));
        let x = m.sqr().sub(&s).sub(&s);
        let y = m.mul(&s.sub(&x)).sub(&y4_8);
        (Self { x, y }, Self { x: s, y: y4_8 }, double(&self.y))
    }

    /// `self + q` and `self` over a Z that grew by `factor` = x − q.x; 4M + 2S. Wrong for equal and opposite points.
    #[inline(always)]
    pub(crate) fn add_with_update(&self, q: &Self, factor: &F<C, W>) -> (Self, Self) {
        let square = factor.sqr();
        let (w1, w2) = (self.x.mul(&square), q.x.mul(&square));
        let r = self.y.sub(&q.y);
        let updated = self.y.mul(&w1.sub(&w2));
        let x = r.sqr().sub(&w1).sub(&w2);
        let y = r.mul(&w1.sub(&x)).sub(&updated);
        (Self { x, y }, Self { x: w1, y: updated })
    }
}

impl<C: Params, W: Words> Jac<C, W> {
    pub(crate) const IDENTITY: Self = Jac {
        x: Fe::ONE,
        y: Fe::ONE,
        z: Fe::ZERO,
    };

    /// Doubling, 4M + 4S, scaled by 1/2 so that Z₃ = Y·Z and the last two products share one reduction.
    #[inline(always)]
    fn double_inline(&self) -> Self {
        let z2 = self.z.sqr();
        let y2 = self.y.sqr();
        let t = self.x.sub(&z2).mul(&self.x.add(&z2));
        let z = self.y.mul(&self.z);
        let m = t.half().add(&t);
        let s = self.x.mul(&y2);
        let x = m.sqr().sub(&s).sub(&s);
        let y = Fe::mul_sub_sqr(&m, &s.sub(&x), &y2);
        Jac { x, y, z }
    }

    #[inline(always)]
    pub(crate) fn double_n_inline(&self, n: usize) -> Self {
        let mut r = *self;
        for _ in 0..n {
            r = r.double_inline();
        }
        r
    }

    /// `2·self`.
    #[inline]
    pub(crate) fn double(&self) -> Self {
        W::double_n(self, 1)
    }

    /// `2^n·self`.
    #[inline]
    pub(crate) fn double_n(&self, n: usize) -> Self {
        W::double_n(self, n)
    }

    /// `self + q`, 12M + 4S. Wrong for equal points and when one operand is the identity; opposite points give Z = 0.
    #[inline]
    pub(crate) fn add_incomplete(&self, q: &Self) -> Self {
        W::add(self, q)
    }

    #[inline(always)]
    pub(crate) fn add_inline(&self, q: &Self) -> Self {
        let z1 = self.z.sqr();
        let z2 = q.z.sqr();
        let u1 = self.x.mul(&z2);
        let u2 = q.x.mul(&z1);
        let s1 = self.y.mul(&q.z).mul(&z2);
        let s2 = q.y.mul(&self.z).mul(&z1);
        Self::finish(&u1, &s1, &u1.sub(&u2), &s2.sub(&s1), &self.z.mul(&q.z))
    }

    /// `self + q` for affine q, 8M + 3S. Same exceptions as [`Self::add_incomplete`].
    #[inline]
    pub(crate) fn add_affine_incomplete(&self, q: &Aff<C, W>) -> Self {
        W::add_affine(self, q)
    }

    #[inline(always)]
    pub(crate) fn add_affine_inline(&self, q: &Aff<C, W>) -> Self {
        let z1 = self.z.sqr();
        let u2 = q.x.mul(&z1);
        let s2 = q.y.mul(&self.z).mul(&z1);
        Self::finish(
            &self.x,
            &self.y,
            &self.x.sub(&u2),
            &s2.sub(&self.y),
            &self.z,
        )
    }

    /// Common tail of the additions: `minus_h = U1 − U2`, `r = S2 − S1`, `z` = product of the Z coordinates.
    #[inline(always)]
    fn finish(u1: &F<C, W>, s1: &F<C, W>, minus_h: &F<C, W>, r: &F<C, W>, z: &F<C, W>) -> Self {
        let hh = minus_h.sqr();
        let minus_hhh = hh.mul(minus_h);
        let v = u1.mul(&hh);
        let x = r.sqr().add(&minus_hhh).sub(&v).sub(&v);
        let y = Fe::mul_add_mul(r, &v.sub(&x), s1, &minus_hhh);
        Jac {
            x,
            y,
            z: z.mul(minus_h).neg(),
        }
    }

    /// `self + q` for all operands, in constant time: computes sum and doubling and selects.
    #[inline(never)]
    pub(crate) fn add_complete(&self, q: &Self) -> Self {
        let z1 = self.z.sqr();
        let z2 = q.z.sqr();
        let h = q.x.mul(&z1).sub(&self.x.mul(&z2));
        let r = q.y.mul(&self.z).mul(&z1).sub(&self.y.mul(&q.z).mul(&z2));
        let (p_identity, q_identity) = (self.z.zero_mask(), q.z.zero_mask());
        let equal = h.zero_mask() & r.zero_mask() & !p_identity & !q_identity;
        let mut sum = self.add_incomplete(q);
        sum.assign_if(&self.double(), equal);
        sum.assign_if(q, p_identity);
        sum.assign_if(self, q_identity);
        sum
    }

    #[inline(always)]
    pub(crate) fn assign_if(&mut self, other: &Self, mask: u64) {
        self.x.assign_if(&other.x, mask);
        self.y.assign_if(&other.y, mask);
        self.z.assign_if(&other.z, mask);
    }

    /// `self + q` for all operands, branching on them: public data only.
    pub(crate) fn add_vartime(&self, q: &Self) -> Self {
        if self.z.is_zero_vartime() {
            return *q;
        }
        let sum = self.add_incomplete(q);
        if sum.z.is_zero_vartime() {
            return self.add_complete(q);
        }
        sum
    }

    /// `self + q` for affine q, branching on the operands: public data only.
    pub(crate) fn add_affine_vartime(&self, q: &Aff<C, W>) -> Self {
        if self.z.is_zero_vartime() {
            return q.to_jacobian();
        }
        let sum = self.add_affine_incomplete(q);
        if sum.z.is_zero_vartime() {
            return self.add_complete(&q.to_jacobian());
        }
        sum
    }

    /// Affine coordinates given 1/Z.
    #[inline(always)]
    pub(crate) fn scale(&self, z_inverse: &F<C, W>) -> Aff<C, W> {
        let zz = z_inverse.sqr();
        Aff {
            x: self.x.mul(&zz),
            y: self.y.mul(&zz).mul(z_inverse),
        }
    }

    /// Affine coordinates, and all ones if the point is the identity (the coordinates are then (0, 0)).
    pub(crate) fn to_affine(self) -> (Aff<C, W>, u64) {
        (self.scale(&self.z.invert()), self.z.zero_mask())
    }
}

/// Affine coordinates of all points with one shared inversion (Montgomery's trick), and a mask per point as in
/// [`Jac::to_affine`]. Identities are replaced before the product, so one cannot disturb the others.
pub(crate) fn to_affine_batch<C: Params, W: Words>(points: &[Jac<C, W>]) -> Vec<(Aff<C, W>, u64)> {
    let mut zs: Vec<F<C, W>> = points.iter().map(|p| p.z).collect();
    let identities = invert_batch(&mut zs);
    points
        .iter()
        .zip(&zs)
        .zip(identities)
        .map(|((p, zi), identity)| (p.scale(zi), identity))
        .collect()
}

/// Inverts all values in place with one inversion and returns the mask "was zero" for each; a zero becomes 1.
pub(crate) fn invert_batch<M: super::params::Modulus, W: Words>(
    values: &mut [Fe<M, W>],
) -> Vec<u64> {
    if values.is_empty() {
        return Vec::new();
    }
    let mut prefix = Vec::with_capacity(values.len());
    let mut zero = Vec::with_capacity(values.len());
    let mut product = Fe::ONE;
    for v in values.iter_mut() {
        let mask = v.zero_mask();
        v.assign_if(&Fe::ONE, mask);
        zero.push(mask);
        prefix.push(product);
        product = product.mul(v);
    }
    let mut inverse = product.invert();
    for (v, before) in values.iter_mut().zip(&prefix).rev() {
        let next = inverse.mul(v);
        *v = inverse.mul(before);
        inverse = next;
    }
    for product in &mut prefix {
        product.0.zeroize();
    }
    zero
}
