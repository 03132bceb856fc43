//! Jacobian formulas on eight points at once, generic over the coordinate so that the bound check runs the same code.
//!
//! Invariant, in units of p: every formula takes x < 2.01, y ≤ 3 (it may have been negated) and z < 3.2, affine
//! coordinates below 1.2, and returns x, y < 2.01 and z < 3.2.

/// A normalised coordinate.
pub(crate) trait Coordinate: Copy {
    /// Its uncarried form.
    type Raw: RawCoordinate<Normal = Self>;
    fn raw(&self) -> Self::Raw;
    /// Product for code with many products in flight.
    fn mul_raw(&self, other: &Self) -> Self::Raw;
    /// Square for code with many products in flight.
    fn sqr_raw(&self) -> Self::Raw;
    /// Product with a short dependency chain.
    fn mul_raw_short(&self, other: &Self) -> Self::Raw;
    /// Square with a short dependency chain.
    fn sqr_raw_short(&self) -> Self::Raw;

    #[inline(always)]
    fn mul(&self, other: &Self) -> Self {
        self.mul_raw(other).normalise()
    }

    #[inline(always)]
    fn sqr(&self) -> Self {
        self.sqr_raw().normalise()
    }

    #[inline(always)]
    fn mul_short(&self, other: &Self) -> Self {
        self.mul_raw_short(other).normalise()
    }

    #[inline(always)]
    fn sqr_short(&self) -> Self {
        self.sqr_raw_short().normalise()
    }
}

/// Columns before carrying.
pub(crate) trait RawCoordinate: Copy {
    /// Its carried form.
    type Normal;
    fn add(&self, other: &Self) -> Self;
    fn sub(&self, other: &Self) -> Self;
    /// `self + K·p`.
    fn add_p<const K: u64>(&self) -> Self;
    /// Carries a value in [0, 16p).
    fn normalise(&self) -> Self::Normal;
    /// Reduces a value |V| < 2^11·p to (0, 2.01p).
    fn fold(&self) -> Self::Normal;

    #[inline(always)]
    fn double(&self) -> Self {
        self.add(self)
    }
}

/// Eight points in Jacobian coordinates.
#[derive(Clone, Copy)]
pub(crate) struct J8<E> {
    pub(crate) x: E,
    pub(crate) y: E,
    pub(crate) z: E,
}

/// Eight points in affine coordinates.
#[derive(Clone, Copy)]
pub(crate) struct A8<E> {
    pub(crate) x: E,
    pub(crate) y: E,
}

/// `2·p`, 4M + 4S. Z = 0 stays Z = 0.
#[inline(always)]
pub(crate) fn double<E: Coordinate>(p: &J8<E>) -> J8<E> {
    let z2 = p.z.sqr();
    let yy2 = p.y.sqr_raw().double().normalise();
    let z3 = p.y.mul_raw(&p.z).double().normalise();
    let a = p.x.raw().sub(&z2.raw()).add_p::<2>().normalise();
    let b = p.x.raw().add(&z2.raw()).normalise();
    let ab = a.mul_raw(&b);
    let m = ab.double().add(&ab).normalise();
    let s = p.x.mul_raw(&yy2).double().normalise();
    let y4_8 = yy2.sqr_raw().double();
    let x3 = m.sqr_raw().sub(&s.raw().double()).fold();
    let d = s.raw().sub(&x3.raw()).add_p::<3>().normalise();
    let y3 = m.mul_raw(&d).sub(&y4_8).fold();
    J8 {
        x: x3,
        y: y3,
        z: z3,
    }
}

/// `p + q`, 12M + 4S. Wrong in lanes with equal points or an identity (those get Z = 0); opposite points give Z = 0.
#[inline(always)]
pub(crate) fn add<E: Coordinate>(p: &J8<E>, q: &J8<E>) -> J8<E> {
    let (u1, s1, h, r) = differences(p, q);
    let hh = h.sqr();
    let z3 = p.z.mul(&q.z).mul(&h);
    let hhh = hh.mul(&h);
    let v = u1.mul(&hh);
    let x3 = r.sqr_raw().sub(&hhh.raw()).sub(&v.raw().double()).fold();
    let d = v.raw().sub(&x3.raw()).add_p::<3>().normalise();
    let y3 = r.mul_raw(&d).sub(&s1.mul_raw(&hhh)).fold();
    J8 {
        x: x3,
        y: y3,
        z: z3,
    }
}

/// U1, S1, H = U2 − U1 and R = S2 − S1 of the Jacobian addition.
#[inline(always)]
pub(crate) fn differences<E: Coordinate>(p: &J8<E>, q: &J8<E>) -> (E, E, E, E) {
    let z1 = p.z.sqr();
    let z2 = q.z.sqr();
    let u1 = p.x.mul(&z2);
    let s1 = p.y.mul(&q.z).mul(&z2);
    let h = q.x.mul_raw(&z1).sub(&u1.raw()).add_p::<2>().normalise();
    let r =
        q.y.mul(&p.z)
            .mul_raw(&z1)
            .sub(&s1.raw())
            .add_p::<2>()
            .normalise();
    (u1, s1, h, r)
}

/// `p + q` for affine q, 8M + 3S. Same exceptions as [`add`].
#[inline(always)]
pub(crate) fn add_affine<E: Coordinate>(p: &J8<E>, q: &A8<E>) -> J8<E> {
    let (h, r) = affine_differences(p, q);
    let hh = h.sqr_short();
    let z3 = p.z.mul_short(&h);
    let hhh = hh.mul_short(&h);
    let v = p.x.mul_short(&hh);
    let x3 = r
        .sqr_raw_short()
        .sub(&hhh.raw())
        .sub(&v.raw().double())
        .fold();
    let d = v.raw().sub(&x3.raw()).add_p::<3>().normalise();
    let y3 = r.mul_raw_short(&d).sub(&p.y.mul_raw_short(&hhh)).fold();
    J8 {
        x: x3,
        y: y3,
        z: z3,
    }
}

/// H = U2 − X1 and R = S2 − Y1 of the addition of an affine point.
#[inline(always)]
pub(crate) fn affine_differences<E: Coordinate>(p: &J8<E>, q: &A8<E>) -> (E, E) {
    let z1 = p.z.sqr_short();
    let h =
        q.x.mul_raw_short(&z1)
            .sub(&p.x.raw())
            .add_p::<3>()
            .normalise();
    let r =
        q.y.mul_short(&p.z)
            .mul_raw_short(&z1)
            .sub(&p.y.raw())
            .add_p::<3>()
            .normalise();
    (h, r)
}
