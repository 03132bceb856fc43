//! Montgomery round and fold of the two primes in radix 2^52.
//!
//! Both primes are −1 mod 2^52, so the round's factor is the column itself: `t + m·p = t + m·(p + 1) − m`, and `p + 1`
//! has two (SM2) or three (P-256) limbs that are not zero.

use super::super::params::{P256Field, Sm2Field};
use super::field::{Lane, LaneModulus, MASK52};

/// Limb 4 of `p + 1` for both primes: 2^48 − 2^16.
const TOP: u64 = (1 << 48) - (1 << 16);

impl LaneModulus for Sm2Field {
    #[inline(always)]
    fn round<X: Lane>(t: &mut [X; 10], i: usize) {
        // p + 1 = 2^256 − 2^224 − 2^96 + 2^64: limb 1 is 2^12 − 2^44, taken as 2^52 − 2^44 + 2^12 with a borrow of 1
        // from limb 2.
        let m = t[i];
        let limb1 = m.splat((1 << 52) - (1 << 44) + (1 << 12));
        let top = m.splat(TOP);
        // Columns may be negative here, so the carry is an arithmetic shift.
        t[i + 1] = t[i + 1].mul_low(m, limb1).add(m.shift_right::<52>());
        t[i + 2] = t[i + 2].mul_high(m, limb1).sub(m.and(MASK52));
        t[i + 4] = t[i + 4].mul_low(m, top);
        t[i + 5] = t[i + 5].mul_high(m, top);
    }

    #[inline(always)]
    fn add_multiple_of_complement<X: Lane>(r: &mut [X; 5], q: X) {
        // 2^256 − p = 2^224 + 2^96 − 2^64 + 1
        r[0] = r[0].add(q);
        r[1] = r[1].add(q.shift_left::<44>().sub(q.shift_left::<12>()));
    }
}

impl LaneModulus for P256Field {
    #[inline(always)]
    fn round<X: Lane>(t: &mut [X; 10], i: usize) {
        // p + 1 = 2^256 − 2^224 + 2^192 + 2^96: limbs 4, 3 and 1.
        let m = t[i];
        let limb1 = m.splat(1 << 44);
        let limb3 = m.splat(1 << 36);
        let top = m.splat(TOP);
        t[i + 1] = t[i + 1].mul_low(m, limb1).add(m.shift_right::<52>());
        t[i + 2] = t[i + 2].mul_high(m, limb1);
        t[i + 3] = t[i + 3].mul_low(m, limb3);
        t[i + 4] = t[i + 4].mul_high(m, limb3).mul_low(m, top);
        t[i + 5] = t[i + 5].mul_high(m, top);
    }

    #[inline(always)]
    fn add_multiple_of_complement<X: Lane>(r: &mut [X; 5], q: X) {
        // 2^256 − p = 2^224 − 2^192 − 2^96 + 1
        r[0] = r[0].add(q);
        r[1] = r[1].sub(q.shift_left::<44>());
        r[3] = r[3].sub(q.shift_left::<36>());
    }
}
