"""Recomputes the vectors of the protocol steps: key generation, signing, decryption, refresh."""

from typing import Any

from protocol.reference import decrypt, keygen, messages, proof, refresh, sign, sm2
from protocol.reference.curve import SM2, not_identity, scalar_bytes
from protocol.reference.header import CONFIRM, DECRYPT, REFRESH, SIGN, Header
from protocol.reference.messages import DecryptAnswer
from protocol.reference.transcript import SUITE_SM2
from tests.protocol.notation import Groups, show
from tests.protocol.vectors import Values


def generated(i: Values, *, mul: bool) -> Groups:
    """KG-1 to KG-6, both roles against each other."""
    phone = keygen.PhoneKeygen(i.raw("hdr"), i.raw("device_pub"), i.raw("nonce_p"), i.raw("o"), i.number("u1"), mul)
    server = keygen.ServerKeygen(i.raw("hdr"), phone.m1(), i.raw("nonce_s"), i.number("v2"), mul)
    m2 = server.m2(i.number("a_s"))
    m3 = phone.m3(m2, i.number("a_p"))
    pk = server.finish(m3)
    assert keygen.joint_key(i.number("u1"), m2.p2, mul=mul) == pk
    assert keygen.share_point(i.number("v2"), pk, mul=mul) == m3.p1
    joint_d = (i.number("u1") * i.number("v2") - (0 if mul else 1)) % SM2.n
    assert SM2.mul_base(joint_d) == pk
    signed_by_server = keygen.statement("key-1", "device-1", 2 if mul else 1, pk, mul=mul)
    outputs = {"pi1": m3.pi1.encode(), "pi2": m2.pi2.encode(), "P": pk, "joint_d": joint_d}
    outputs["sig_server_message"] = signed_by_server
    middle = {"P1": m3.p1, "P2": m2.p2, "k0": phone.k0, "com": phone.m1().com, "k1": server.k1, "k2": phone.k2}
    return show(middle), show(outputs)


def signed(i: Values) -> Groups:
    """SIGN-2 to SIGN-18, both roles against each other, and equal to single-key SM2 (P1)."""
    header, pk, u1, v2 = i.raw("header"), SM2.decode(i.raw("P")), i.number("u1"), i.number("v2")
    wa, wb, w2 = i.numbers("wa"), i.numbers("wb"), i.numbers("w2")
    phone_nonces = {"a": wa, "b": wb, "pok": [i.number("a")]}
    digests = [sm2.digest(pk, text.encode()) for text in i.texts("messages")]
    phone = sign.PhoneSign(header, digests, pk, u1, lambda tag, n: phone_nonces[tag][max(n - 1, 0)])
    request = phone.request()
    p1 = keygen.share_point(v2, pk, mul=False)
    sign.check_request(phone.ctx, request, p1)
    answer = sign.answer(phone.ctx, request, v2, lambda _tag, n, _retry: w2[n - 1])
    pairs = phone.finish(answer)
    rows = zip(request.qa, request.qb, answer.items, strict=True)
    rho = [sign.binding(phone.ctx, n, qa, qb, item.w2) for n, (qa, qb, item) in enumerate(rows, start=1)]
    w1 = [(a + factor * b) % SM2.n for a, b, factor in zip(wa, wb, rho, strict=True)]
    k = [(own + v2 * other) % SM2.n for own, other in zip(w2, w1, strict=True)]
    for e, nonce, pair in zip(digests, k, pairs, strict=True):
        assert sm2.sign((u1 * v2 - 1) % SM2.n, int.from_bytes(e, "big"), nonce) == pair
        sm2.verify(pk, int.from_bytes(e, "big"), *pair)
    body = messages.body_hash(SUITE_SM2, SIGN, request.encode())
    enc = messages.enc_hash(SUITE_SM2, i.raw("enc"))
    middle = {
        "e": digests,
        "req_id": Header.decode(header).req_id,
        "ctx": phone.ctx,
        "P1": p1,
        "Qa": phone.qa,
        "Qb": phone.qb,
        "c": request.proof.c,
        "z": request.proof.z,
        "body_without_sig_dev": request.encode(),
        "body_hash": body,
        "dev_message": messages.device_message(SUITE_SM2, phone.ctx, body, enc),
        "W2": [item.w2 for item in answer.items],
        "rho": rho,
        "w1": w1,
        "k": k,
        "Q": [not_identity(SM2.mul_base(nonce)) for nonce in k],
        "s1": [item.s1 for item in answer.items],
    }
    audit = sign.audit_hash(phone.ctx, answer.items)
    outputs = {"answer_body": answer.encode(), "r": [r for r, _ in pairs], "s": [s for _, s in pairs], "audit": audit}
    return show(middle), show(outputs)


