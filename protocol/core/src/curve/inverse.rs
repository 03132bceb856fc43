//! Constant-time modular inversion: Bernstein–Yang safegcd, 59 division steps per batch, 10 batches.
//!
//! Numbers are five signed limbs of 62 bits. 590 division steps suffice for 256-bit odd moduli when
//! the start value of ζ is −1 (δ = 1/2), as shown by the authors of the half-delta variant.

use super::params::Modulus;
use super::word::Limbs;
use crate::ct::barrier;

const MASK62: u64 = u64::MAX >> 2;
const BATCHES: usize = 10;

type Signed62 = [i64; 5];

/// Transition matrix of one batch, scaled by 2^62.
struct Matrix {
    u: i64,
    v: i64,
    q: i64,
    r: i64,
}

const fn to_signed62(v: &Limbs) -> Signed62 {
    [
        (v[0] & MASK62) as i64,
        ((v[0] >> 62 | v[1] << 2) & MASK62) as i64,
        ((v[1] >> 60 | v[2] << 4) & MASK62) as i64,
        ((v[2] >> 58 | v[3] << 6) & MASK62) as i64,
        (v[3] >> 56) as i64,
    ]
}

/// All ones if the number is negative.
#[inline(always)]
fn sign_mask(x: i64) -> i64 {
    barrier((x >> 63) as u64) as i64
}

/// 59 division steps on the low words of f and g.
#[inline(always)]
fn divsteps(mut zeta: i64, f0: u64, g0: u64) -> (i64, Matrix) {
    // Starting at 8 instead of 1 scales the matrix from 2^59 to 2^62.
    let (mut u, mut v, mut q, mut r) = (8u64, 0u64, 0u64, 8u64);
    let (mut f, mut g) = (f0, g0);
    for _ in 3..62 {
        let negative = (zeta >> 63) as u64;
        let odd = (g & 1).wrapping_neg();
        let x = (f ^ negative).wrapping_sub(negative);
        let y = (u ^ negative).wrapping_sub(negative);
        let z = (v ^ negative).wrapping_sub(negative);
        g = g.wrapping_add(x & odd);
        q = q.wrapping_add(y & odd);
        r = r.wrapping_add(z & odd);
        let swap = negative & odd;
        zeta = (zeta ^ swap as i64).wrapping_sub(1);
        f = f.wrapping_add(g & swap);
        u = u.wrapping_add(q & swap);
        v = v.wrapping_add(r & swap);
        g >>= 1;
        u <<= 1;
        v <<= 1;
    }
    (
        zeta,
        Matrix {
            u: u as i64,
            v: v as i64,
            q: q as i64,
            r: r as i64,
        },
    )
}

/// (d, e) := matrix·(d, e) / 2^62 mod m; both stay in (−2m, m).
#[inline(always)]
fn update_de(d: &mut Signed62, e: &mut Signed62, t: &Matrix, m: &Signed62, inverse62: u64) {
    let (u, v, q, r) = (
        i128::from(t.u),
        i128::from(t.v),
        i128::from(t.q),
        i128::from(t.r),
    );
    let (sd, se) = (sign_mask(d[4]), sign_mask(e[4]));
    let mut md = (t.u & sd).wrapping_add(t.v & se);
    let mut me = (t.q & sd).wrapping_add(t.r & se);
    let mut cd = u * i128::from(d[0]) + v * i128::from(e[0]);
    let mut ce = q * i128::from(d[0]) + r * i128::from(e[0]);
    md = md
        .wrapping_sub((inverse62.wrapping_mul(cd as u64).wrapping_add(md as u64) & MASK62) as i64);
    me = me
        .wrapping_sub((inverse62.wrapping_mul(ce as u64).wrapping_add(me as u64) & MASK62) as i64);
    cd += i128::from(m[0]) * i128::from(md);
    ce += i128::from(m[0]) * i128::from(me);
    cd >>= 62;
    ce >>= 62;
    for i in 1..5 {
        cd += u * i128::from(d[i]) + v * i128::from(e[i]) + i128::from(m[i]) * i128::from(md);
        ce += q * i128::from(d[i]) + r * i128::from(e[i]) + i128::from(m[i]) * i128::from(me);
        d[i - 1] = (cd as u64 & MASK62) as i64;
        e[i - 1] = (ce as u64 & MASK62) as i64;
        cd >>= 62;
        ce >>= 62;
    }
    d[4] = cd as i64;
    e[4] = ce as i64;
}

