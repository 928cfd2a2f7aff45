"""Dependencies that fail on purpose: what a circuit breaker is for, made to order.

weaviate   a stand-in for Weaviate as a process of its own, which speaks the one query that the service sends
standin    that process as the lab sees it: started, told its fault, counted, ended
fault      what is wrong with it, and with which requests
documents  what it answers from
graphql    how it reads a query
page       a server of one page, to be frozen as a whole
"""

from bench.faults.documents import export
from bench.faults.fault import Counts, Fault, Shards, shard
from bench.faults.standin import StandIn, standing_in

__all__ = ["Counts", "Fault", "Shards", "StandIn", "export", "shard", "standing_in"]
