"""Other circuit breakers in the place of ours, so that they can be compared under the same faults.

seed       the one in the document that this project began with
interlock  the library interlock-cb, which is there for development alone
"""
