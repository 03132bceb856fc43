//! The eight-lane multiplications. Every function here is compiled for AVX-512; none branches on a digit or a coordinate.

use super::super::affine::Affine;
use super::super::params::Params;
use super::super::point::Jac;
use super::super::recode::{
    recode, OddDigits, FIXED_DIGITS, FIXED_WIDTH, LANE_DIGITS, LANE_WIDTH, VARIABLE_DIGITS,
    VARIABLE_WIDTH,
};
use super::super::word::Limbs;
use super::super::x86::X86Wide;
use super::super::Curve;
use super::field::F8;
use super::masked::{load, unload, E};
use super::point::{self, A8, J8};
use super::table::{LaneTable, Window, WINDOW_ROWS};
use super::vector::{Ifma, LaneMask, V};
use zeroize::Zeroize;

/// Entries of a variable-base table: P, 3P, …, 31P.
const ENTRIES: usize = 1 << (VARIABLE_WIDTH - 1);

/// Recodings of eight scalars, digit by digit. Wiped on drop.
pub(super) struct LaneDigits<const N: usize> {
    digits: [[i16; 8]; N],
    negate: LaneMask,
}

impl<const N: usize> LaneDigits<N> {
    // Scalar code: kept out of the vector functions, where unrolling and vectorising it only adds code.
    #[inline(never)]
    pub(super) fn new<C: Params>(k: &[&Limbs; 8], width: usize) -> Self {
        let mut digits = [[0i16; 8]; N];
        let mut negate = 0;
        for (lane, k) in k.iter().enumerate() {
            let negated = recode::<C, N>(k, width, |i, digit| digits[i][lane] = digit);
            negate |= ((negated & 1) as LaneMask) << lane;
        }
        Self { digits, negate }
    }
}

