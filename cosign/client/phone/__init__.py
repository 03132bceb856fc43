"""The phone: reference mobile SDK and virtual phone.

`Phone` is the whole public surface, with the values and exceptions exported here::

    phone      Phone                     what an app calls
    account_side                         its part for the account: logins, one object for each group of services
    account    enrolment, session        keygen    KG-1 to KG-7        use      sign, decrypt
    sending    what is sent again by itself                            lost      lost answers of key operations
    refresh    refresh, PIN change       shares    which blob serves   heartbeat  SYNC
    engine     ticket, send, settle: persist before send, one queue per device record
    login      registration, login, session of an account      own_account  what it may do then
    linked     logins by SIM, WeChat, Alipay, network identity; bindings
    brand      configuration, agreements and help of a brand
    trust      pinned identity, envelope key, clock        channel  gRPC
    home       storage                   state     what is stored

Server code is never imported here.
"""

from cosign.client.phone.brand import BrandClient
from cosign.client.phone.channel import Connection, GrpcConnection, open_channel, read_ca
from cosign.client.phone.errors import BindingNeeded, LoggedOut, PhoneFault, SecondStepNeeded
from cosign.client.phone.home import FolderHome, MemoryHome
from cosign.client.phone.linked import BindingView, LinkedLogin, Wanted
from cosign.client.phone.login import About, Login
from cosign.client.phone.own_account import OwnAccount
from cosign.client.phone.phone import Phone
from cosign.client.phone.refresh import UnfinishedChange
from cosign.client.phone.shares import UnlockedKey
from cosign.client.phone.state import PhoneKeyState
from cosign.client.phone.view import KeyView, PhoneView

__all__ = [
    "About",
    "BindingNeeded",
    "BindingView",
    "BrandClient",
    "Connection",
    "FolderHome",
    "GrpcConnection",
    "KeyView",
    "LinkedLogin",
    "LoggedOut",
    "Login",
    "MemoryHome",
    "OwnAccount",
    "Phone",
    "PhoneFault",
    "PhoneKeyState",
    "PhoneView",
    "SecondStepNeeded",
    "UnfinishedChange",
    "UnlockedKey",
    "Wanted",
    "open_channel",
    "read_ca",
]
