//! The set-up: 128 endemic base OTs, the server receiving (OTS-1, OTS-2, OTS-5), and the trees above them.
//!
//! | Step | Function |
//! |---|---|
//! | OTS-1 | [`offer`]: server, part 1 |
//! | OTS-2 … OTS-4 | [`answer`]: phone, part 2 and its seeds |
//! | OTS-5 … OTS-7 | [`accept`]: server, what it keeps |

use subtle::{Choice, ConditionallySelectable};
use zeroize::Zeroizing;

use super::parts::{Part1, Part2};
use super::trees::{self, Choices};
use super::{byte, Block, Inconsistent, PhoneSeeds, ServerSetup, COLUMNS};
use crate::curve::{add_batch, map_batch, mul_base_batch, mul_batch, Affine, SecretScalar, P256};
use crate::error::{Error, Result};
use crate::hash::{label, tail, uniform96, XofFamily};
use crate::random::{PhoneNonces, ServerNonces};

/// TLV of u8 i, u8 b and three points.
const KEY_TAIL: usize = 5 + 5 + 3 * 37;

type Point = Affine<P256>;
/// Points that must not be seen; wiped on drop.
type SecretPoints = Zeroizing<Vec<Point>>;

/// OTS-1: part 1, 8 448 bytes. The choice bits (low bit of tag `c`), `a` and `t` follow from the seed of `nonces`, which
/// the server seals until [`accept`].
///
/// # Panics
/// Never: no nonce is zero.
#[must_use]
pub fn offer(otsid: &[u8; 32], nonces: &ServerNonces) -> Zeroizing<Vec<u8>> {
    let choices = choices(nonces);
    let chosen = times_generator(&scalars(|i| nonces.scalar("a", i, 0)));
    let mut points = vec![[Point::generator(); 2]; COLUMNS];
    let mut open: Vec<usize> = (0..COLUMNS).collect();
    let mut retry = 0;
    while !open.is_empty() {
        let t: Vec<_> = open
            .iter()
            .map(|&i| nonces.scalar("t", index(i), retry))
            .collect();
        let other = times_generator(&t);
        let inputs: Vec<_> = open.iter().zip(other.iter()).collect();
        let inputs = inputs.iter().map(|(&i, r)| (i, choices[i], **r));
        let masks = hash_to_points(otsid, inputs);
        let own: Vec<_> = open.iter().map(|&i| chosen[i]).collect();
        let differences = Zeroizing::new(subtract(&own, &masks));
        let mut again = Vec::new();
        for ((&i, other), difference) in open.iter().zip(other.iter()).zip(differences.iter()) {
            // A mask of O or equal to A_i has probability 2^-256.
            let Some(own) = difference else {
                again.push(i);
                continue;
            };
            let c = Choice::from(choices[i]);
            points[i] = [
                Point::conditional_select(own, other, c),
                Point::conditional_select(other, own, c),
            ];
        }
        open = again;
        retry += 1;
    }
    Zeroizing::new(Part1 { points }.encode())
}

/// OTS-2 … OTS-4: the seeds to keep (masked, PIN-6) and part 2, 14 592 bytes. `nonces` is new for this set-up; tags `y0`
/// and `y1`.
///
/// # Errors
/// `BadAnswer` if part 1 is malformed or gives V = O.
pub fn answer(
    otsid: &[u8; 32],
    part_1: &[u8],
    nonces: &PhoneNonces,
) -> Result<(PhoneSeeds, Zeroizing<Vec<u8>>)> {
    let part_1 = Part1::decode(part_1).map_err(|_| Error::BadAnswer)?;
    let r = part_1.points.as_flattened();
    let inputs = (0..2 * COLUMNS).map(|k| (k / 2, byte(k % 2), r[k ^ 1]));
    let masks = hash_to_points(otsid, inputs);
    let v = masks
        .iter()
        .map(|mask| mask.ok_or(Error::BadAnswer))
        .collect::<Result<Vec<_>>>()?;
    let v = add_batch(r, &v)
        .into_iter()
        .map(|sum| sum.ok_or(Error::BadAnswer))
        .collect::<Result<Vec<_>>>()?;
    let secrets: Vec<SecretScalar<P256>> = (0..2 * COLUMNS)
        .map(|k| nonces.scalar(["y0", "y1"][k % 2], index(k / 2)))
        .collect();
    let y = times_generator(&secrets);
    let shared = times(&secrets, &v);
    let tails = (0..2 * COLUMNS)
        .map(|k| key_tail(k / 2, byte(k % 2), [&v[k], &y[k], &shared[k]]))
        .collect();
    let keys = keys(otsid, tails);
    let (nodes, corrections) = trees::phone(otsid, keys.as_chunks::<2>().0);
    let part_2 = Part2 {
        points: y.as_chunks::<2>().0.to_vec(),
        tau: corrections.tau,
        th: corrections.th,
        sh: corrections.sh,
    };
    Ok((PhoneSeeds::new(otsid, nodes), part_2.encode()))
}

