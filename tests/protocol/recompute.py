"""Recomputes every vector from its inputs with the reference twin.

One function per vector: it takes the inputs and returns the groups `intermediate` and `outputs` as they must stand in
the file. `show` turns values into the notation of the files.
"""

import hashlib
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from protocol.reference import device, ecdh, hedge, hpke, messages, pin, proof, sm2
from protocol.reference.curve import P256, SM2, not_identity, scalar_bytes
from protocol.reference.encoding import tlv
from protocol.reference.hash_to_curve import hash_to_curve
from protocol.reference.header import Header
from protocol.reference.transcript import SUITE_P256, SUITE_SM2, Suite, expand_message_xmd
from tests.protocol import recompute_ecdsa as ecdsa
from tests.protocol import recompute_steps as steps
from tests.protocol.notation import Groups, long, show
from tests.protocol.vectors import Values


def encoding(suite: Suite, i: Values) -> Groups:
    """TLV, hashes, header, device message, hedging."""
    label, fields = i.text("label"), i.raws("fields")
    header = Header(
        suite=suite,
        op=i.count("op"),
        purpose=i.count("purpose"),
        server_id=i.text("server_id"),
        user_id=i.text("user_id"),
        device_id=i.text("device_id"),
        key_id=i.text("key_id"),
        share_id=i.raw("share_id"),
        pk=suite.curve.encode(suite.curve.mul_base(i.number("pk_scalar"))),
        req_nonce=i.raw("req_nonce"),
        issued_at_ms=i.count("issued_at"),
        expires_at_ms=i.count("issued_at") + i.count("ttl"),
        ctr=i.count("ctr"),
        tau=i.raw("tau"),
        open_reqs=tuple(i.raws("open_reqs")),
        policy=i.raw("policy"),
        restore_epoch=i.count("restore_epoch"),
    )
    ctx, enc = i.raw("ctx"), i.raw("enc")
    body = messages.body_hash(suite, header.op, i.raw("body"))
    phone = hedge.phone_seed(suite, i.raw("fresh32"), i.raw("share_phone"), ctx, i.count("local_seq"))
    server = hedge.server_seed(suite, i.raw("fresh32"), i.raw("share_server"), ctx, body)
    outputs: dict[str, Any] = {"tlv": tlv(i.raws("tlv_fields")), "H": suite.h(label, *fields)}
    outputs["H2S"] = suite.h2s(label, *fields)
    if suite is SUITE_P256:
        outputs["XOF"] = suite.xof(label, 48, *fields)
    outputs |= {
        "header": header.encode(),
        "req_id": header.req_id,
        "dev_message": messages.device_message(suite, ctx, body, messages.enc_hash(suite, enc)),
        "nonce_phone_a_1": hedge.phone_source(suite, phone)("a", 1),
        "nonce_server_w2_1_retry0": hedge.server_source(suite, server)("w2", 1, 0),
    }
    seeds = {"nonce_seed_phone": phone, "nonce_seed_server": server}
    return show({"body_hash": body, **seeds, "dst": suite.dst(label)}), show(outputs)


def pok(suite: Suite, i: Values) -> Groups:
    """Proof of knowledge; checked as well as made."""
    curve, a = suite.curve, i.number("a")
    witness = [(x, not_identity(curve.mul_base(x))) for x in i.numbers("witness")]
    statements = [point for _, point in witness]
    made = proof.prove(suite, i.text("label"), i.raw("ctx"), witness, a)
    proof.verify(suite, i.text("label"), i.raw("ctx"), statements, made)
    points = {"statements": statements, "A": curve.mul_base(a)}
    return show(points, curve), show({"c": made.c, "z": made.z, "proof": made.encode()})