/// (f, g) := matrix·(f, g) / 2^62, exactly.
#[inline(always)]
fn update_fg(f: &mut Signed62, g: &mut Signed62, t: &Matrix) {
    let (u, v, q, r) = (
        i128::from(t.u),
        i128::from(t.v),
        i128::from(t.q),
        i128::from(t.r),
    );
    let mut cf = (u * i128::from(f[0]) + v * i128::from(g[0])) >> 62;
    let mut cg = (q * i128::from(f[0]) + r * i128::from(g[0])) >> 62;
    for i in 1..5 {
        cf += u * i128::from(f[i]) + v * i128::from(g[i]);
        cg += q * i128::from(f[i]) + r * i128::from(g[i]);
        f[i - 1] = (cf as u64 & MASK62) as i64;
        g[i - 1] = (cg as u64 & MASK62) as i64;
        cf >>= 62;
        cg >>= 62;
    }
    f[4] = cf as i64;
    g[4] = cg as i64;
}

/// Brings r from (−2m, m) to [0, m), negated first if `sign` is negative.
#[inline(always)]
fn normalise(r: &mut Signed62, sign: i64, m: &Signed62) {
    let add = sign_mask(r[4]);
    let negate = sign_mask(sign);
    for i in 0..5 {
        r[i] += m[i] & add;
        r[i] = (r[i] ^ negate) - negate;
    }
    carry(r);
    let add = sign_mask(r[4]);
    for i in 0..5 {
        r[i] += m[i] & add;
    }
    carry(r);
}

#[inline(always)]
fn carry(r: &mut Signed62) {
    for i in 0..4 {
        r[i + 1] += r[i] >> 62;
        r[i] &= MASK62 as i64;
    }
}

/// The running values of one inversion: f and g, with d and e ≡ f/x and g/x up to the scale of the batches so far.
struct State {
    zeta: i64,
    d: Signed62,
    e: Signed62,
    f: Signed62,
    g: Signed62,
}

impl State {
    #[inline(always)]
    fn batch(&mut self, m: &Signed62, inverse62: u64) {
        let (zeta, t) = divsteps(self.zeta, self.f[0] as u64, self.g[0] as u64);
        self.zeta = zeta;
        update_de(&mut self.d, &mut self.e, &t, m, inverse62);
        update_fg(&mut self.f, &mut self.g, &t);
    }
}

/// `x⁻¹ mod M` for plain `x < M`; 0 for 0.
#[inline(never)]
pub(crate) fn invert_mod<M: Modulus>(x: &Limbs) -> Limbs {
    let m = const { to_signed62(&M::M) };
    let inverse62 = const { M::NEG_INV.wrapping_neg() & MASK62 };
    let mut state = State {
        zeta: -1,
        d: [0; 5],
        e: [1, 0, 0, 0, 0],
        f: m,
        g: to_signed62(x),
    };
    // First and last batch by themselves, so that the compiler drops what they do not need: d and e begin as
    // constants, and in the end only d and the sign of f count.
    state.batch(&m, inverse62);
    for _ in 2..BATCHES {
        state.batch(&m, inverse62);
    }
    state.batch(&m, inverse62);
    let State { mut d, f, .. } = state;
    normalise(&mut d, f[4], &m);
    let d = d.map(|x| x as u64);
    [
        d[0] | d[1] << 62,
        d[1] >> 2 | d[2] << 60,
        d[2] >> 4 | d[3] << 58,
        d[3] >> 6 | d[4] << 56,
    ]
}
