"""Logins through somebody who knows the user: carrier, WeChat, Alipay, network identity (R-ACC-10, 12, 13, 23).

    model                  values and rules
    ports                  one transaction; what providers do
    repository, personal   the rows, and what they hold of persons
    usecases               one capability per file
    provider_pool          calls to providers, bounded, apart from everything else
    adapters               one module per provider, and a sandbox for all of them
    servicer               LinkedLoginService

No other area takes anything from here.
"""
