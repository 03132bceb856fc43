"""What the accounts area can do, one capability per file.

A use case that refuses and must still leave a trace (a counted try, a spent captcha) returns the fault, so that the
transaction commits; the servicer raises it afterwards. Everything else raises.
"""
