"""What delivers, one module per service.

    aliyun, tencent    SMS          smtp    e-mail          jpush    push          sandbox    all of them, to a file

Only `cosign.server.messages_wiring` picks one. All take secrets from files and end within `timeout` seconds.
"""
