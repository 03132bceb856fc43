"""Plain-Python twin of every step of the protocol, both roles, for tests and benchmarks.

Slow, not constant time, secrets in the open: nothing but tests and benchmarks may import it (a tool checks that).
It is written from `docs/specification.md` alone and shares no code with the native core, so that an error in one of
them shows as a difference. Randomness is always passed in: every run can be repeated.

    curve, encoding, transcript, proof, hedge     section 1      the building blocks
    header, messages, keygen_messages             1.5, 3, 4      what travels
    sm2, keygen, sign, decrypt, refresh           3, 4.2         the steps of both roles, without the layer
    hash_to_curve, ot_setup, ot_extension, vole   6.2, 6.3       oblivious transfer and multiplication of P-256 keys
    ec_messages, ec_sign, ecdh, ecies             6.3, 6.6       two-party ECDSA and ECDH, what ECDH opens
    pin, records                                  5.1, 8.1       the blob and the sealed plaintexts
    device, hpke, envelope                        7              device signature and end-to-end layer
    phone, phone_ec, request, server              3 to 7         both roles over envelopes and answers
"""