/// OTS-5 … OTS-7: what the server keeps, from the seed of [`offer`] and part 2. The choice bits decide nothing that can
/// be observed but the one result.
///
/// # Errors
/// [`Inconsistent`], also for a part that does not decode: the caller discards the seed; a new set-up draws another Δ.
///
/// # Panics
/// Never: no nonce is zero.
pub fn accept(
    otsid: &[u8; 32],
    nonces: &ServerNonces,
    part_2: &[u8],
) -> core::result::Result<ServerSetup, Inconsistent> {
    let part_2 = Part2::decode(part_2).map_err(|_| Inconsistent)?;
    let choices = choices(nonces);
    let secrets = scalars(|i| nonces.scalar("a", i, 0));
    let a = times_generator(&secrets);
    let y: SecretPoints = Zeroizing::new(
        part_2
            .points
            .iter()
            .zip(choices.iter())
            .map(|([y0, y1], c)| Point::conditional_select(y0, y1, Choice::from(*c)))
            .collect(),
    );
    let shared = times(&secrets, &y);
    let tails = (0..COLUMNS)
        .map(|i| key_tail(i, choices[i], [&a[i], &y[i], &shared[i]]))
        .collect();
    trees::server(otsid, &choices, &keys(otsid, tails), &part_2)
}

/// The 128 choice bits, each 0 or 1.
fn choices(nonces: &ServerNonces) -> Zeroizing<Choices> {
    let mut out = Zeroizing::new([0; COLUMNS]);
    for (i, c) in out.iter_mut().enumerate() {
        *c = nonces.scalar::<P256>("c", index(i), 0).to_bytes()[31] & 1;
    }
    out
}

fn scalars(of: impl Fn(u16) -> SecretScalar<P256>) -> Vec<SecretScalar<P256>> {
    (0..COLUMNS).map(|i| of(index(i))).collect()
}

fn times_generator(scalars: &[SecretScalar<P256>]) -> SecretPoints {
    let scalars: Vec<_> = scalars.iter().collect();
    not_identity(mul_base_batch(&scalars))
}

fn times(scalars: &[SecretScalar<P256>], points: &[Point]) -> SecretPoints {
    let scalars: Vec<_> = scalars.iter().collect();
    not_identity(mul_batch(&scalars, points))
}

fn not_identity(points: Vec<Option<Point>>) -> SecretPoints {
    let points = Zeroizing::new(points);
    let existing = points.iter().map(|point| point.expect("no nonce is zero"));
    Zeroizing::new(existing.collect())
}

/// `a − b`; `None` where b is O or equal to a.
fn subtract(a: &[Point], b: &[Option<Point>]) -> Vec<Option<Point>> {
    // A missing b is replaced by a, which gives no difference either.
    let negated: Vec<_> = a
        .iter()
        .zip(b)
        .map(|(a, b)| b.unwrap_or(*a).neg())
        .collect();
    add_batch(a, &negated)
}

/// HC(i, b, R) of every triple.
fn hash_to_points(
    otsid: &[u8; 32],
    inputs: impl Iterator<Item = (usize, u8, Point)>,
) -> Vec<Option<Point>> {
    let uniform: Zeroizing<Vec<_>> = Zeroizing::new(
        inputs
            .map(|(i, b, r)| uniform96(label::OTS_H2C, &[otsid, &[byte(i)], &[b], &r.encode()]))
            .collect(),
    );
    map_batch(&uniform)
}

/// Tail of OTS/key: u8 i, u8 b and V, Y, y·V.
fn key_tail(i: usize, b: u8, [v, y, shared]: [&Point; 3]) -> [u8; KEY_TAIL] {
    tail(&[&[byte(i)], &[b], &v.encode(), &y.encode(), &shared.encode()])
}

/// `K = XOF("OTS/key", 16, otsid, tail)`.
fn keys(otsid: &[u8; 32], tails: Vec<[u8; KEY_TAIL]>) -> Zeroizing<Vec<Block>> {
    let tails = Zeroizing::new(tails);
    XofFamily::new(label::OTS_KEY, &[otsid]).outputs(&tails)
}

#[allow(clippy::cast_possible_truncation)]
const fn index(i: usize) -> u16 {
    debug_assert!(i < COLUMNS);
    i as u16
}

#[cfg(test)]
mod tests;
