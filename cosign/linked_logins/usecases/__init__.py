"""One capability per file; transactions belong to the caller.

authorise    the way to a provider and back     one_tap, third_party    logins
bindings     list, bind, unbind                 number                  a first number
"""
