"""Who knows the user, one module per provider.

    aliyun    one-tap login by Alibaba Cloud        wechat    WeChat        alipay    Alipay
    sandbox   all of them and the network identity service, for development

The protocol of the national network identity service is given to its partners only: an adapter for it is written
against `cosign.linked_logins.ports.IdentityProvider` with their documents at hand.

Only `cosign.server.linked_logins_wiring` picks one. All take secrets from files and end within their time.
"""