def pin_blinding(i: Values) -> Groups:
    """Blob from a given k_pin, and the mask of ECDSA seeds."""
    key_id, share_id = i.text("key_id"), i.raw("share_id")
    h, h_wrong = (pin.blinding(i.raw(name), key_id, share_id) for name in ("k_pin", "k_pin_wrong"))
    blob, mask = pin.blind(i.number("share"), h), pin.seed_mask(i.raw("k_pin"), key_id, share_id)
    seeds = hashlib.shake_256(b"COSIGN-KAT/seeds").digest(2048)
    assert show({"seeds": long(seeds)})["seeds"] == i.group("seeds")._values
    masked = bytes(x ^ y for x, y in zip(seeds, mask, strict=True))
    outputs = {"b_blob": blob, "share_wrong_pin": pin.unblind(blob, h_wrong), "masked_seeds": long(masked)}
    return show({"h": h, "h_wrong": h_wrong, "mask": long(mask)}), show(outputs)


def pin_argon2id(i: Values) -> Groups:
    """PIN to blob, end to end."""
    cost = pin.KdfParams(i.count("m_kib"), i.count("t"), i.count("p"))
    floor = pin.KdfParams(i.count("floor_m_kib"), i.count("floor_t"), i.count("p"))
    key, weak = (pin.k_pin(i.text("pin"), i.raw("salt"), params) for params in (cost, floor))
    h = pin.blinding(key, i.text("key_id"), i.raw("share_id"))
    return show({"k_pin": key, "k_pin_floor": weak, "h": h}), show({"b_blob": pin.blind(i.number("share"), h)})


def two_party_ecdh(i: Values) -> Groups:
    """Shared point and DLEQ proof."""
    a, b, t = i.number("a"), i.number("b"), P256.decode(i.raw("T"))
    base, result = not_identity(P256.mul_base(b)), not_identity(P256.mul(b, t))
    statement = ecdh.DleqStatement(base, t, result)
    made = ecdh.prove_dleq(i.raw("ctx"), i.count("i"), b, statement, i.number("k"))
    ecdh.verify_dleq(i.raw("ctx"), i.count("i"), statement, made)
    z = scalar_bytes(not_identity(P256.mul(a, result)).x)
    points = {"B": base, "P": P256.mul_base(a * b)}
    return show(points, P256), show({"S": result, "Z": z, "c": made.c, "z": made.z}, P256)


def map_to_curve(i: Values) -> Groups:
    """Hash to P-256 with the tag of the set-up and with the tag of the RFC."""
    rfc = hash_to_curve(b"", b"QUUX-V01-CS02-with-P256_XMD:SHA-256_SSWU_RO_")
    return {}, show({"point": hash_to_curve(i.raw("msg"), i.raw("dst")), "rfc9380_empty_message": rfc}, P256)


def standard_sign(i: Values) -> Groups:
    """GB/T 32918.5 signature; verified as well as made."""
    pk = not_identity(SM2.mul_base(i.number("d")))
    signer, message = i.text("id").encode(), i.text("message").encode()
    e = sm2.digest(pk, message, signer)
    r, s = sm2.sign(i.number("d"), int.from_bytes(e, "big"), i.number("k"))
    sm2.verify(pk, int.from_bytes(e, "big"), r, s)
    return show({"za": sm2.za(pk, signer), "e": e}), show({"r": r, "s": s})


def standard_encrypt(i: Values) -> Groups:
    """GB/T 32918.5 encryption; opened as well as made."""
    d, plaintext = i.number("d"), i.text("plaintext").encode()
    c1, c3, c2 = sm2.encrypt(not_identity(SM2.mul_base(d)), plaintext, i.number("k"))
    assert sm2.open_ciphertext(SM2.mul(d, c1), c3, c2) == plaintext
    return {}, show({"C1": SM2.encode_uncompressed(c1), "C3": c3, "C2": c2})


def standard_sm3(i: Values) -> Groups:
    """GB/T 32905."""
    return {}, show({"digests": [sm2.sm3(message) for message in i.raws("messages")]})


def rfc9380(i: Values) -> Groups:
    """expand_message_xmd and hash to curve."""
    texts = [text.encode() for text in i.texts("messages")]
    expanded = [expand_message_xmd("sha256", text, i.text("dst_expand").encode(), 32) for text in texts]
    points = [not_identity(hash_to_curve(text, i.text("dst_curve").encode())) for text in texts]
    outputs = {"uniform_bytes_32": expanded, "x": [p.x for p in points], "y": [p.y for p in points]}
    return {}, show(outputs)


