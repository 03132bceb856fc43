"""Recomputes the vectors of ECDSA keys: transfer set-up, extension, two-party signature."""

import hashlib
from collections.abc import Sequence
from functools import cache
from typing import Any

from protocol.reference import ec_sign, ot_extension, ot_setup, vole
from protocol.reference.curve import P256, not_identity
from protocol.reference.ec_messages import EcSignAnswer
from protocol.reference.ot_extension import OtMessage
from protocol.reference.ot_setup import ServerOt, Tree
from tests.protocol.notation import Groups, long, show
from tests.protocol.vectors import Values, Vector


def fixed_scalar(tag: str) -> int:
    """The scalars of `tests/vectors/SOURCE.md`."""
    digest = hashlib.sha512(b"COSIGN-KAT/" + tag.encode()).digest()
    return int.from_bytes(digest, "big") % (P256.n - 1) + 1


def fixed_bytes(tag: str, length: int) -> bytes:
    """The byte strings of `tests/vectors/SOURCE.md`."""
    return hashlib.shake_256(b"COSIGN-KAT/" + tag.encode()).digest(length)


@cache
def setup_of(otsid: bytes) -> tuple[ot_setup.ServerSetup, ot_setup.PhoneSetup, ServerOt]:
    """Both roles of the set-up that the vectors describe."""
    server = ot_setup.ServerSetup(otsid, lambda tag, i, _retry: fixed_scalar(f"ots-{tag}{i}"))
    phone = ot_setup.PhoneSetup(otsid, server.part1, lambda tag, i: fixed_scalar(f"ots-{tag}{i}"))
    return server, phone, server.finish(phone.part2)


def transfer_setup(i: Values) -> Groups:
    """OTS-1 to OTS-7, both roles against each other."""
    otsid = i.raw("otsid")
    server, phone, ot = setup_of(otsid)
    part2, trees = phone.part2, ot_setup.all_leaves(otsid, phone.nodes)
    for own, theirs in zip(trees, ot.trees, strict=True):
        assert [leaf in (None, known) for leaf, known in zip(theirs, own, strict=True)] == [True] * 4
    middle = {
        "choice_bits": "".join(map(str, server.choices)),
        "R_0": list(server.part1.points[0]),
        "Y_0": list(part2.points[0]),
        "tau_0": list(part2.tau[0]),
        "th_0": part2.th[0],
        "sh_0": part2.sh[0],
        "part1": long(server.part1.encode()),
        "part2": long(part2.encode()),
    }
    outputs = {
        "nodes": b"".join(phone.nodes),
        "leaves_0": list(trees[0]),
        "all_leaves": long(b"".join(leaf for tree in trees for leaf in tree)),
        "Delta": ot.delta.to_bytes(16, "little"),
        "server_leaves_0": [leaf or b"" for leaf in ot.trees[0]],
    }
    return show(middle, P256), show(outputs, P256)


def extension(i: Values) -> Groups:
    """EC-3 against EC-6, over the leaves of `ot_setup`."""
    sid, x = i.raw("sid"), i.raw("x")
    otsid = Vector("ot_setup").inputs.raw("otsid")
    _, phone, ot = setup_of(otsid)
    trees = ot_setup.all_leaves(otsid, phone.nodes)
    delta = ot.delta.to_bytes(16, "little")
    assert delta == i.raw("Delta")
    message, t = ot_extension.extend_phone(sid, trees, x)
    z = ot_extension.extend_server(sid, ot, message)
    assert_correlated(x, delta, t, z)
    product = ot_extension.gf_mul(ot_extension.number(i.raw("gf_a")), ot_extension.number(i.raw("gf_b")))
    middle = {
        "gf_product": product.to_bytes(16, "little"),
        "r_0_1": ot_extension.expand(sid, 0, 1, trees[0][1]).to_bytes(144, "little"),
        "chi": [chi.to_bytes(16, "little") for chi in ot_extension.challenges(sid, message.c)],
    }
    outputs = {
        "C_0": message.c[0],
        "C_63": message.c[63],
        "C": long(b"".join(message.c)),
        "x_tilde": message.x_tilde,
        "t_tilde": b"".join(message.t_tilde),
        "T_0": t[0],
        "T_1023": t[1023],
        "T": long(b"".join(t)),
        "Z_0": z[0],
        "Z": long(b"".join(z)),
    }
    return show(middle), show(outputs)


def assert_correlated(x: bytes, delta: bytes, t: Sequence[bytes], z: Sequence[bytes]) -> None:
    """P14: Z_m = T_m + x_m·Delta for every row."""
    choice = ot_extension.number(x)
    assert len(t) == len(z) == ot_extension.ROWS
    for m, (own, theirs) in enumerate(zip(t, z, strict=True)):
        assert theirs == (ot_setup.xor(own, delta) if choice >> m & 1 else own)