def decrypted(i: Values) -> Groups:
    """DEC-1 to DEC-5, plain and blinded, and the x-only form."""
    header, a, b, pk = i.raw("header"), i.number("a"), i.number("b"), SM2.decode(i.raw("P"))
    assert Header.decode(header).op == DECRYPT
    plaintext = i.text("plaintext").encode()
    c1, c3, c2 = sm2.encrypt(pk, plaintext, i.number("k"))
    a1 = not_identity(SM2.mul_base(a))
    assert keygen.share_point(b, pk, mul=True) == a1
    nonces: dict[str, int] = {"w": i.number("w"), "pok": i.number("proof_nonce")}
    groups: dict[str, Any] = {"A1": a1}
    for name, blind in (("plain", False), ("blinded", True)):
        ciphertext = SM2.encode_uncompressed(c1) + c3 + c2
        phone = decrypt.PhoneDecrypt(header, [ciphertext], pk, a, lambda tag, _n: nonces[tag], blind=blind)
        request = phone.request()
        decrypt.check_request(phone.ctx, request, a1)
        answer = decrypt.answer(request, b)
        assert phone.finish(answer) == [plaintext]
        (t1,), (t2,) = request.t1, answer.t2
        shared = not_identity(SM2.mul(a * SM2.inv(nonces["w"] if blind else 1), t2))
        groups[name] = {"T1": t1, "ctx": phone.ctx, "c": request.proof.c, "z": request.proof.z, "T2": t2}
        groups[name] |= {"T2_x_only": scalar_bytes(t2.x), "K_x": shared.x, "K_y": shared.y}
        if not blind:
            assert phone.finish(DecryptAnswer((t2,))) == [decrypt.open_x_only(a, scalar_bytes(t2.x), c3, c2)]
    return show(groups), show({"C1": SM2.encode_uncompressed(c1), "C3": c3, "C2": c2, "plaintext": plaintext})


def refreshed(i: Values, *, mul: bool) -> Groups:
    """RF-1 to RF-6, both roles against each other."""
    rf, cf, pk = i.raw("header_refresh"), i.raw("header_confirm"), SM2.decode(i.raw("P"))
    assert (Header.decode(rf).op, Header.decode(cf).op) == (REFRESH, CONFIRM)
    phone, server, ep, es = (i.number(name) for name in ("phone", "server", "ep", "es"))
    ep_point, es_point = not_identity(SM2.mul_base(ep)), not_identity(SM2.mul_base(es))
    ctx = refresh.refresh_context(rf, ep_point, pk)
    shown = refresh.prove_share("RF/pok", ctx, phone, i.number("a_rf"))
    refresh.check_share("RF/pok", ctx, keygen.share_point(server, pk, mul=mul), shown)
    exchange = refresh.Exchange(ctx, ep_point, es_point, i.raw("share_id_new"))
    rho = refresh.ratio(ep, es_point, exchange)
    assert rho == refresh.ratio(es, ep_point, exchange)
    new_phone = refresh.new_phone_share(phone, rho, mul=mul)
    new_server = refresh.new_server_share(server, rho, mul=mul)
    point = not_identity(SM2.mul_base(new_phone))
    assert keygen.share_point(new_server, pk, mul=mul) == point
    confirm = refresh.confirm_context(cf, pk)
    confirmed = refresh.prove_share("CF/pok", confirm, new_phone, i.number("a_cf"))
    proof.verify(SUITE_SM2, "CF/pok", confirm, [point], confirmed)
    middle: dict[str, Any] = {"Ep": ep_point, "Es": es_point, "ctx_refresh": ctx}
    middle |= {"Z": scalar_bytes(not_identity(SM2.mul(es, ep_point)).x), "rho": rho, "ctx_confirm": confirm}
    outputs: dict[str, Any] = {"a": new_phone, "b": new_server}
    if not mul:
        outputs = {"d1": SM2.inv(new_phone), "u1": new_phone, "v2": new_server, "d2": SM2.inv(new_server)}
    outputs |= {"point_new": point, "proof_refresh": shown.encode(), "proof_confirm": confirmed.encode()}
    return show(middle), show(outputs)