def rfc5869(i: Values) -> Groups:
    """HKDF with SHA-256."""
    rows = zip(i.raws("ikm"), i.raws("salt"), i.raws("info"), i.texts("lengths"), strict=True)
    prk, okm = [], []
    for ikm, salt, info, length in rows:
        prk.append(hpke.hkdf_extract(salt, ikm))
        okm.append(hpke.hkdf_expand(prk[-1], info, int(length)))
    return show({"prk": prk}), show({"okm": okm})


def rfc9106(i: Values) -> Groups:
    """Argon2id of the library that the reference takes for PIN-1."""
    kdf = Argon2id(
        salt=i.raw("salt"),
        length=32,
        iterations=i.count("t"),
        lanes=i.count("p"),
        memory_cost=i.count("m_kib"),
        ad=i.raw("associated_data"),
        secret=i.raw("secret"),
    )
    return {}, show({"tag": kdf.derive(i.raw("password"))})


def rfc6979(i: Values) -> Groups:
    """Deterministic ECDSA; verified as well as made."""
    digests = [hashlib.sha256(text.encode()).digest() for text in i.texts("messages")]
    signatures = [device.sign(i.number("x"), digest) for digest in digests]
    for digest, signature in zip(digests, signatures, strict=True):
        device.verify(not_identity(P256.mul_base(i.number("x"))), digest, signature)
    return {}, show({"r": [s[:32] for s in signatures], "s": [s[32:] for s in signatures]})


def rfc9180(i: Values) -> Groups:
    """HPKE base mode with AES-128-GCM."""
    recipient = not_identity(P256.mul_base(i.number("skRm")))
    enc, shared = hpke.encapsulate(i.number("skEm"), recipient)
    assert hpke.decapsulate(i.number("skRm"), enc) == shared
    context = hpke.schedule(shared, i.raw("info"), hpke.AES_128_GCM)
    keys = {"key": context.key, "base_nonce": context.base_nonce, "exporter_secret": context.exporter_secret}
    outputs = {
        "enc": P256.encode_uncompressed(enc),
        "ciphertext": context.seal(i.raw("aad"), i.raw("plaintext")),
        "exports": [context.export(text, 32) for text in i.raws("export_contexts")],
    }
    return show({"shared_secret": shared, **keys}), show(outputs)


RECOMPUTE: dict[str, Callable[[Values], Groups]] = {
    "ecdh": two_party_ecdh,
    "ecdsa_dkls18": ecdsa.signed_ecdsa,
    "encoding_p256": lambda i: encoding(SUITE_P256, i),
    "encoding_sm2": lambda i: encoding(SUITE_SM2, i),
    "gbt32905_sm3": standard_sm3,
    "gbt32918_5_encrypt": standard_encrypt,
    "gbt32918_5_sign": standard_sign,
    "hash_to_curve": map_to_curve,
    "ot_setup": ecdsa.transfer_setup,
    "pin_argon2id": pin_argon2id,
    "pin_blinding": pin_blinding,
    "pok_p256_1": lambda i: pok(SUITE_P256, i),
    "pok_p256_3": lambda i: pok(SUITE_P256, i),
    "pok_sm2_1": lambda i: pok(SUITE_SM2, i),
    "pok_sm2_3": lambda i: pok(SUITE_SM2, i),
    "refresh_mul": lambda i: steps.refreshed(i, mul=True),
    "refresh_sign": lambda i: steps.refreshed(i, mul=False),
    "rfc5869": rfc5869,
    "rfc6979": rfc6979,
    "rfc9106": rfc9106,
    "rfc9180": rfc9180,
    "rfc9380": rfc9380,
    "sm2_decrypt": steps.decrypted,
    "sm2_keygen": lambda i: steps.generated(i, mul=False),
    "sm2_keygen_mul": lambda i: steps.generated(i, mul=True),
    "sm2_sign_n1": steps.signed,
    "sm2_sign_n3": steps.signed,
    "softspoken": ecdsa.extension,
}