class IdealPhone(ec_sign.PhoneEcSign):
    """A phone whose transfers were made by a trusted third party: T_m = Z_m + x_m·Delta."""

    def extend(self, trees: Sequence[Tree]) -> tuple[OtMessage, list[bytes]]:
        """The message is arbitrary: only the hash of the body sees it."""
        c = tuple(fixed_bytes(f"ec-C{j}", 144) for j in range(64))
        t_tilde = tuple(fixed_bytes(f"ec-tt{p}", 16) for p in range(128))
        choice, delta = ot_extension.number(self.x), fixed_bytes("ec-Delta", 16)
        rows = [ot_setup.xor(z, delta) if choice >> m & 1 else z for m, z in enumerate(ideal_rows())]
        return OtMessage(c, fixed_bytes("ec-xt", 16), t_tilde), rows


def ideal_rows() -> list[bytes]:
    """Z_0 … Z_1023."""
    data = fixed_bytes("ec-Z", 16 * ot_extension.ROWS)
    return [data[i : i + 16] for i in range(0, len(data), 16)]


def signed_ecdsa(i: Values) -> Groups:
    """EC-1 to EC-14, both roles against each other, and equal to single-key ECDSA (P1)."""
    sk_a, sk_b, delta = i.number("skA"), i.number("skB"), i.raw("Delta")
    pk, nonces = not_identity(P256.mul_base(sk_a * sk_b)), {"k": i.number("kB"), "pok": i.number("proof_nonce")}
    phone = IdealPhone(i.raw("header"), i.raw("e"), pk, sk_b, (), i.raw("x"), lambda tag, _n: nonces[tag])
    ec_sign.check_request(phone.ctx, phone.request, not_identity(P256.mul(P256.inv(sk_a), pk)))
    given = i.group("server_scalars")
    names = {"k": "kA", "pok": "piR", "phi": "phi"}

    def source(tag: str, n: int, _retry: int) -> int:
        return given.number(names[tag] if tag in names else f"ah{n}{tag[1]}")

    server = ec_sign.ServerEcSign(phone.ctx0, phone.request, pk, sk_a, ideal_rows())
    answer = server.answer(delta, i.raw("nonce_s"), source)
    r, s = phone.finish(answer)
    k = server.k * phone.k % P256.n
    assert s == ec_sign.low(P256.inv(k) * (int.from_bytes(i.raw("e"), "big") + r * sk_a * sk_b) % P256.n)
    inputs = phone.inputs()
    for instance in (0, 1):
        product = server.a[instance] * inputs[instance] % P256.n
        assert (phone.q[instance] + server.t[instance]) % P256.n == product
    middle: dict[str, Any] = {
        "pk": pk,
        "ctx0": phone.ctx0,
        "sid": phone.sid,
        "sid_0": vole.Session(phone.sid, b"", 0).sid_i,
        "sid_1": vole.Session(phone.sid, b"", 1).sid_i,
        "gadget_0": vole.gadget()[0],
        "gadget_511": vole.gadget()[511],
        "D": phone.d,
        "y": list(inputs),
        "delta": list(phone.request.delta),
        "body_hash": phone.request.body_hash,
        "ctx": phone.ctx,
        "c": phone.request.proof.c,
        "z": phone.request.proof.z,
        "R1": answer.r1,
        "kA": server.k,
        "R": server.r_point,
        "phi": server.phi,
        "piR": list(answer.proof_r),
        "multiplication_0": _multiplication(0, phone, server, answer, delta),
        "multiplication_1": _multiplication(1, phone, server, answer, delta),
        "G1": server.g1,
        "etaPhi": answer.eta_phi,
        "sA": server.s_a,
        "G2": server.g2,
        "etaSig": answer.eta_sig,
        "phone_phi": phone.phi,
        "phone_th": phone.th,
    }
    return show(middle, P256), show({"r": r, "s": s})


def _multiplication(
    i: int, phone: IdealPhone, server: ec_sign.ServerEcSign, answer: EcSignAnswer, delta: bytes
) -> dict[str, Any]:
    session, message = vole.Session(phone.sid, answer.nonce_s, i), answer.multiplications[i]
    first = ideal_rows()[vole.XI * i]
    return {
        "at": long(vole.at_bytes(message.at)),
        "at_row_0": list(message.at[0]),
        "at_row_511": list(message.at[511]),
        "theta": list(vole.theta(session, message.at)),
        "eta": list(message.eta),
        "mu": message.mu,
        "a": server.a[i],
        "cs": server.cs[i],
        "t": server.t[i],
        "q": phone.q[i],
        "alpha0_row_0": list(vole.pad(session, 0, first)),
        "alpha1_row_0": list(vole.pad(session, 0, ot_setup.xor(first, delta))),
    }