impl<const N: usize> Drop for LaneDigits<N> {
    fn drop(&mut self) {
        self.digits.zeroize();
        self.negate.zeroize();
    }
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
#[inline(never)]
fn double_n<C: Curve>(p: &J8<E<C>>, n: usize) -> J8<E<C>> {
    let mut r = *p;
    for _ in 0..n {
        r = point::double(&r);
    }
    r
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
#[inline(never)]
fn add<C: Curve>(p: &J8<E<C>>, q: &J8<E<C>>) -> J8<E<C>> {
    point::add(p, q)
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
#[inline(never)]
fn add_affine<C: Curve>(p: &J8<E<C>>, q: &A8<E<C>>) -> J8<E<C>> {
    point::add_affine(p, q)
}

/// `p + q` where neither is the identity, also right for equal points: computes sum and doubling, selects per lane.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
#[inline(never)]
fn add_complete<C: Curve>(p: &J8<E<C>>, q: &J8<E<C>>, one: &E<C>) -> J8<E<C>> {
    let (_, _, h, r) = point::differences(p, q);
    let equal = h.zero_lanes(one) & r.zero_lanes(one);
    add::<C>(p, q).blend(equal, &double_n::<C>(p, 1))
}

/// As [`add_complete`] for affine q.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
#[inline(never)]
fn add_affine_complete<C: Curve>(p: &J8<E<C>>, q: &A8<E<C>>, one: &E<C>) -> J8<E<C>> {
    let (h, r) = point::affine_differences(p, q);
    let equal = h.zero_lanes(one) & r.zero_lanes(one);
    add_affine::<C>(p, q).blend(equal, &double_n::<C>(p, 1))
}

/// The odd multiples P, 3P, …, 31P of eight points.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
fn odd_multiples<C: Curve>(p: &A8<E<C>>, one: &E<C>) -> [J8<E<C>>; ENTRIES] {
    let mut table = [J8 {
        x: p.x,
        y: p.y,
        z: *one,
    }; ENTRIES];
    let twice = double_n::<C>(&table[0], 1);
    table[1] = add_affine::<C>(&twice, p);
    for i in 2..ENTRIES {
        table[i] = add::<C>(&table[i - 1], &twice);
    }
    table
}

/// The table entry of each lane's digit, by reading all entries.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
#[inline]
fn look_up<C: Curve>(
    token: Ifma,
    table: &[J8<E<C>>; ENTRIES],
    digits: &[i16; 8],
    negate: LaneMask,
) -> J8<E<C>> {
    let (sign, index) = V::sign_and_index(token, digits);
    let mut r = table[0];
    for (i, entry) in table.iter().enumerate().skip(1) {
        r = r.blend(index.equals(i as u64), entry);
    }
    r.y = r.y.negate_if::<3>(sign ^ negate);
    r
}

/// `k·P` in every lane, `k < n`; the variable-base method of `mul.rs`.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
pub(super) fn mul<C: Curve>(token: Ifma, k: &[&Limbs; 8], p: &[Affine<C>; 8]) -> J8<E<C>> {
    let one = E::<C>::one(token);
    let table = odd_multiples::<C>(&load(token, p), &one);
    let k = LaneDigits::<VARIABLE_DIGITS>::new::<C>(k, VARIABLE_WIDTH);
    let mut sum = look_up::<C>(token, &table, &k.digits[VARIABLE_DIGITS - 1], 0);
    for i in (1..VARIABLE_DIGITS - 1).rev() {
        sum = double_n::<C>(&sum, VARIABLE_WIDTH);
        sum = add::<C>(&sum, &look_up::<C>(token, &table, &k.digits[i], 0));
    }
    sum = double_n::<C>(&sum, VARIABLE_WIDTH);
    sum = add_complete::<C>(&sum, &look_up::<C>(token, &table, &k.digits[0], 0), &one);
    sum.y = sum.y.negate_if::<3>(k.negate);
    sum
}

/// The comb entry of each lane's digit in one window, looked up in registers.
#[inline(always)]
fn look_up_window<C: Curve>(token: Ifma, window: &Window, digits: &[i16; 8]) -> A8<E<C>> {
    let (sign, index) = V::sign_and_index(token, digits);
    let [x0, x1, x2, x3, x4, y0, y1, y2, y3, y4] = window;
    let (x0, x1, x2) = (
        index.look_up_64(x0),
        index.look_up_64(x1),
        index.look_up_64(x2),
    );
    let (y0, y1, y2) = (
        index.look_up_64(y0),
        index.look_up_64(y1),
        index.look_up_64(y2),
    );
    let (x3, x4) = (index.look_up_64(x3), index.look_up_64(x4));
    let (y3, y4) = (index.look_up_64(y3), index.look_up_64(y4));
    A8 {
        x: F8::new([x0, x1, x2, x3, x4]),
        y: F8::new([y0, y1, y2, y3, y4]).negate_if::<1>(sign),
    }
}

/// `sum +` the comb entry of each lane's digit, incomplete.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
#[inline(never)]
fn add_window<C: Curve>(
    token: Ifma,
    sum: &J8<E<C>>,
    window: &Window,
    digits: &[i16; 8],
) -> J8<E<C>> {
    point::add_affine(sum, &look_up_window::<C>(token, window, digits))
}

/// `k·G` in every lane, `k < n`; the comb of `mul.rs`.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
pub(super) fn mul_base<C: Curve>(token: Ifma, table: &LaneTable, k: &[&Limbs; 8]) -> J8<E<C>> {
    const LAST: usize = LANE_DIGITS - 1;
    let one = E::<C>::one(token);
    let k = LaneDigits::<LANE_DIGITS>::new::<C>(k, LANE_WIDTH);
    let A8 { x, y } = look_up_window::<C>(token, &table.windows[0], &k.digits[0]);
    let mut sum = J8 { x, y, z: one };
    for i in 1..LAST {
        sum = add_window::<C>(token, &sum, &table.windows[i], &k.digits[i]);
    }
    let last = look_up_window::<C>(token, &table.windows[LAST], &k.digits[LAST]);
    sum = add_affine_complete::<C>(&sum, &last, &one);
    sum.y = sum.y.negate_if::<3>(k.negate);
    sum
}

/// Eight parts whose sum is `k·G`: lane l adds up the comb windows l, l + 8, l + 16, … of one scalar.
///
/// Windows are disjoint and every digit is odd, so the largest window of a partial sum outweighs the others and no
/// addition here meets equal or opposite points.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
fn split_base<C: Curve>(token: Ifma, table: &LaneTable, k: &Limbs) -> J8<E<C>> {
    let k = OddDigits::<FIXED_DIGITS>::new::<C>(k, FIXED_WIDTH);
    let mut digits = [[1i16; 8]; WINDOW_ROWS];
    for (i, digit) in k.digits().iter().enumerate() {
        digits[i / 8][i % 8] = *digit;
    }
    let entry = |row: usize| -> A8<E<C>> {
        let (sign, index) = V::sign_and_index(token, &digits[row]);
        let limbs = table.look_up_row(token, row, index);
        let [x0, x1, x2, x3, x4, y0, y1, y2, y3, y4] = limbs;
        A8 {
            x: F8::new([x0, x1, x2, x3, x4]),
            y: F8::new([y0, y1, y2, y3, y4]).negate_if::<1>(sign),
        }
    };
    let A8 { x, y } = entry(0);
    let mut sum = J8 {
        x,
        y,
        z: E::<C>::one(token),
    };
    for row in 1..WINDOW_ROWS - 1 {
        sum = add_affine::<C>(&sum, &entry(row));
    }
    // The last row has fewer windows than lanes.
    sum = sum.blend(
        (1 << (FIXED_DIGITS % 8)) - 1,
        &add_affine::<C>(&sum, &entry(WINDOW_ROWS - 1)),
    );
    sum.y = sum.y.negate_if::<3>(k.negate() as LaneMask);
    digits.zeroize();
    sum
}

/// `k·G` for one scalar with its comb windows spread over the lanes; lane 0 holds the result.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
pub(super) fn mul_base_one<C: Curve>(token: Ifma, table: &LaneTable, k: &Limbs) -> J8<E<C>> {
    let swapped = |p: &J8<E<C>>, distance: u64| {
        let order = V::load(token, &core::array::from_fn(|i| i as u64 ^ distance));
        J8 {
            x: p.x.permute(order),
            y: p.y.permute(order),
            z: p.z.permute(order),
        }
    };
    // Only the last sum can meet equal or opposite parts: see `split_base`; before it, totals stay below n.
    let parts = split_base::<C>(token, table, k);
    let quarters = add::<C>(&parts, &swapped(&parts, 4));
    let halves = add::<C>(&quarters, &swapped(&quarters, 2));
    add_complete::<C>(&halves, &swapped(&halves, 1), &E::<C>::one(token))
}

/// Terms `k·P` of a public multi-product, eight at a time.
pub(super) struct Terms<C: Curve> {
    table: [J8<E<C>>; ENTRIES],
    digits: LaneDigits<VARIABLE_DIGITS>,
    active: LaneMask,
}

impl<C: Curve> Terms<C> {
    /// Prepares eight terms; lanes outside `active` are ignored.
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn new(token: Ifma, k: &[&Limbs; 8], p: &[Affine<C>; 8], active: LaneMask) -> Self {
        let table = odd_multiples::<C>(&load(token, p), &E::<C>::one(token));
        Self {
            table,
            digits: LaneDigits::new::<C>(k, VARIABLE_WIDTH),
            active,
        }
    }
}

/// `2^255·start + Σ k·P` in every lane, in constant time: one chain of doublings for all terms. `start` is a secret
/// point (`combine.rs`), so the additions meet neither equal nor opposite points.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
pub(super) fn joint<C: Curve>(token: Ifma, start: &Affine<C>, terms: &[Terms<C>]) -> J8<E<C>> {
    let mut sum = from_affine::<C>(token, &[*start; 8]);
    for i in (0..VARIABLE_DIGITS).rev() {
        if i < VARIABLE_DIGITS - 1 {
            sum = double_n::<C>(&sum, VARIABLE_WIDTH);
        }
        for t in terms {
            let entry = look_up::<C>(token, &t.table, &t.digits.digits[i], t.digits.negate);
            sum = add::<C>(&sum, &entry);
        }
    }
    sum
}

/// `sum + first + end` in every lane, complete.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
pub(super) fn finish<C: Curve>(
    token: Ifma,
    sum: &J8<E<C>>,
    first: &J8<E<C>>,
    end: &Affine<C>,
) -> J8<E<C>> {
    let one = E::<C>::one(token);
    let sum = add_complete::<C>(sum, first, &one);
    add_affine_complete::<C>(&sum, &load(token, &[*end; 8]), &one)
}

/// Eight points in Jacobian coordinates.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
pub(super) fn from_affine<C: Curve>(token: Ifma, points: &[Affine<C>; 8]) -> J8<E<C>> {
    let A8 { x, y } = load(token, points);
    let z = E::<C>::one(token);
    J8 { x, y, z }
}

/// Eight parts whose sum is `g·G + Σ k·P`, or `None` if an addition met equal or opposite points: public data only.
///
/// A lane that met such a pair gets Z = 0 and keeps it through every later step, so one check at the end is enough.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
pub(super) fn multi<C: Curve>(
    token: Ifma,
    table: &LaneTable,
    g: &Limbs,
    terms: &[Terms<C>],
) -> Option<[Jac<C, X86Wide>; 8]> {
    let base = split_base::<C>(token, table, g);
    let (first, rest) = terms.split_first()?;
    let entry = |t: &Terms<C>, i: usize| {
        look_up::<C>(token, &t.table, &t.digits.digits[i], t.digits.negate)
    };
    let mut sum = entry(first, VARIABLE_DIGITS - 1);
    for i in (0..VARIABLE_DIGITS).rev() {
        if i < VARIABLE_DIGITS - 1 {
            sum = add::<C>(&double_n::<C>(&sum, VARIABLE_WIDTH), &entry(first, i));
        }
        for t in rest {
            sum = sum.blend(t.active, &add::<C>(&sum, &entry(t, i)));
        }
    }
    let total = base.blend(first.active, &add::<C>(&base, &sum));
    (total.z.zero_lanes(&E::<C>::one(token)) == 0).then(|| unload(token, &total))
}
